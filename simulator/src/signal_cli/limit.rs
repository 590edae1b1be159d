//! Signal's rate limit on the bridge's account, and the captcha that lifts it.

use serde_json::{Value, json};

use super::SignalCli;
use super::rpc::{Failure, Outcome, text};

/// How the account is limited.
#[derive(Clone)]
pub(crate) struct Limit {
    /// What a captcha is wanted for; without it only time helps.
    pub(crate) token: Option<String>,
    /// When a send may work again, in seconds, where the server says so.
    pub(crate) retry_after: Option<u64>,
}

impl SignalCli {
    /// From now on every send is refused, until it is lifted.
    pub fn limit(&self, token: Option<&str>, retry_after: Option<u64>) {
        let limit = Limit { token: token.map(str::to_owned), retry_after };
        self.state().change(|state| state.limit = Some(limit));
    }

    /// The limit is over.
    pub fn lift_limit(&self) {
        self.state().change(|state| state.limit = None);
    }

    /// `submitRateLimitChallenge`. A captcha with "stale" in it is not accepted.
    pub(crate) fn submit_challenge(&self, params: &Value) -> Outcome {
        let challenge = text(params, "challenge").unwrap_or_default();
        let captcha = text(params, "captcha").unwrap_or_default();
        let rejected = || {
            let why = "Captcha rejected, it may be outdated, already used or solved from a different IP address.";
            Failure::new(-6, why)
        };
        self.state().change(|state| {
            let wanted = state.limit.as_ref().and_then(|limit| limit.token.as_deref());
            if wanted != Some(challenge) || captcha.contains("stale") {
                return Err(rejected());
            }
            state.limit = None;
            Ok(json!({}))
        })
    }
}
