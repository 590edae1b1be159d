//! Kill points: places where a test lets the program die as if the power went.
//!
//! They exist only with the cargo feature `failpoints`; without it `reach!` is nothing at all, not even a call.
//! With it, `RIALTO_FAILPOINT=name` ends the process the first time `name` is reached, `name:n` the `n`th time: by
//! `abort`, so that nothing is flushed, dropped or answered.
//!
//! A point whose name ends in `before_commit` stands inside the job, where everything is written and nothing is on disk
//! yet.

#[cfg(all(feature = "failpoints", not(debug_assertions)))]
compile_error!("kill points have no place in a release build: leave out the feature `failpoints`");

/// Every point. `tests/failpoints.rs` holds this list against the code, `tests/matrix.rs` has a case for each.
///
/// Every step on the way of a message, a file, a chat and a key is one.
pub const POINTS: [&str; 116] = [
    // Opening the store.
    "migration.before_commit",
    "migration.after_commit",
    "keys.before_commit",
    "keys.after_commit",
    // Another secret for the keys.
    "rekey.before_commit",
    "rekey.after_commit",
    // Starting a channel.
    "channel.before_commit",
    "owner.before_commit",
    "whatsapp_side.before_commit",
    "signal_side.before_commit",
    "recover.before_commit",
    "recover.after_commit",
    "recover.between",
    // Every commit of the one writer, whatever is in it.
    "writer.before_commit",
    "writer.after_commit",
    // The way in from WhatsApp: from the signed body to the answer.
    "webhook.read",
    "intake.before_commit",
    "intake.after_commit",
    "intake.late.before_commit",
    "amended.before_commit",
    "webhook.before_answer",
    // The way in from Signal: what signal-cli has written and forgotten, until it is on disk.
    "listen.read",
    "typed.before_commit",
    "changed.before_commit",
    "listen.after_commit",
    // To Signal.
    "to_signal.begin.before_commit",
    "to_signal.before_call",
    "to_signal.after_call",
    "to_signal.record.before_commit",
    "to_signal.after_record",
    "to_signal.put_back.before_commit",
    "to_signal.dead.before_commit",
    // What was done on WhatsApp to an earlier message.
    "amend_signal.before_call",
    "amend_signal.after_call",
    "amend_signal.record.before_commit",
    "amend_signal.after_record",
    // To WhatsApp. `before_call` is also where a chosen id is on disk and not used yet.
    "to_whatsapp.begin.before_commit",
    "to_whatsapp.before_call",
    "to_whatsapp.after_call",
    "to_whatsapp.record.before_commit",
    "to_whatsapp.after_record",
    "to_whatsapp.without_id.before_commit",
    "to_whatsapp.put_back.before_commit",
    "to_whatsapp.in_doubt.before_commit",
    "to_whatsapp.unknown.before_commit",
    "to_whatsapp.dead.before_commit",
    // Files: fetched, kept or given up, and sent one by one.
    "files.fetched",
    "files.keep.before_commit",
    "files.not_fetched.before_commit",
    "files.fail.before_commit",
    "files.lost.before_commit",
    "files.unfold.before_commit",
    "files.look.before_commit",
    "to_whatsapp.before_file",
    "to_whatsapp.after_file",
    "to_whatsapp.before_thing",
    "to_whatsapp.after_thing",
    // What the owner did in Signal to an earlier message.
    "change_whatsapp.begin.before_commit",
    "change_whatsapp.before_call",
    "change_whatsapp.after_call",
    "change_whatsapp.record.before_commit",
    "change_whatsapp.after_record",
    "change_whatsapp.put_back.before_commit",
    "change_whatsapp.end.before_commit",
    // The making of a portal.
    "portal.join.before_commit",
    "portal.adopt.before_commit",
    "portal.after_profile",
    "portal.intent.before_commit",
    "portal.after_intent",
    "portal.after_create",
    "portal.keep.before_commit",
    "portal.after_keep",
    "portal.drop_intent.before_commit",
    "portal.after_secure",
    "portal.current.before_commit",
    "portal.stop.before_commit",
    // The timer of a portal.
    "timers.intend.before_commit",
    "timers.after_call",
    "timers.set.before_commit",
    // The title of a portal.
    "titles.try.before_commit",
    "titles.after_call",
    "titles.set.before_commit",
    // What was read, told to the other side.
    "ticks.take.before_commit",
    "ticks.after_receipt",
    "ticks.after_seen",
    "ticks.end.before_commit",
    // Two chats that are one person.
    "merge.before_commit",
    "merge.after_commit",
    // A chat that is forgotten.
    "forget.begin.before_commit",
    "forget.between_pieces",
    "forget.before_commit",
    "forget.after_commit",
    // Leaving for good.
    "leave.after_mark",
    "leave.before_tell",
    "leave.note.before_commit",
    "leave.after_tell",
    "leave.after_logout",
    "leave.after_unlink",
    "leave.between_groups",
    "leave.before_wipe",
    "leave.between_keys",
    "leave.between_files",
    "leave.before_done",
    "leave.before_unlock",
    // What stands beside its lane.
    "held.release.before_commit",
    // Retention.
    "retention.between_pieces",
    "retention.between_chunks",
    "retention.after_chunks",
    "retention.after_commit",
    // Sealing values anew, under a new key.
    "reseal.key.before_commit",
    "reseal.after_key",
    "reseal.chunk.before_commit",
    "reseal.between_chunks",
    "reseal.destroy.before_commit",
    "reseal.after_destroy",
    "reseal.after_commit",
];

/// Marks a kill point. Nothing without the feature `failpoints`.
macro_rules! reach {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        $crate::failpoint::reached($name);
    };
}
pub(crate) use reach;

#[cfg(feature = "failpoints")]
pub(crate) use armed::reached;

#[cfg(feature = "failpoints")]
mod armed {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// The point that kills, and how often it is still to be reached.
    struct Armed {
        name: String,
        left: AtomicU32,
    }

    static ARMED: LazyLock<Option<Armed>> = LazyLock::new(|| Armed::parse(&std::env::var("RIALTO_FAILPOINT").ok()?));

    /// Dies here if this is the point.
    #[expect(clippy::print_stderr, reason = "the last word of the process; the logger may hold it back")]
    pub(crate) fn reached(name: &str) {
        if ARMED.as_ref().is_some_and(|armed| armed.strikes(name)) {
            eprintln!("killed at {name}");
            std::process::abort();
        }
    }

    impl Armed {
        fn parse(text: &str) -> Option<Self> {
            let (name, left) = text.split_once(':').unwrap_or((text, "1"));
            Some(Self { name: name.to_owned(), left: AtomicU32::new(left.parse().ok()?) })
        }

        /// True once: later calls count on below zero.
        fn strikes(&self, name: &str) -> bool {
            self.name == name && self.left.fetch_sub(1, Ordering::Relaxed) == 1
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_point_strikes_once_the_time_it_was_told() {
            let armed = Armed::parse("held:2").unwrap();
            assert_eq!(["held", "other", "held", "held"].map(|name| armed.strikes(name)), [false, false, true, false]);
            assert!(Armed::parse("held").unwrap().strikes("held"));
            assert!(Armed::parse("held:x").is_none());
        }
    }
}
