//! The one writer: a thread that owns the writing connection and commits in groups.
//!
//! What queued while the last fsync ran is committed together. Each job runs in a savepoint of its own and fails alone;
//! an error that ends the whole transaction fails everyone who waits for it. A job is done when its waiter gets the
//! answer, which is after the fsync; a waiter that goes away does not cancel its job.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{Bell, StoreError, Tx, keys};
use crate::failpoint::reach;
use crate::vault::Vault;

/// The most jobs in one commit.
const GROUP: usize = 256;

type Finish = Box<dyn FnOnce() + Send>;
/// Runs inside the transaction. `None` asks for its savepoint to be rolled back; its waiter has its answer already.
type Job = Box<dyn FnOnce(&Tx<'_>) -> Option<Finish> + Send>;

pub(super) enum Order {
    Write(Job),
    EmptyLog(oneshot::Sender<Result<(), StoreError>>),
    Stop,
}

/// Hands jobs to the writer.
#[derive(Clone)]
pub(super) enum Writer {
    /// A thread of its own.
    Thread(mpsc::Sender<Order>),
    /// Whoever has a job does it on the spot: for tests in which nothing may depend on how threads are scheduled.
    #[cfg(feature = "failpoints")]
    OnTheSpot(Arc<std::sync::Mutex<Thread>>),
}

impl Writer {
    pub(super) fn spawn(connection: Connection, vault: Arc<Vault>, bell: Bell) -> (Self, JoinHandle<()>) {
        let (orders, queue) = mpsc::channel();
        let thread = Thread { connection, vault, bell, sealed: 0 };
        let handle = std::thread::spawn(move || thread.run(&queue));
        (Self::Thread(orders), handle)
    }

    #[cfg(feature = "failpoints")]
    pub(super) fn on_the_spot(connection: Connection, vault: Arc<Vault>, bell: Bell) -> Self {
        Self::OnTheSpot(Arc::new(std::sync::Mutex::new(Thread { connection, vault, bell, sealed: 0 })))
    }

    fn order(&self, order: Order) -> Result<(), StoreError> {
        match self {
            Self::Thread(orders) => orders.send(order).map_err(|_| StoreError::Unavailable),
            #[cfg(feature = "failpoints")]
            Self::OnTheSpot(thread) => {
                thread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take(std::iter::once(order));
                Ok(())
            }
        }
    }

    /// Queues a job and waits until it is on disk.
    pub(super) async fn run<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, wait) = oneshot::channel();
        let job: Job = Box::new(move |tx| match job(tx) {
            Ok(value) => Some(Box::new(move || drop(answer.send(Ok(value))))),
            Err(error) => {
                drop(answer.send(Err(error)));
                None
            }
        });
        self.order(Order::Write(job))?;
        // A dropped answer means that the transaction did not commit.
        wait.await.unwrap_or(Err(StoreError::Unavailable))
    }

    pub(super) async fn empty_log(&self) -> Result<(), StoreError> {
        let (answer, wait) = oneshot::channel();
        self.order(Order::EmptyLog(answer))?;
        wait.await.unwrap_or(Err(StoreError::Unavailable))
    }

    pub(super) fn stop(&self) {
        // A thread that is gone has stopped.
        let _ = self.order(Order::Stop);
    }
}

pub(super) struct Thread {
    connection: Connection,
    vault: Arc<Vault>,
    bell: Bell,
    /// Seals already counted in the key's row.
    sealed: u64,
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

    /// Follows orders; what is to be written is committed together. False if the thread is to end.
    fn take(&mut self, orders: impl Iterator<Item = Order>) -> bool {
        let (mut group, mut going) = (Vec::new(), true);
        for order in orders {
            match order {
                Order::Write(job) => group.push(job),
                Order::EmptyLog(answer) => drop(answer.send(self.empty_log())),
                Order::Stop => going = false,
            }
        }
        self.commit_or_roll_back(group);
        going
    }

    fn empty_log(&self) -> Result<(), StoreError> {
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 { Ok(()) } else { Err(StoreError::Unavailable) }
    }

    fn commit_or_roll_back(&mut self, group: Vec<Job>) {
        if group.is_empty() {
            return;
        }
        if let Err(error) = self.commit(group) {
            tracing::error!(%error, "a group of writes was not committed");
            // A failed COMMIT can leave the transaction open; the next BEGIN must not fail for that.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    fn commit(&mut self, group: Vec<Job>) -> Result<(), StoreError> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut done: Vec<Finish> = Vec::with_capacity(group.len());
        let mut rung = Vec::new();
        for job in group {
            let tx = Tx::new(&self.connection, &self.vault);
            if let Some(finish) = in_savepoint(&tx, job)? {
                done.push(finish);
                rung.extend(tx.into_rung());
            }
        }
        self.count_seals()?;
        reach!("writer.before_commit");
        self.connection.execute_batch("COMMIT")?;
        reach!("writer.after_commit");
        for finish in done {
            finish();
        }
        self.bell.ring(rung);
        Ok(())
    }

    fn count_seals(&mut self) -> Result<(), StoreError> {
        let (key, sealed) = self.vault.cipher.usage();
        if sealed - self.sealed >= keys::SEALS_PER_COUNT {
            keys::add_seals(&self.connection, key, sealed - self.sealed)?;
            self.sealed = sealed;
        }
        Ok(())
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
