//! What an answer, or none, means for a delivery. The one place for the rules on retrying.

use std::time::Duration;

use crate::event::{Aci, OutageCause, Undelivered};
use crate::signal::{SendReceipt, SignalError};
use crate::whatsapp::WahaError;

/// What to do after a call to Signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterSignal {
    /// The owner, and nobody else, has it.
    Delivered,
    /// Somebody else has it too: the conversation stops.
    ReadByStranger,
    /// Nobody has it, because nobody else is in the group: the conversation stops.
    NobodyThere,
    /// It may have arrived: once more, marked.
    Repeat,
    /// Signal limits the account: everything waits, for as long as it says.
    Pause(Option<Duration>),
    /// The owner's identity key is not the trusted one: both directions stop.
    Distrust,
    /// A cause outside this delivery; it waits and no attempt counts.
    Wait,
    /// This delivery was refused; a few more attempts, then it ends.
    Refused,
}

/// Reads Signal's answer.
#[must_use]
pub fn of_signal(answer: &Result<SendReceipt, SignalError>, owner: &Aci) -> AfterSignal {
    match answer {
        Ok(receipt) => of_receipt(receipt, owner),
        Err(SignalError::Unknown) => AfterSignal::Repeat,
        Err(SignalError::RateLimited { after }) => AfterSignal::Pause(*after),
        Err(
            SignalError::Down
            | SignalError::SignedOut
            | SignalError::Network
            | SignalError::Server
            | SignalError::OwnerUnregistered,
        ) => AfterSignal::Wait,
        Err(SignalError::IdentityChanged) => AfterSignal::Distrust,
        Err(SignalError::Refused | SignalError::CaptchaRejected) => AfterSignal::Refused,
    }
}

fn of_receipt(receipt: &SendReceipt, owner: &Aci) -> AfterSignal {
    if receipt.recipients.iter().any(|recipient| recipient.as_ref() != Some(owner)) {
        AfterSignal::ReadByStranger
    } else if receipt.recipients.is_empty() {
        AfterSignal::NobodyThere
    } else {
        AfterSignal::Delivered
    }
}

/// What to do after a call to WAHA that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterWaha {
    /// The WhatsApp side does not work: its lanes pause, no attempt counts.
    Down(OutageCause),
    /// It waits for so long.
    Wait(Duration),
    /// It ends.
    Dead(Undelivered),
    /// The same call again, under the same chosen id, which WhatsApp shows once.
    SameAgain,
    /// It may have been sent: the owner decides.
    Unknown,
}

/// How often a call of unknown outcome is made again under the same id.
const SAME_AGAIN: u32 = 3;

/// Reads WAHA's failure. `chosen` says whether the message had an id chosen before the call.
#[must_use]
pub fn of_waha(error: WahaError, chosen: bool, attempts: u32) -> AfterWaha {
    match error {
        WahaError::Unreachable => AfterWaha::Down(OutageCause::Unreachable),
        WahaError::NotReady => AfterWaha::Down(OutageCause::Other),
        WahaError::Unauthorised => AfterWaha::Down(OutageCause::Unauthorised),
        WahaError::RateLimited { after } => AfterWaha::Wait(after),
        WahaError::Refused => AfterWaha::Dead(Undelivered::Refused),
        WahaError::ColdContact => AfterWaha::Dead(Undelivered::ColdContact),
        WahaError::Unknown if chosen && attempts < SAME_AGAIN => AfterWaha::SameAgain,
        WahaError::Unknown => AfterWaha::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;

    fn sent_to(recipients: &[Option<&str>]) -> SendReceipt {
        let recipients = recipients.iter().map(|aci| aci.map(Aci::new)).collect();
        SendReceipt { timestamp: Moment(1), recipients, failed: 0 }
    }

    #[test]
    fn only_the_owner_alone_counts_as_delivered() {
        let owner = Aci::new("owner");
        let after = |receipt| of_signal(&Ok(receipt), &owner);
        assert_eq!(after(sent_to(&[Some("owner")])), AfterSignal::Delivered);
        assert_eq!(after(sent_to(&[])), AfterSignal::NobodyThere);
        assert_eq!(after(sent_to(&[Some("owner"), Some("other")])), AfterSignal::ReadByStranger);
        assert_eq!(after(sent_to(&[None])), AfterSignal::ReadByStranger);
    }

    #[test]
    fn an_unknown_outcome_is_never_repeated_without_a_chosen_id() {
        assert_eq!(of_waha(WahaError::Unknown, false, 0), AfterWaha::Unknown);
        assert_eq!(of_waha(WahaError::Unknown, true, 0), AfterWaha::SameAgain);
        assert_eq!(of_waha(WahaError::Unknown, true, 3), AfterWaha::Unknown);
    }
}
