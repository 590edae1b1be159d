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

enum Order {
    Write(Job),
    EmptyLog(oneshot::Sender<Result<(), StoreError>>),
    Stop,
}

/// Hands jobs to the writer thread.
#[derive(Clone)]
pub(super) struct Writer {
    orders: mpsc::Sender<Order>,
}

impl Writer {
    pub(super) fn spawn(connection: Connection, vault: Arc<Vault>, bell: Bell) -> (Self, JoinHandle<()>) {
        let (orders, queue) = mpsc::channel();
        let thread = Thread { connection, vault, bell, sealed: 0 };
        let handle = std::thread::spawn(move || thread.run(&queue));
        (Self { orders }, handle)
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
        self.orders.send(Order::Write(job)).map_err(|_| StoreError::Unavailable)?;
        // A dropped answer means that the transaction did not commit.
        wait.await.unwrap_or(Err(StoreError::Unavailable))
    }

    pub(super) async fn empty_log(&self) -> Result<(), StoreError> {
        let (answer, wait) = oneshot::channel();
        self.orders.send(Order::EmptyLog(answer)).map_err(|_| StoreError::Unavailable)?;
        wait.await.unwrap_or(Err(StoreError::Unavailable))
    }

    pub(super) fn stop(&self) {
        // A thread that is gone has stopped.
        let _ = self.orders.send(Order::Stop);
    }
}

struct Thread {
    connection: Connection,
    vault: Arc<Vault>,
    bell: Bell,
    /// Seals already counted in the key's row.
    sealed: u64,
}

impl Thread {
    fn run(mut self, queue: &mpsc::Receiver<Order>) {
        let mut going = true;
        while let Some(first) = if going { queue.recv().ok() } else { None } {
            let mut group = Vec::new();
            for order in std::iter::once(first).chain(queue.try_iter().take(GROUP - 1)) {
                match order {
                    Order::Write(job) => group.push(job),
                    Order::EmptyLog(answer) => drop(answer.send(self.empty_log())),
                    Order::Stop => going = false,
                }
            }
            self.commit_or_roll_back(group);
        }
        // Leaves one file behind for whoever copies it.
        let _ = self.empty_log();
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
