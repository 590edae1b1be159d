//! What was refused, or brought something to a stop: the one list of security events. Each has a name, by which it is
//! counted and logged, and what it means; `docs/security-events.md` is made from here.

/// A security event; only counted, without whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// A webhook without or with a wrong signature.
    BadSignature,
    /// A webhook without or with a wrong signature, from where too many of them came.
    Crowded,
    /// A signed webhook, when the channel's come faster than anything real.
    TooMany,
    /// A signed webhook from too long ago or from the future.
    Stale,
    /// A signed webhook of a WAHA session that is not the channel's.
    OtherSession,
    /// Something of a WhatsApp chat that is not bridged.
    KeptOut,
    /// A signal-cli line that is no JSON or not for us.
    OddLine,
    /// A Signal message of somebody who is not the owner.
    Stranger,
    /// A Signal message that could not be decrypted or was otherwise damaged.
    Damaged,
    /// A Signal group that is no conversation of the bridge.
    ForeignGroup,
    /// A conversation whose group is not what it has to be.
    Intruder,
    /// An identity key of the owner that is not the trusted one.
    OwnerKey,
    /// A value in the database that is not as it was written.
    Tampered,
}

/// How much it asks of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It belongs to ordinary life.
    Low,
    /// Worth a look when it goes on.
    Medium,
    /// Somebody has to act.
    High,
}

impl Severity {
    /// The word in logs and on the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What is known of a kind of event.
#[derive(Debug)]
pub struct Kind {
    /// Which.
    pub refusal: Refusal,
    /// Its counter in health and metrics, and its name in the log.
    pub name: &'static str,
    /// How much it asks of a person.
    pub severity: Severity,
    /// What happened.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

const fn kind(
    refusal: Refusal,
    name: &'static str,
    severity: Severity,
    meaning: &'static str,
    remedy: &'static str,
) -> Kind {
    Kind { refusal, name, severity, meaning, remedy }
}

/// All of them, in the order of the variants.
pub const KINDS: [Kind; 13] = [
    kind(
        Refusal::BadSignature,
        "bad_signatures",
        Severity::Medium,
        "a webhook without or with a wrong signature was refused",
        "after a change of `webhook_secret`: make both sides equal. Else somebody reaches the door who should not: close it to \
         all but WAHA",
    ),
    kind(
        Refusal::Crowded,
        "crowded",
        Severity::Medium,
        "the same, from an address that had brought 128 of them",
        "find out who that is, in the log of the proxy or firewall, and keep them out; WAHA is heard all the same",
    ),
    kind(
        Refusal::TooMany,
        "too_many",
        Severity::Medium,
        "more signed webhooks than anything real brings were put off",
        "look at WAHA, which may run wild; if nobody else has the secret, nothing is lost",
    ),
    kind(
        Refusal::Stale,
        "stale",
        Severity::Medium,
        "a signed webhook that is older than 24 hours, or from the future, was refused",
        "check the clocks of both machines; with right clocks somebody has recorded webhooks: change `webhook_secret`",
    ),
    kind(
        Refusal::OtherSession,
        "other_sessions",
        Severity::Low,
        "a signed webhook of another WAHA session was left alone",
        "give that session's webhook the address of its own channel",
    ),
    kind(
        Refusal::KeptOut,
        "kept_out",
        Severity::Low,
        "an event of a chat that `[channels.chats]` keeps out was dropped",
        "nothing",
    ),
    kind(
        Refusal::OddLine,
        "odd_lines",
        Severity::Low,
        "signal-cli wrote a line that is not understood",
        "update Rialto if it goes on",
    ),
    kind(
        Refusal::Stranger,
        "strangers",
        Severity::Low,
        "somebody who is not the owner wrote to the bridge account; it was not read",
        "nothing; if it goes on, the number is known to somebody",
    ),
    kind(
        Refusal::Damaged,
        "damaged",
        Severity::Low,
        "a Signal message could not be decrypted",
        "send it again, if it was yours",
    ),
    kind(
        Refusal::ForeignGroup,
        "foreign_groups",
        Severity::Low,
        "somebody put the bridge account into a group, which it has left",
        "nothing",
    ),
    kind(
        Refusal::Intruder,
        "intruders",
        Severity::High,
        "a conversation's group had a third member, an invite link or other rights; it stands still",
        "remove them or the link in Signal, and find out who let them in: only the bridge account can",
    ),
    kind(
        Refusal::OwnerKey,
        "owner_keys",
        Severity::High,
        "the owner's safety number changed; both directions stand still",
        "compare the number with the owner, then trust it on the server (README). If nobody has a new phone, somebody has the \
         owner's number",
    ),
    kind(
        Refusal::Tampered,
        "tampered",
        Severity::High,
        "a value in the database is not as it was written; it leads nowhere",
        "find out who can write to the file; go back to a backup",
    ),
];

impl Refusal {
    /// What is known of it.
    #[must_use]
    pub fn kind(self) -> &'static Kind {
        // The order is that of the variants; a test holds it.
        KINDS.iter().find(|kind| kind.refusal == self).unwrap_or(&KINDS[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_in_the_list_at_its_place_and_has_a_name_of_its_own() {
        let mut names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        for (at, kind) in KINDS.iter().enumerate() {
            assert_eq!((kind.refusal as usize, kind.refusal.kind().name), (at, kind.name));
        }
        names.sort_unstable();
        names.dedup();
        // The last variant: who adds one behind it meets this line.
        assert_eq!((names.len(), KINDS.len()), (Refusal::Tampered as usize + 1, Refusal::Tampered as usize + 1));
    }
}
