//! Signal's rate limits, as far as a person can lift them: what Signal asks for, and the answer.

use serde::de::IgnoredAny;
use serde_json::json;

use super::error::SignalError;
use super::link::Link;
use super::rpc::{CallError, Params};
use crate::private_text;

private_text! {
    /// What Signal wants a captcha for; it comes with the refusal of a send.
    Challenge;
    /// A solved captcha. Whoever has it can use it once.
    Captcha;
}

/// How signal-cli and Signal's page write one.
const SCHEME: &str = "signalcaptcha://";

/// A captcha is some thousand characters long.
const LONGEST: usize = 16 * 1024;

impl Captcha {
    /// Reads the address behind "Open Signal". Nothing for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let solved = text.strip_prefix(SCHEME)?;
        let plain = solved.len() < LONGEST && solved.chars().all(|c| c.is_ascii_graphic());
        (plain && !solved.is_empty()).then(|| Self::new(text))
    }
}

impl Link {
    /// What Signal asked for when it last refused a send, if nobody has taken it since.
    #[must_use]
    pub fn take_challenge(&self) -> Option<Challenge> {
        self.challenge().take()
    }

    /// Answers a challenge.
    ///
    /// # Errors
    ///
    /// [`SignalError::CaptchaRejected`] if Signal wants another captcha; every other error means that it was not asked.
    pub async fn submit_captcha(&self, challenge: &Challenge, captcha: &Captcha) -> Result<(), SignalError> {
        let mut params = Params::new();
        params.insert("challenge".to_owned(), json!(challenge.reveal()));
        params.insert("captcha".to_owned(), json!(captcha.reveal()));
        self.ask::<IgnoredAny>("submitRateLimitChallenge", params).await.map(drop)
    }

    /// Keeps what a refusal asks for.
    pub(super) fn learn_challenge(&self, error: &CallError) {
        let CallError::Coded { attempts, .. } = error else { return };
        if let Some(challenge) = attempts.iter().find_map(|attempt| attempt.challenge.clone()) {
            *self.challenge() = Some(challenge);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_address_is_a_captcha() {
        let read = |text: &str| Captcha::parse(text).map(|captcha| captcha.reveal().to_owned());
        let whole = "signalcaptcha://signal-hcaptcha.5fad97ac.challenge.P1_eyJ0";
        assert_eq!(read(&format!(" {whole}\n")).as_deref(), Some(whole));
        for other in ["", "signalcaptcha://", "P1_eyJ0", "signalcaptcha://a b", "https://signalcaptchas.org"] {
            assert_eq!(read(other), None, "{other}");
        }
        assert_eq!(read(&format!("signalcaptcha://{}", "x".repeat(LONGEST))), None);
    }
}
