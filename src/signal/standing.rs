//! Whether Signal still takes the bridge account. A linked device can be removed and a number registered elsewhere while
//! signal-cli runs, and then every call fails without end.

use std::sync::atomic::Ordering;

use super::board::LinkState;
use super::checks::{self, ASK_AGAIN, Trouble};
use super::connection::Connection;
use super::link::Link;
use super::results::Outcome;
use super::rpc::CallError;

impl Link {
    /// Whether Signal turned the account away when it was asked last, also while signal-cli is away now.
    #[must_use]
    pub fn is_turned_away(&self) -> bool {
        self.is_signed_out().load(Ordering::Relaxed)
    }

    /// A call failed: asks for a look at the account if that may be why. signal-cli reports a 401 for one recipient as a
    /// failure of the network.
    pub(super) fn doubt_account(&self, error: &CallError) {
        let CallError::Coded { code, attempts, turned_away } = error else { return };
        let by_network = attempts.iter().any(|attempt| attempt.outcome == Outcome::Network);
        if *turned_away || *code == checks::NO_ACCOUNT || by_network {
            self.doubt().notify_one();
        }
    }

    /// Before a new connection is used: only an account that was turned away, or may have been before the program began, is
    /// asked for.
    pub(super) async fn check_standing(&self, connection: &Connection) -> Result<(), Trouble> {
        if !self.is_turned_away() && !self.settings().doubted {
            return Ok(());
        }
        let standing = checks::signed_in(&connection.rpc, self.settings()).await.unwrap_or(Ok(()));
        self.is_signed_out().store(standing.is_err(), Ordering::Relaxed);
        standing
    }

    /// Looks at the account whenever it is doubted, once a minute at most, and each minute while it is turned away.
    /// Never returns.
    pub(super) async fn watch_standing(&self, connection: &Connection) {
        loop {
            self.doubt().notified().await;
            while self.look_at_account(connection).await {
                self.clock().sleep(ASK_AGAIN).await;
            }
            self.clock().sleep(ASK_AGAIN).await;
        }
    }

    /// True if it has to be looked at again.
    async fn look_at_account(&self, connection: &Connection) -> bool {
        let was_out = self.is_turned_away();
        match checks::signed_in(&connection.rpc, self.settings()).await {
            Some(Err(trouble)) => {
                self.is_signed_out().store(true, Ordering::Relaxed);
                self.board().sending(trouble.state);
                true
            }
            Some(Ok(())) if was_out => {
                self.is_signed_out().store(false, Ordering::Relaxed);
                self.board().sending(LinkState::Up);
                false
            }
            Some(Ok(())) => false,
            None => was_out,
        }
    }
}
