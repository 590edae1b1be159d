//! The data map: every place in the whole stack where something lies. `docs/data-map.md` is made from this list, and
//! `GET /data` shows it with how much is there and how old it is.

/// One place.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Where.
    pub place: &'static str,
    /// What lies there.
    pub what: &'static str,
    /// Sealed, hashed or clear.
    pub how: &'static str,
    /// How long.
    pub kept: &'static str,
    /// Who deletes it.
    pub by: &'static str,
    /// How it can be looked at.
    pub look: Look,
}

/// How a place can be looked at from here.
#[derive(Debug, Clone, Copy)]
pub enum Look {
    /// Tables of the database, each with the column that says when a row was made.
    Tables(&'static [(&'static str, Option<&'static str>)]),
    /// The database's write-ahead log.
    Log,
    /// The folder of backups.
    Backups,
    /// Databases that a restore has put aside.
    PutAside,
    /// The folder of sealed files.
    SealedFiles,
    /// Not at all: another program or another machine has it.
    OutOfReach,
}

const PERIOD: &str = "the retention period of the chat, 30 days";
const RETENTION: &str = "retention, each day; `forget`";
const LEAVE: &str = "`leave`";
const FOREVER: &str = "as long as the database";
const ROW_WITH_CHAT: &str = "as long as the chat has a group, else its retention period after its last message";
const SEALED: &str = "sealed";

const fn tables(
    place: &'static str,
    what: &'static str,
    [how, kept, by]: [&'static str; 3],
    tables: &'static [(&'static str, Option<&'static str>)],
) -> Place {
    Place { place, what, how, kept, by, look: Look::Tables(tables) }
}

const fn outside(place: &'static str, what: &'static str, [how, kept, by]: [&'static str; 3]) -> Place {
    Place { place, what, how, kept, by, look: Look::OutOfReach }
}

/// All of them. A test holds it against the schema and the page.
pub const PLACES: [Place; 28] = [
    tables(
        "`data/rialto`: queue",
        "texts, names and numbers on their way; what was given up, for a retry; webhooks that could not be understood",
        [
            SEALED,
            "until delivered, at most the retention period of the chat",
            "the delivery; retention, with a line; `forget`",
        ],
        &[("deliveries", Some("created_at"))],
    ),
    tables(
        "`data/rialto`: files on their way",
        "the key, name and type of each; how large it is and where it stands",
        ["sealed; size and times clear", "as its message in the queue", "its delivery; retention; `forget`"],
        &[("media", Some("created_at"))],
    ),
    Place {
        place: "`data/rialto/media`",
        what: "pictures, voice messages and other files on their way, each under a random name",
        how: "sealed, each with a key of its own in the queue",
        kept: "until delivered; of a message that is kept for a retry as long as it, at most the retention period",
        by: "its delivery; a sweep each minute, for what nobody names any more",
        look: Look::SealedFiles,
    },
    tables(
        "`data/rialto`: messages",
        "ids of a message on both sides and of what it answers; when it went, was edited; who reacts to it, not how; whether it was read, and by whom in a group where all are waited for",
        ["sealed, and keyed hashes; times clear", PERIOD, RETENTION],
        &[
            ("messages", Some("at")),
            ("message_parts", None),
            ("reactions", Some("at")),
            ("ticks", None),
            ("readers", None),
        ],
    ),
    tables(
        "`data/rialto`: lines and edits",
        "ids of the bridge's lines and of edits in Signal",
        ["keyed hashes; times clear", PERIOD, RETENTION],
        &[("notices", Some("at")), ("edits", Some("at"))],
    ),
    tables(
        "`data/rialto`: keys of events",
        "what was accepted, so that nothing comes twice",
        ["keyed hashes; times clear", "the longest retention period, 7 days or more", "retention; not `forget`"],
        &[("seen", Some("at"))],
    ),
    tables(
        "`data/rialto`: chats and people",
        "addresses and numbers; when something last came",
        ["sealed, and keyed hashes; times clear", ROW_WITH_CHAT, RETENTION],
        &[("chats", Some("active_at")), ("identities", None), ("addresses", None)],
    ),
    tables(
        "`data/rialto`: portals",
        "ids of Signal groups, and how they are called, as a keyed hash",
        [
            "sealed, and keyed hashes; times clear",
            "as long as the chat, or `retention.idle_portals`: without them a group would lead nowhere",
            "`forget`",
        ],
        &[("portals", Some("created_at")), ("creation_intents", Some("opened_at"))],
    ),
    tables(
        "`data/rialto`: floods",
        "how many messages somebody wrote in a minute of a chat",
        ["keyed hashes; counts and times clear", "until the next clean-up after an hour", RETENTION],
        &[("floods", Some("at"))],
    ),
    tables(
        "`data/rialto`: chats on their way",
        "which two chats become one, and which are being forgotten",
        ["row numbers and counts, clear", "until that is done", "the bridge"],
        &[("merges", None), ("forgets", Some("asked_at"))],
    ),
    tables(
        "`data/rialto`: channels",
        "names of channels; the owner's Signal account id; since when a side is away; chats with a period of their own",
        [
            "the owner sealed, and a keyed hash; such chats keyed hashes; the rest clear",
            "as long as the database; such a chat as long as the configuration names it",
            "`leave`; a start without its name",
        ],
        &[("channels", Some("first_started_at")), ("outages", Some("since")), ("periods", None)],
    ),
    tables(
        "`data/rialto`: signs of life",
        "when each side last did something, how often, on which of the last 30 days; alarms; runs of jobs",
        ["clear", "the last of each; a month of days", "the bridge, as it goes on"],
        &[("signs", Some("at")), ("alarms", Some("raised_at")), ("jobs", Some("last_run_at")), ("deleted", None)],
    ),
    tables(
        "`data/rialto`: keys",
        "the keys of this database",
        ["wrapped by your secret", FOREVER, LEAVE],
        &[("key_ring", None), ("keys", None)],
    ),
    Place {
        place: "`data/rialto`, `*-wal`",
        what: "the last changes of the database, what was deleted since the last clean-up among them",
        how: SEALED,
        kept: "until the next clean-up, or the end of a `forget`",
        by: "retention; `forget`; a soft stop",
        look: Look::Log,
    },
    Place {
        place: "`data/rialto`, `*.before-restore-*`",
        what: "the database that a restore replaced",
        how: SEALED,
        kept: "the shortest retention period there is, 30 days",
        by: "retention",
        look: Look::PutAside,
    },
    Place {
        place: "the folder of backups, if one is configured",
        what: "what the database held when each was made",
        how: SEALED,
        kept: "seven of them, none longer than the general retention period; what is past its own goes from them too",
        by: "retention; not `forget`",
        look: Look::Backups,
    },
    outside(
        "copies made with `rialto backup`, a replica by Litestream",
        "the same; a replica has every change, deleted rows among them",
        [SEALED, "until you delete them", "you: Rialto does not know where they are"],
    ),
    outside(
        "files made with `rialto export`",
        "all that was kept then",
        ["**clear**, 0600", "until you delete them", "you"],
    ),
    outside(
        "`data/waha`",
        "WAHA's login to your WhatsApp, and with GOWS, or NOWEB with its store, every message and contact",
        [
            "**clear**, file rights only: encrypt the disk",
            "WAHA's rules",
            "WAHA; Rialto cannot, and needs it for quotes and gaps",
        ],
    ),
    outside(
        "WAHA's memory",
        "webhooks that were not answered; files of messages",
        ["clear", "up to 22 hours; files three minutes", "WAHA; its restart"],
    ),
    outside(
        "`data/signal-cli`: account",
        "the bridge account's keys; contacts and groups",
        [
            "**clear**, file rights only: encrypt the disk",
            "as long as the account; a group until it is left",
            "signal-cli",
        ],
    ),
    outside(
        "`data/signal-cli`: send log",
        "texts sent in the last day, for phones that ask again",
        [
            "**clear**",
            "a day, and then in free pages of its file ([below](#what-is-readable-in-signal-clis-folder))",
            "signal-cli",
        ],
    ),
    outside(
        "`data/signal-cli`: attachments",
        "files that you send, or that strangers send to the bridge's account; previews",
        [
            "**clear**, file rights only: encrypt the disk",
            "two to three minutes",
            "Rialto, once it has a sealed copy or nobody is waiting for one",
        ],
    ),
    outside(
        "`/run/signal/hand-over`",
        "files that are being sent to you",
        ["**clear**, in memory, 0600", "until signal-cli has answered", "Rialto; its next start"],
    ),
    outside("your phones", "every message, as in any chat", ["their encryption", "their rules", "you"]),
    outside(
        "the servers of Signal and WhatsApp",
        "what they always see of their own half",
        ["their encryption", "their rules", "they"],
    ),
    outside(
        "Docker's log files",
        "what happened, without whom and what",
        ["clear", "3 files of 5 MB for each container", "Docker"],
    ),
    outside(
        "memory and swap",
        "what is on its way; the keys",
        ["clear; the compose file allows Rialto and signal-cli no swap", "while the programs run", "the kernel"],
    ),
];
