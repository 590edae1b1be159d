//! What the notices mean that are about the two sides themselves.

use rialto::event::{CaptchaAnswer, Notice};

/// Why a notice comes, and what to do.
pub(crate) fn meaning(notice: &Notice) -> (&'static str, &'static str) {
    match notice {
        Notice::WhatsAppBack { .. } => ("WAHA's session works again.", "Nothing."),
        Notice::SignalBack { .. } => {
            ("signal-cli was away or not connected for more than a minute.", "Nothing, unless it comes often.")
        }
        Notice::OldVersion { .. } => (
            "A peer has not been updated for 60 days. Signal stops serving old versions after about 90.",
            "Run the commands in the line.",
        ),
        Notice::SignalLimited { captcha: true } => (
            "Signal limits the bridge account, often a new one, and asks for proof that a person is behind it. The line waits \
             with everything else, so it comes only if Signal lets something through.",
            "Solve the captcha and write it there, or run `rialto captcha` on the server.",
        ),
        Notice::SignalLimited { captcha: false } => {
            ("Signal limits how fast the bridge account sends.", "Nothing: it goes on by itself.")
        }
        Notice::SignalTakes { .. } => ("Signal's limit was over, or was lifted by a captcha.", "Nothing."),
        Notice::Captcha { answer } => captcha(*answer),
        Notice::PhoneAway { .. } => (
            "Nothing was written on the phone itself, and it linked no session. WAHA says no more of it, so a phone that is \
             on and unused looks the same. Said once, until the phone is seen.",
            "Open WhatsApp on the phone while it is online.",
        ),
        Notice::PhoneBack => ("Something was written on the phone, or it linked the session.", "Nothing."),
        Notice::WhatsAppRestricted => (
            "WhatsApp named a restriction of the account as it refused a message. Said once a day at most.",
            "Look in WhatsApp on the phone; write less to people who have not written to you.",
        ),
        Notice::WhatsAppSilent { .. } => (
            "WAHA says that its session works, and no event has come for as long as `silence` says.",
            "Nothing: the session is restarted. If it comes again, look at WAHA and at the linked phone.",
        ),
        Notice::NothingConfirmed { .. } => (
            "Twenty messages went out, and for a day no device of yours confirmed one.",
            "If your phone was on: see whether Signal works on it, and accept the bridge's message request.",
        ),
        other => panic!("{other:?} has its words elsewhere"),
    }
}

fn captcha(answer: CaptchaAnswer) -> (&'static str, &'static str) {
    match answer {
        CaptchaAnswer::Accepted => ("You wrote `captcha …` and Signal took it.", "Nothing."),
        CaptchaAnswer::Rejected => (
            "Signal did not take the captcha. The line comes once something gets through again.",
            "Get a fresh captcha and write it at once.",
        ),
        CaptchaAnswer::NotAsked => ("You wrote `captcha …` and Signal limits nothing.", "Nothing."),
        CaptchaAnswer::NotReached => ("signal-cli or Signal did not answer.", "Write it again, then a fresh one."),
    }
}
