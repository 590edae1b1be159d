//! How each column of each table is shown.

/// A table of the schema.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [(&'static str, How)],
}

/// How a column is shown.
#[derive(Debug, Clone, Copy)]
pub enum How {
    /// As it is.
    Plain,
    /// As a time.
    Time,
    /// Opened; it is sealed for the row that the other column names.
    Sealed {
        /// That column.
        row: &'static str,
    },
    /// Not at all, for this reason.
    LeftOut(&'static str),
}

use How::{LeftOut, Plain, Time};

const KEY: &str = "keys are no record of anything; who has the secret has them";
const ROW: &str = "the number of a row, which says where something belongs; it stands there instead";
const HASH: &str = "a keyed hash, by which a value is found; the value itself is shown where it is kept";
const SEEN: &str = "when something was accepted of which nothing but a keyed hash is kept";

const FILE: &str = "the key of a file on its way; the message that it is of says what it is, and the file goes with it";

const fn sealed(row: &'static str) -> How {
    How::Sealed { row }
}

const fn table(name: &'static str, columns: &'static [(&'static str, How)]) -> Table {
    Table { name, columns }
}

/// All of them; a test holds them against the schema.
pub const TABLES: [Table; 27] = [
    table(
        "key_ring",
        &[
            ("id", LeftOut(KEY)),
            ("kdf", LeftOut(KEY)),
            ("salt", LeftOut(KEY)),
            ("iterations", LeftOut(KEY)),
            ("proof", LeftOut(KEY)),
            ("plain", LeftOut(KEY)),
        ],
    ),
    table(
        "keys",
        &[("id", LeftOut(KEY)), ("purpose", LeftOut(KEY)), ("wrapped", LeftOut(KEY)), ("seals", LeftOut(KEY))],
    ),
    table(
        "channels",
        &[
            ("id", LeftOut(ROW)),
            ("name", Plain),
            ("first_started_at", Time),
            ("owner_digest", LeftOut(HASH)),
            ("owner", sealed("id")),
            ("history_skipped", Plain),
            ("kept_for", Plain),
            ("settled", Plain),
        ],
    ),
    table("outages", &[("channel", LeftOut(ROW)), ("side", Plain), ("since", Time)]),
    table("seen", &[("channel", LeftOut(ROW)), ("digest", LeftOut(HASH)), ("at", LeftOut(SEEN))]),
    table("identities", &[("id", LeftOut(ROW)), ("channel", LeftOut(ROW))]),
    table(
        "addresses",
        &[
            ("channel", LeftOut(ROW)),
            ("digest", LeftOut(HASH)),
            ("kind", Plain),
            ("identity", LeftOut(ROW)),
            ("address", sealed("digest")),
        ],
    ),
    table(
        "chats",
        &[
            ("id", LeftOut(ROW)),
            ("channel", LeftOut(ROW)),
            ("identity", LeftOut(ROW)),
            ("digest", LeftOut(HASH)),
            ("address", sealed("id")),
            ("active_at", Time),
            ("opened", Plain),
            ("lost", Plain),
            ("written_at", Time),
            ("kept_for", Plain),
            ("settled", Plain),
            ("timer", Plain),
        ],
    ),
    table(
        "portals",
        &[
            ("id", LeftOut(ROW)),
            ("channel", LeftOut(ROW)),
            ("chat", LeftOut(ROW)),
            ("digest", LeftOut(HASH)),
            ("group_id", sealed("id")),
            ("state", Plain),
            ("created_at", Time),
            ("tie", LeftOut(HASH)),
            ("timer", Plain),
            ("timer_tried", Plain),
            ("timer_left", Plain),
            ("title", LeftOut(HASH)),
            ("title_tried", LeftOut(HASH)),
            ("title_rank", Plain),
            ("title_left", Plain),
            ("titled_at", Time),
            ("picture", LeftOut(HASH)),
            ("picture_left", Plain),
            ("pictured_at", Time),
        ],
    ),
    table(
        "creation_intents",
        &[
            ("id", LeftOut(ROW)),
            ("channel", LeftOut(ROW)),
            ("chat", LeftOut(ROW)),
            ("known", sealed("id")),
            ("opened_at", Time),
            ("title", LeftOut(HASH)),
            ("title_rank", Plain),
        ],
    ),
    table(
        "messages",
        &[
            ("id", LeftOut(ROW)),
            ("channel", LeftOut(ROW)),
            ("chat", LeftOut(ROW)),
            ("portal", LeftOut(ROW)),
            ("at", Time),
            ("kept_until", Time),
            ("edited_at", Time),
            ("deleted", Plain),
        ],
    ),
    table("ticks", &[("message", LeftOut(ROW)), ("direction", Plain), ("tries", Plain)]),
    table("readers", &[("message", LeftOut(ROW)), ("digest", LeftOut(HASH))]),
    table("reactions", &[("message", LeftOut(ROW)), ("digest", LeftOut(HASH)), ("at", Time), ("shown", Plain)]),
    table(
        "message_parts",
        &[
            ("id", LeftOut(ROW)),
            ("message", LeftOut(ROW)),
            ("side", Plain),
            ("version", Plain),
            ("digest", LeftOut(HASH)),
            ("value", sealed("id")),
        ],
    ),
    table(
        "deliveries",
        &[
            ("seq", Plain),
            ("id", LeftOut(ROW)),
            ("channel", LeftOut(ROW)),
            ("chat", LeftOut(ROW)),
            ("direction", Plain),
            ("state", Plain),
            ("event", sealed("id")),
            ("source", LeftOut(HASH)),
            ("chosen", sealed("id")),
            ("attempts", Plain),
            ("repeated", Plain),
            ("approved", Plain),
            ("not_before", Time),
            ("notice_group", Plain),
            ("created_at", Time),
            ("edited", Plain),
            ("retried", Plain),
        ],
    ),
    table(
        "media",
        &[
            ("id", LeftOut(ROW)),
            ("channel", LeftOut(ROW)),
            ("delivery", LeftOut(ROW)),
            ("position", Plain),
            ("state", Plain),
            ("file", LeftOut(FILE)),
            ("why", Plain),
            ("size", Plain),
            ("attempts", Plain),
            ("not_before", Time),
            ("created_at", Time),
        ],
    ),
    table("jobs", &[("name", Plain), ("last_run_at", Time)]),
    table("signs", &[("channel", LeftOut(ROW)), ("name", Plain), ("at", Time), ("count", Plain), ("days", Plain)]),
    table("alarms", &[("about", Plain), ("raised_at", Time), ("open", Plain)]),
    table(
        "edits",
        &[
            ("channel", LeftOut(ROW)),
            ("digest", LeftOut(HASH)),
            ("source", LeftOut(HASH)),
            ("at", Time),
            ("chat", LeftOut(ROW)),
        ],
    ),
    table(
        "notices",
        &[
            ("channel", LeftOut(ROW)),
            ("digest", LeftOut(HASH)),
            ("source", LeftOut(HASH)),
            ("kept_until", Time),
            ("chat", LeftOut(ROW)),
            ("at", Time),
        ],
    ),
    table("merges", &[("lid_chat", LeftOut(ROW)), ("number_chat", LeftOut(ROW)), ("channel", LeftOut(ROW))]),
    table(
        "floods",
        &[("channel", LeftOut(ROW)), ("digest", LeftOut(HASH)), ("count", Plain), ("at", Time), ("chat", LeftOut(ROW))],
    ),
    table("periods", &[("channel", LeftOut(ROW)), ("digest", LeftOut(HASH)), ("kept_for", Plain)]),
    table("deleted", &[("kind", Plain), ("count", Plain)]),
    table(
        "forgets",
        &[
            ("chat", LeftOut(ROW)),
            ("channel", LeftOut(ROW)),
            ("asked_at", Time),
            ("confirmed", Plain),
            ("unsent", Plain),
            ("maybe", Plain),
            ("unshown", Plain),
            ("idle", Plain),
        ],
    ),
];
