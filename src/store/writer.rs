//! The one writer: a thread that owns the writing connection and commits in groups.
//!
//! What queued while the last fsync ran is committed together. Each job runs in a savepoint of its own and fails alone;
//! an error that ends the whole transaction fails everyone who waits for it. A job is done when its waiter gets the
//! answer, which is after the fsync; a waiter that goes away does not cancel its job.
//!
//! Only so many jobs are queued; on a disk that is slow the rest wait in their callers, who hold what they bring anyway.
//!
//! What exists nowhere else goes first: it ends the transaction that runs, and is committed with it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use super::damage::Damage;
use super::{Bell, StoreError, Tx, keys};
use crate::failpoint::reach;
use crate::vault::{NewKey, Vault, is_worn};

/// The most jobs in one commit.
const GROUP: usize = 256;

/// The most jobs in the queue: the next commit and the one after it.
const QUEUE: usize = 2 * GROUP;

type Finish = Box<dyn FnOnce() + Send>;
/// Runs inside the transaction. `None` asks for its savepoint to be rolled back; its waiter has its answer already.
type Job = Box<dyn FnOnce(&Tx<'_>) -> Option<Finish> + Send>;

enum Order {
    Write(Job),
    /// There is an urgent job.
    Look,
    EmptyLog(oneshot::Sender<Result<(), StoreError>>),
    Stop,
}

/// Who follows orders.
#[derive(Clone)]
enum Orders {
    /// A thread of its own.
    Thread(mpsc::Sender<Order>),
    /// Whoever gives one: for tests in which nothing may depend on how threads are scheduled.
    #[cfg(feature = "failpoints")]
    OnTheSpot(Arc<std::sync::Mutex<Thread>>),
}

impl Orders {
    fn give(&self, order: Order) -> Result<(), StoreError> {
        match self {
            Self::Thread(orders) => orders.send(order).map_err(|_| StoreError::Unavailable),
            #[cfg(feature = "failpoints")]
            Self::OnTheSpot(thread) => {
                thread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take(std::iter::once(order));
                Ok(())
            }
        }
    }
}

/// Hands jobs to the writer.
#[derive(Clone)]
pub(super) struct Writer {
    orders: Orders,
    urgent: mpsc::Sender<Job>,
    places: Arc<Semaphore>,
    damage: Damage,
}

impl Writer {
    pub(super) fn spawn(
        connection: Connection,
        vault: Arc<Vault>,
        bell: Bell,
        damage: Damage,
    ) -> (Self, JoinHandle<()>) {
        let ((orders, queue), (urgent, hurry)) = (mpsc::channel(), mpsc::channel());
        let thread = Thread { connection, vault, bell, damage: damage.clone(), urgent: hurry, counted: (0, 0) };
        let handle = std::thread::spawn(move || thread.run(&queue));
        let places = Arc::new(Semaphore::new(QUEUE));
        (Self { orders: Orders::Thread(orders), urgent, places, damage }, handle)
    }

    #[cfg(feature = "failpoints")]
    pub(super) fn on_the_spot(connection: Connection, vault: Arc<Vault>, bell: Bell, damage: Damage) -> Self {
        let (urgent, hurry) = mpsc::channel();
        let thread = Thread { connection, vault, bell, damage: damage.clone(), urgent: hurry, counted: (0, 0) };
        let orders = Orders::OnTheSpot(Arc::new(std::sync::Mutex::new(thread)));
        Self { orders, urgent, places: Arc::new(Semaphore::new(QUEUE)), damage }
    }

    /// Whether jobs run where they are asked for.
    #[cfg(feature = "failpoints")]
    pub(super) fn is_on_the_spot(&self) -> bool {
        matches!(self.orders, Orders::OnTheSpot(_))
    }

    /// Queues a job once there is a place, and waits until it is on disk.
    pub(super) async fn run<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Unavailable)?;
        self.hand_over(
            move |tx| {
                drop(place);
                job(tx)
            },
            |job| self.orders.give(Order::Write(job)),
        )
        .await
    }

    /// Hands a job over before all that waits. For few: they have no places.
    pub(super) async fn run_first<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let send = |job| {
            self.urgent.send(job).map_err(|_| StoreError::Unavailable)?;
            self.orders.give(Order::Look)
        };
        self.hand_over(job, send).await
    }

    async fn hand_over<T, F>(&self, job: F, send: impl FnOnce(Job) -> Result<(), StoreError>) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.damage.refuse()?;
        let (answer, wait) = oneshot::channel();
        let damage = self.damage.clone();
        send(Box::new(move |tx| match damage.watch(job(tx)) {
            Ok(value) => Some(Box::new(move || drop(answer.send(Ok(value))))),
            Err(error) => {
                drop(answer.send(Err(error)));
                None
            }
        }))?;
        // A dropped answer means that the transaction did not commit.
        wait.await.unwrap_or(Err(StoreError::Unavailable))
    }

    pub(super) async fn empty_log(&self) -> Result<(), StoreError> {
        let (answer, wait) = oneshot::channel();
        self.orders.give(Order::EmptyLog(answer))?;
        wait.await.unwrap_or(Err(StoreError::Unavailable))
    }

    pub(super) fn stop(&self) {
        // A thread that is gone has stopped.
        let _ = self.orders.give(Order::Stop);
    }
}

