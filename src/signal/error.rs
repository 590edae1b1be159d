//! What can go wrong with a request to signal-cli, named by what the caller does next.

use std::time::Duration;

use super::results::{Attempt, Outcome};
use super::rpc::CallError;

/// Why a request has no result. It holds no word of signal-cli's: those can repeat what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignalError {
    /// There is no connection, or it broke before a byte was written: nothing was sent. Wait for the link.
    #[error("signal-cli is not connected")]
    Down,
    /// It was handed to the connection and there is no answer that says what became of it.
    #[error("signal-cli gave no answer, the outcome is unknown")]
    Unknown,
    /// signal-cli answered with an error that says nothing of what became of it (code -3, -32603 or an unknown one). It
    /// may have been sent; but signal-cli is at hand, and the cause may pass: a limit of Signal can come as one.
    #[error("signal-cli failed in a way that proves nothing")]
    Unclear,
    /// Signal limits the account (code -5): nothing was sent.
    #[error("Signal limits the account")]
    RateLimited {
        /// How long Signal asks to wait, where it says so.
        after: Option<Duration>,
    },
    /// The owner's identity key is another than the trusted one (code -4): nothing was sent.
    #[error("the identity key has changed")]
    IdentityChanged,
    /// signal-cli could not reach Signal's server for any recipient (code -1): nothing was sent; try later.
    #[error("signal-cli could not reach Signal")]
    Network,
    /// Signal knows no such account any more (code -1): nothing was sent.
    #[error("the recipient is not registered")]
    OwnerUnregistered,
    /// signal-cli refuses the request as it is (code -1, -32600, -32601), or we did: nothing was sent.
    #[error("signal-cli refused the request")]
    Refused,
    /// Signal turned the bridge account away, or signal-cli does not have it (code -32602): nothing was sent, and nothing
    /// will be until a person acts. Wait for the link.
    #[error("Signal does not take the bridge account")]
    SignedOut,
    /// Signal does not accept the captcha (code -6): it wants another.
    #[error("Signal did not accept the captcha")]
    CaptchaRejected,
    /// A server or I/O error (code -3) on something other than a send; try later.
    #[error("Signal's server failed")]
    Server,
}

impl SignalError {
    /// Sorts the failure of anything but a send.
    pub(super) fn of_call(error: &CallError) -> Self {
        match error {
            CallError::Coded { code: -3, turned_away: false, .. } => Self::Server,
            other => Self::of_send(other),
        }
    }

    /// Sorts the failure of a send. Only what proves that nothing was sent may say so.
    pub(super) fn of_send(error: &CallError) -> Self {
        match error {
            CallError::NeverWritten => Self::Down,
            CallError::NoAnswer => Self::Unknown,
            // An error that names a success would contradict itself.
            CallError::Coded { attempts, .. } if attempts.iter().any(|one| one.outcome == Outcome::Success) => {
                Self::Unknown
            }
            CallError::Coded { code: -3 | -32603, turned_away: true, .. } => Self::SignedOut,
            CallError::Coded { code, attempts, .. } => match code {
                -5 => Self::RateLimited { after: attempts.iter().filter_map(|one| one.retry_after).max() },
                -4 => Self::IdentityChanged,
                -1 => Self::of_failed(attempts),
                -6 => Self::CaptchaRejected,
                -32602 => Self::SignedOut,
                -32600 | -32601 | -32700 => Self::Refused,
                _ => Self::Unclear,
            },
        }
    }

    /// Of several recipients that failed in several ways, the one that can pass by itself decides.
    fn of_failed(attempts: &[Attempt]) -> Self {
        let any = |wanted| attempts.iter().any(|one| one.outcome == wanted);
        match () {
            () if any(Outcome::Network) => Self::Network,
            () if any(Outcome::Unregistered) => Self::OwnerUnregistered,
            () => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coded(code: i32, outcomes: &[Outcome]) -> CallError {
        let attempt = |outcome: &Outcome| Attempt {
            outcome: *outcome,
            retry_after: Some(Duration::from_secs(7)),
            challenge: None,
        };
        CallError::Coded { code, attempts: outcomes.iter().map(attempt).collect(), turned_away: false }
    }

    fn turned_away(code: i32) -> CallError {
        CallError::Coded { code, attempts: Vec::new(), turned_away: true }
    }

    #[test]
    fn codes_are_sorted_by_what_to_do_next() {
        let limited = SignalError::RateLimited { after: Some(Duration::from_secs(7)) };
        for (error, send, call) in [
            (coded(-1, &[Outcome::Network]), SignalError::Network, SignalError::Network),
            (coded(-1, &[Outcome::Unregistered]), SignalError::OwnerUnregistered, SignalError::OwnerUnregistered),
            (coded(-1, &[Outcome::Other]), SignalError::Refused, SignalError::Refused),
            (coded(-1, &[]), SignalError::Refused, SignalError::Refused),
            (coded(-1, &[Outcome::Network, Outcome::Success]), SignalError::Unknown, SignalError::Unknown),
            (coded(-3, &[]), SignalError::Unclear, SignalError::Server),
            (coded(-4, &[Outcome::Other]), SignalError::IdentityChanged, SignalError::IdentityChanged),
            (coded(-5, &[Outcome::Other]), limited, limited),
            (coded(-5, &[]), SignalError::RateLimited { after: None }, SignalError::RateLimited { after: None }),
            (coded(-6, &[]), SignalError::CaptchaRejected, SignalError::CaptchaRejected),
            (coded(-32602, &[]), SignalError::SignedOut, SignalError::SignedOut),
            (coded(-32603, &[]), SignalError::Unclear, SignalError::Unclear),
            (turned_away(-32603), SignalError::SignedOut, SignalError::SignedOut),
            (turned_away(-3), SignalError::SignedOut, SignalError::SignedOut),
            (coded(-999, &[]), SignalError::Unclear, SignalError::Unclear),
            (CallError::NoAnswer, SignalError::Unknown, SignalError::Unknown),
            (CallError::NeverWritten, SignalError::Down, SignalError::Down),
        ] {
            assert_eq!(SignalError::of_send(&error), send, "{error:?}");
            assert_eq!(SignalError::of_call(&error), call, "{error:?}");
        }
    }
}
