//! Which requests of one connection are under way, and how far each has come.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How far a request has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It waits for its turn to be written; it can still be withdrawn.
    Queued,
    /// Its first byte may have been written: the peer may act on it.
    Handed,
}

/// The requests of one connection by id. It answers two questions the JSON-RPC client does not: whether an answer is
/// one that somebody waits for (any other would end the connection), and whether a failed request was ever written.
#[derive(Default)]
pub(super) struct Ledger(Mutex<HashMap<u64, Stage>>);

impl Ledger {
    /// Enters a new request.
    pub(super) fn enqueue(&self, id: u64) {
        self.open().insert(id, Stage::Queued);
    }

    /// Takes a request for writing. `false` if it was withdrawn in the meantime and must not be written.
    pub(super) fn claim(&self, id: u64) -> bool {
        self.open().get_mut(&id).is_some_and(|stage| std::mem::replace(stage, Stage::Handed) == Stage::Queued)
    }

    /// Says that a claimed request could not be written, not even its first byte.
    pub(super) fn give_back(&self, id: u64) {
        self.open().insert(id, Stage::Queued);
    }

    /// Strikes out a request that has been answered. `false` if nobody waits for that answer.
    ///
    /// A request that has failed after it was handed over stays: its late answer is still expected.
    pub(super) fn answer(&self, id: u64) -> bool {
        let mut requests = self.open();
        requests.get(&id) == Some(&Stage::Handed) && requests.remove(&id).is_some()
    }

    /// Strikes out a request that has failed, if nothing of it was written. `true` proves that the peer never got it.
    pub(super) fn withdraw(&self, id: u64) -> bool {
        let mut requests = self.open();
        requests.get(&id) == Some(&Stage::Queued) && requests.remove(&id).is_some()
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Stage>> {
        // Each change is one call on the map, so a panic elsewhere cannot leave it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_written_can_be_withdrawn_once() {
        let ledger = Ledger::default();
        ledger.enqueue(1);
        assert!(!ledger.answer(1), "nobody can answer what was not written");
        assert!(ledger.withdraw(1) && !ledger.withdraw(1));
        assert!(!ledger.claim(1), "what was withdrawn is not written");
    }

    #[test]
    fn what_may_have_been_written_waits_for_its_answer() {
        let ledger = Ledger::default();
        ledger.enqueue(1);
        assert!(ledger.claim(1) && !ledger.claim(1));
        assert!(!ledger.withdraw(1));
        assert!(ledger.answer(1) && !ledger.answer(1));
        ledger.enqueue(2);
        assert!(ledger.claim(2));
        ledger.give_back(2);
        assert!(ledger.withdraw(2));
    }
}