struct Thread {
    connection: Connection,
    vault: Arc<Vault>,
    bell: Bell,
    damage: Damage,
    urgent: mpsc::Receiver<Job>,
    /// The key that seals, and its seals that are already counted in its row.
    counted: (u32, u64),
}

impl Thread {
    fn run(mut self, queue: &mpsc::Receiver<Order>) {
        while let Ok(first) = queue.recv() {
            if !self.take(std::iter::once(first).chain(queue.try_iter().take(GROUP - 1))) {
                break;
            }
        }
        // Leaves one file behind for whoever copies it.
        let _ = self.empty_log();
    }

    /// Follows orders; what is to be written is committed together. False if it is to end.
    fn take(&mut self, orders: impl Iterator<Item = Order>) -> bool {
        let (mut group, mut looks, mut going) = (VecDeque::new(), false, true);
        for order in orders {
            match order {
                Order::Write(job) => group.push_back(job),
                // Each commit begins with a look.
                Order::Look => looks = true,
                Order::EmptyLog(answer) => drop(answer.send(self.empty_log())),
                Order::Stop => going = false,
            }
        }
        while std::mem::take(&mut looks) || !group.is_empty() {
            self.commit_or_roll_back(&mut group);
        }
        going
    }

    fn empty_log(&self) -> Result<(), StoreError> {
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 { Ok(()) } else { Err(StoreError::Unavailable) }
    }

    /// Commits the group, or what of it came before an urgent job.
    fn commit_or_roll_back(&mut self, group: &mut VecDeque<Job>) {
        let committed = self.commit(group);
        if let Err(error) = self.damage.watch(committed) {
            tracing::error!(%error, "a group of writes was not committed");
            // Whoever waits for a job that is dropped hears that it was not done.
            group.clear();
            while self.urgent.try_recv().is_ok() {}
            // A failed COMMIT can leave the transaction open; the next BEGIN must not fail for that.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    fn commit(&mut self, group: &mut VecDeque<Job>) -> Result<(), StoreError> {
        let mut hurry = false;
        let mut next = self.next(group, &mut hurry);
        if next.is_none() {
            return Ok(());
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut done: Vec<Finish> = Vec::with_capacity(group.len());
        let mut rung = Vec::new();
        while let Some(job) = next {
            let tx = Tx::new(&self.connection, &self.vault);
            if let Some(finish) = in_savepoint(&tx, job)? {
                done.push(finish);
                rung.extend(tx.into_rung());
            }
            next = self.next(group, &mut hurry);
        }
        let (counted, successor) = self.count_seals()?;
        reach!("writer.before_commit");
        self.connection.execute_batch("COMMIT")?;
        reach!("writer.after_commit");
        self.counted = counted;
        if let Some(key) = successor {
            self.vault.adopt(&key);
            tracing::info!("a key has sealed enough values; from now on they are sealed under a new one");
        }
        for finish in done {
            finish();
        }
        self.bell.ring(rung);
        Ok(())
    }

    /// The job that runs next in this transaction: an urgent one, and after it no other.
    fn next(&self, group: &mut VecDeque<Job>, hurry: &mut bool) -> Option<Job> {
        let urgent = self.urgent.try_recv().ok();
        *hurry |= urgent.is_some();
        if *hurry { urgent } else { group.pop_front() }
    }

    /// Writes down from time to time how much the key has sealed. One that is worn gets a successor, which seals once it is
    /// on disk.
    fn count_seals(&self) -> Result<((u32, u64), Option<NewKey>), StoreError> {
        let (key, sealed) = self.vault.cipher.usage();
        let counted = if self.counted.0 == key { self.counted.1 } else { 0 };
        if sealed.saturating_sub(counted) < keys::SEALS_PER_COUNT {
            return Ok(((key, counted), None));
        }
        let all = keys::add_seals(&self.connection, key, sealed - counted)?;
        let successor = is_worn(all).then(|| keys::succeed(&self.connection, &self.vault)).transpose()?;
        Ok(((key, sealed), successor))
    }
}

/// A job that fails or panics leaves nothing; one that ended the transaction is an error for the group.
fn in_savepoint(tx: &Tx<'_>, job: Job) -> Result<Option<Finish>, StoreError> {
    tx.connection.execute_batch("SAVEPOINT job")?;
    let finish = catch_unwind(AssertUnwindSafe(|| job(tx))).unwrap_or(None);
    if tx.connection.is_autocommit() {
        return Err(StoreError::Unavailable);
    }
    let end = if finish.is_some() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
    tx.connection.execute_batch(end)?;
    Ok(finish)
}
