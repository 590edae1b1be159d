//! Every column of every table, and how it is kept. One list: `tests/sealing.rs` holds it against the schema and against
//! what is in a database, and docs/columns.md is made from it.

/// How the values of a column are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// Sealed for its table, its column and its row; the row is named by this column.
    Sealed(&'static str),
    /// A keyed hash, by which the row is found.
    Index,
    /// A key, wrapped by the operator's secret.
    Wrapped,
    /// As it is, for this reason.
    Plain(&'static str),
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    /// How it is kept.
    pub keeping: Keeping,
}

impl Column {
    const fn sealed(table: &'static str, name: &'static str, row: &'static str) -> Self {
        Self { table, name, keeping: Keeping::Sealed(row) }
    }

    const fn index(table: &'static str, name: &'static str) -> Self {
        Self { table, name, keeping: Keeping::Index }
    }

    const fn plain(table: &'static str, name: &'static str, why: &'static str) -> Self {
        Self { table, name, keeping: Keeping::Plain(why) }
    }
}

const ROW: &str = "the row's own id: random, but for the time it was made";
const NUMBER: &str = "the row's own number";
const CHANNEL: &str = "which channel, by its number";
const LINK: &str = "another row's id";
const TIME: &str = "a time";
const COUNT: &str = "a count";
const SPAN: &str = "a span of time";
const STATE: &str = "a state, one of a few fixed words or a bit";
const WRAPPING: &str = "how the keys are wrapped; no secret, and needed before one is known";

/// All of them, in the order of the schema.
pub const COLUMNS: &[Column] = &[
    Column::plain("key_ring", "id", NUMBER),
    Column::plain("key_ring", "kdf", WRAPPING),
    Column::plain("key_ring", "salt", WRAPPING),
    Column::plain("key_ring", "iterations", WRAPPING),
    Column::index("key_ring", "proof"),
    Column::plain("key_ring", "plain", STATE),
    Column::plain("keys", "id", NUMBER),
    Column::plain("keys", "purpose", STATE),
    Column { table: "keys", name: "wrapped", keeping: Keeping::Wrapped },
    Column::plain("keys", "seals", COUNT),
    Column::plain("channels", "id", NUMBER),
    Column::plain("channels", "name", "the operator's own word from the configuration, also in logs and metrics"),
    Column::plain("channels", "first_started_at", TIME),
    Column::index("channels", "owner_digest"),
    Column::sealed("channels", "owner", "id"),
    Column::plain("channels", "history_skipped", COUNT),
    Column::plain("channels", "kept_for", SPAN),
    Column::plain("channels", "settled", STATE),
    Column::plain("outages", "channel", CHANNEL),
    Column::plain("outages", "side", STATE),
    Column::plain("outages", "since", TIME),
    Column::plain("seen", "channel", CHANNEL),
    Column::index("seen", "digest"),
    Column::plain("seen", "at", TIME),
    Column::plain("identities", "id", ROW),
    Column::plain("identities", "channel", CHANNEL),
    Column::plain("addresses", "channel", CHANNEL),
    Column::index("addresses", "digest"),
    Column::plain("addresses", "kind", STATE),
    Column::plain("addresses", "identity", LINK),
    Column::sealed("addresses", "address", "digest"),
    Column::plain("chats", "id", ROW),
    Column::plain("chats", "channel", CHANNEL),
    Column::plain("chats", "identity", LINK),
    Column::index("chats", "digest"),
    Column::sealed("chats", "address", "id"),
    Column::plain("chats", "active_at", TIME),
    Column::plain("chats", "opened", STATE),
    Column::plain("chats", "lost", STATE),
    Column::plain("chats", "written_at", TIME),
    Column::plain("chats", "kept_for", SPAN),
    Column::plain("chats", "settled", STATE),
    Column::plain("chats", "timer", SPAN),
    Column::plain("portals", "id", ROW),
    Column::plain("portals", "channel", CHANNEL),
    Column::plain("portals", "chat", LINK),
    Column::index("portals", "digest"),
    Column::sealed("portals", "group_id", "id"),
    Column::plain("portals", "state", STATE),
    Column::plain("portals", "created_at", TIME),
    Column::index("portals", "tie"),
    Column::plain("portals", "timer", SPAN),
    Column::plain("portals", "timer_tried", SPAN),
    Column::plain("portals", "timer_left", SPAN),
    Column::index("portals", "title"),
    Column::index("portals", "title_tried"),
    Column::plain("portals", "title_rank", STATE),
    Column::plain("portals", "title_left", STATE),
    Column::plain("portals", "titled_at", TIME),
    Column::index("portals", "picture"),
    Column::plain("portals", "picture_left", STATE),
    Column::plain("portals", "pictured_at", TIME),
    Column::plain("creation_intents", "id", ROW),
    Column::plain("creation_intents", "channel", CHANNEL),
    Column::plain("creation_intents", "chat", LINK),
    Column::sealed("creation_intents", "known", "id"),
    Column::plain("creation_intents", "opened_at", TIME),
    Column::index("creation_intents", "title"),
    Column::plain("creation_intents", "title_rank", STATE),
    Column::plain("messages", "id", ROW),
    Column::plain("messages", "channel", CHANNEL),
    Column::plain("messages", "chat", LINK),
    Column::plain("messages", "portal", LINK),
    Column::plain("messages", "at", TIME),
    Column::plain("messages", "kept_until", TIME),
    Column::plain("messages", "edited_at", TIME),
    Column::plain("messages", "deleted", STATE),
    Column::plain("message_parts", "id", ROW),
    Column::plain("message_parts", "message", LINK),
    Column::plain("message_parts", "side", STATE),
    Column::plain("message_parts", "version", COUNT),
    Column::index("message_parts", "digest"),
    Column::sealed("message_parts", "value", "id"),
    Column::plain("deliveries", "seq", "the place in the order"),
    Column::plain("deliveries", "id", ROW),
    Column::plain("deliveries", "channel", CHANNEL),
    Column::plain("deliveries", "chat", LINK),
    Column::plain("deliveries", "direction", STATE),
    Column::plain("deliveries", "state", STATE),
    Column::sealed("deliveries", "event", "id"),
    Column::index("deliveries", "source"),
    Column::sealed("deliveries", "chosen", "id"),
    Column::plain("deliveries", "attempts", COUNT),
    Column::plain("deliveries", "repeated", STATE),
    Column::plain("deliveries", "approved", STATE),
    Column::plain("deliveries", "not_before", TIME),
    Column::plain("deliveries", "notice_group", "the kind of a notice, a fixed word; or a keyed hash, as in floods"),
    Column::plain("deliveries", "created_at", TIME),
    Column::plain("deliveries", "edited", COUNT),
    Column::plain("deliveries", "retried", STATE),
    Column::plain("media", "id", ROW),
    Column::plain("media", "channel", CHANNEL),
    Column::plain("media", "delivery", LINK),
    Column::plain("media", "position", COUNT),
    Column::plain("media", "state", STATE),
    Column::sealed("media", "file", "id"),
    Column::plain("media", "why", STATE),
    Column::plain("media", "size", "a count of bytes, as the file system shows it too"),
    Column::plain("media", "attempts", COUNT),
    Column::plain("media", "not_before", TIME),
    Column::plain("media", "created_at", TIME),
    Column::plain("jobs", "name", "what was done: fixed words, a channel's number, a version of a peer"),
    Column::plain("jobs", "last_run_at", TIME),
    Column::plain("signs", "channel", CHANNEL),
    Column::plain("signs", "name", STATE),
    Column::plain("signs", "at", TIME),
    Column::plain("signs", "count", COUNT),
    Column::plain("signs", "days", "a bit for each day on which it was seen"),
    Column::plain("alarms", "about", STATE),
    Column::plain("alarms", "raised_at", TIME),
    Column::plain("alarms", "open", STATE),
    Column::plain("edits", "channel", CHANNEL),
    Column::index("edits", "digest"),
    Column::index("edits", "source"),
    Column::plain("edits", "at", TIME),
    Column::plain("edits", "chat", LINK),
    Column::plain("notices", "channel", CHANNEL),
    Column::index("notices", "digest"),
    Column::index("notices", "source"),
    Column::plain("notices", "kept_until", TIME),
    Column::plain("notices", "chat", LINK),
    Column::plain("notices", "at", TIME),
    Column::plain("merges", "lid_chat", LINK),
    Column::plain("merges", "number_chat", LINK),
    Column::plain("merges", "channel", CHANNEL),
    Column::plain("floods", "channel", CHANNEL),
    Column::index("floods", "digest"),
    Column::plain("floods", "count", COUNT),
    Column::plain("floods", "at", TIME),
    Column::plain("floods", "chat", LINK),
    Column::plain("forgets", "chat", LINK),
    Column::plain("forgets", "channel", CHANNEL),
    Column::plain("forgets", "asked_at", TIME),
    Column::plain("forgets", "confirmed", STATE),
    Column::plain("forgets", "unsent", COUNT),
    Column::plain("forgets", "maybe", COUNT),
    Column::plain("forgets", "unshown", COUNT),
    Column::plain("forgets", "idle", STATE),
    Column::plain("periods", "channel", CHANNEL),
    Column::index("periods", "digest"),
    Column::plain("periods", "kept_for", SPAN),
    Column::plain("reactions", "message", LINK),
    Column::index("reactions", "digest"),
    Column::plain("reactions", "at", TIME),
    Column::plain("reactions", "shown", STATE),
    Column::plain("ticks", "message", LINK),
    Column::plain("ticks", "direction", STATE),
    Column::plain("ticks", "tries", COUNT),
    Column::plain("readers", "message", LINK),
    Column::index("readers", "digest"),
    Column::plain("deleted", "kind", STATE),
    Column::plain("deleted", "count", COUNT),
];
