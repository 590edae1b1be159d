//! What an answer, or none, means for a delivery. The one place for the rules on retrying.

use std::time::Duration;

use crate::event::{Aci, OutageCause, Standing, Undelivered};
use crate::signal::{SendReceipt, SignalError};
use crate::whatsapp::{WahaError, Whereabouts};

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
    /// It may have arrived, and signal-cli says that something fails: a few more times, ever more rarely, each marked.
    RepeatRarely,
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
        Err(SignalError::Unclear) => AfterSignal::RepeatRarely,
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
    /// It was tried often enough: WAHA's store is asked once more, when WAHA is done with it for sure.
    LookLater,
    /// It may have been sent: the owner decides.
    Unknown,
}

/// What to do with a message whose call has no recorded answer, after WAHA's store was asked for its chosen id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterLook {
    /// It is there: what is known of it is recorded.
    Sent,
    /// The same call again, under the same chosen id.
    SameAgain,
    /// It has not been sent, or the owner wants it sent all the same: it begins anew, under another id.
    Anew,
    /// It has not been sent, and was tried often enough.
    Dead(Undelivered),
    /// It may have been sent: the owner decides.
    Unknown,
}

/// Reads what WAHA's store says. `retried`: the owner has decided already. `stale`: it waited for too long, or
/// the engine is another, for the same id to be enough for WhatsApp to show it once.
#[must_use]
pub fn of_look(found: &Whereabouts, attempts: u32, retried: bool, stale: bool) -> AfterLook {
    match found {
        Whereabouts::There(_) => AfterLook::Sent,
        _ if retried => AfterLook::Anew,
        Whereabouts::Absent if tried_enough(attempts) => AfterLook::Dead(Undelivered::GaveUp),
        Whereabouts::Absent if stale => AfterLook::Anew,
        Whereabouts::Unsaid if stale || tried_enough(attempts) => AfterLook::Unknown,
        Whereabouts::Absent | Whereabouts::Unsaid => AfterLook::SameAgain,
    }
}

/// How often a call of unknown outcome is made again under the same id.
const SAME_AGAIN: u32 = 3;

fn tried_enough(attempts: u32) -> bool {
    attempts > SAME_AGAIN
}

/// Reads WAHA's failure. `chosen` says whether the message had an id chosen before the call.
#[must_use]
pub fn of_waha(error: WahaError, chosen: bool, attempts: u32) -> AfterWaha {
    match error {
        WahaError::Unreachable => AfterWaha::Down(OutageCause::Unreachable),
        WahaError::Untrusted => AfterWaha::Down(OutageCause::Untrusted),
        WahaError::NotReady => AfterWaha::Down(OutageCause::Other),
        WahaError::Unauthorised => AfterWaha::Down(OutageCause::Unauthorised),
        WahaError::RateLimited { after } => AfterWaha::Wait(after),
        WahaError::Refused | WahaError::NoMessage => AfterWaha::Dead(Undelivered::Refused),
        WahaError::ColdContact => AfterWaha::Dead(Undelivered::ColdContact),
        WahaError::Unknown if chosen && !tried_enough(attempts + 1) => AfterWaha::SameAgain,
        WahaError::Unknown if chosen => AfterWaha::LookLater,
        WahaError::Unknown => AfterWaha::Unknown,
    }
}

/// What to do after a call to WAHA that was to change a message, and failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterChange {
    /// The WhatsApp side does not work: its lanes pause, no attempt counts.
    Down(OutageCause),
    /// It waits for so long.
    Wait(Duration),
    /// The same call again. Also of an unknown outcome: it names its message, and done twice it is the same.
    Again,
    /// It ends.
    Ends(Standing),
}

/// Reads WAHA's failure to change a message.
#[must_use]
pub fn of_change(error: WahaError, attempts: u32) -> AfterChange {
    match error {
        WahaError::Unreachable => AfterChange::Down(OutageCause::Unreachable),
        WahaError::Untrusted => AfterChange::Down(OutageCause::Untrusted),
        WahaError::NotReady => AfterChange::Down(OutageCause::Other),
        WahaError::Unauthorised => AfterChange::Down(OutageCause::Unauthorised),
        WahaError::RateLimited { after } => AfterChange::Wait(after),
        WahaError::Refused | WahaError::NoMessage | WahaError::ColdContact => AfterChange::Ends(Standing::Refused),
        WahaError::Unknown if !tried_enough(attempts + 1) => AfterChange::Again,
        WahaError::Unknown => AfterChange::Ends(Standing::Unclear),
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
        assert_eq!(of_waha(WahaError::Unknown, true, 2), AfterWaha::SameAgain);
        assert_eq!(of_waha(WahaError::Unknown, true, 3), AfterWaha::LookLater);
    }

    #[test]
    fn a_change_of_unknown_outcome_is_made_again_because_it_names_its_message() {
        let after = |attempts| of_change(WahaError::Unknown, attempts);
        assert_eq!([after(0), after(2)], [AfterChange::Again, AfterChange::Again]);
        assert_eq!(after(3), AfterChange::Ends(Standing::Unclear));
        assert_eq!(of_change(WahaError::Refused, 0), AfterChange::Ends(Standing::Refused));
    }

    #[test]
    fn a_store_that_has_it_decides_and_one_that_says_nothing_lets_the_owner_decide() {
        use AfterLook::{Anew, Dead, SameAgain, Sent, Unknown};
        let there = Whereabouts::There(crate::event::MessageId::new("true_7911@c.us_B"));
        for (attempts, retried, stale) in [(0, false, false), (4, true, true)] {
            assert_eq!(of_look(&there, attempts, retried, stale), Sent);
        }
        let look = |found, attempts, retried, stale| of_look(found, attempts, retried, stale);
        let (absent, unsaid) = (&Whereabouts::Absent, &Whereabouts::Unsaid);
        assert_eq!([absent, unsaid].map(|found| look(found, 1, false, false)), [SameAgain, SameAgain]);
        assert_eq!([absent, unsaid].map(|found| look(found, 4, false, false)), [Dead(Undelivered::GaveUp), Unknown]);
        assert_eq!([absent, unsaid].map(|found| look(found, 0, false, true)), [Anew, Unknown]);
        assert_eq!([absent, unsaid].map(|found| look(found, 0, true, true)), [Anew, Anew]);
    }
}
