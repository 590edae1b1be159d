-- Sealed columns hold what `vault::Cipher` makes; digest columns hold what `vault::Index` makes. Everything else is
-- plain: states, counts and times. Times are milliseconds since 1970, UTC.

CREATE TABLE key_ring (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    kdf         TEXT NOT NULL CHECK (kdf IN ('pbkdf2', 'key_file', 'none')),
    salt        BLOB,
    iterations  INTEGER
) STRICT;

CREATE TABLE keys (
    id          INTEGER PRIMARY KEY,
    purpose     TEXT NOT NULL CHECK (purpose IN ('index', 'data')),
    wrapped     BLOB NOT NULL,
    seals       INTEGER NOT NULL
) STRICT;

CREATE TABLE channels (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    name              TEXT NOT NULL UNIQUE,
    first_started_at  INTEGER NOT NULL,
    -- What the configuration named when the owner was resolved; another value resolves anew.
    owner_digest      BLOB,
    -- Sealed: the ACI that was found then.
    owner             BLOB,
    history_skipped   INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A side that does not work now, and since when; survives a restart so that the owner is told once.
CREATE TABLE outages (
    channel     INTEGER NOT NULL REFERENCES channels,
    side        TEXT NOT NULL CHECK (side IN ('whatsapp', 'signal', 'owner')),
    since       INTEGER NOT NULL,
    PRIMARY KEY (channel, side)
) STRICT, WITHOUT ROWID;

-- What was accepted before. The digest covers scope, item and kind. It has its own clock, see `retention`.
CREATE TABLE seen (
    channel     INTEGER NOT NULL REFERENCES channels,
    digest      BLOB NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (channel, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_at ON seen (at);

-- One WhatsApp person. The LID is the person; a number is an attribute that can move.
CREATE TABLE identities (
    id          BLOB PRIMARY KEY,
    channel     INTEGER NOT NULL REFERENCES channels
) STRICT, WITHOUT ROWID;

CREATE TABLE addresses (
    channel     INTEGER NOT NULL REFERENCES channels,
    digest      BLOB NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('lid', 'number')),
    identity    BLOB NOT NULL REFERENCES identities,
    address     BLOB NOT NULL,
    PRIMARY KEY (channel, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX addresses_identity ON addresses (identity);

CREATE TABLE chats (
    id          BLOB PRIMARY KEY,
    channel     INTEGER NOT NULL REFERENCES channels,
    -- A direct chat has an identity, a group the digest of its address.
    identity    BLOB REFERENCES identities,
    digest      BLOB,
    -- Sealed: where to send, as it was last seen coming in.
    address     BLOB NOT NULL,
    active_at   INTEGER NOT NULL,
    -- The owner has written to it: from then on it is no stranger.
    opened      INTEGER NOT NULL DEFAULT 0,
    CHECK ((identity IS NULL) <> (digest IS NULL)),
    UNIQUE (channel, identity),
    UNIQUE (channel, digest)
) STRICT, WITHOUT ROWID;

-- A Signal group that mirrors a chat. Rows outlive retention: a group that exists must keep its route.
CREATE TABLE portals (
    id          BLOB PRIMARY KEY,
    channel     INTEGER NOT NULL REFERENCES channels,
    chat        BLOB NOT NULL REFERENCES chats,
    digest      BLOB NOT NULL,
    group_id    BLOB NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('new', 'current', 'stopped', 'old')),
    created_at  INTEGER NOT NULL,
    UNIQUE (channel, digest)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX portals_one_per_chat ON portals (chat) WHERE state <> 'old';

-- A group is about to be made. Sealed: the ids of the groups that existed before.
CREATE TABLE creation_intents (
    id          BLOB PRIMARY KEY,
    channel     INTEGER NOT NULL REFERENCES channels,
    chat        BLOB NOT NULL UNIQUE REFERENCES chats,
    known       BLOB NOT NULL,
    opened_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A message that is on both sides, by ids only.
CREATE TABLE messages (
    id          BLOB PRIMARY KEY,
    channel     INTEGER NOT NULL REFERENCES channels,
    chat        BLOB NOT NULL REFERENCES chats,
    -- The conversation it lies in: a portal, or the control chat.
    portal      BLOB REFERENCES portals,
    at          INTEGER NOT NULL,
    kept_until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_kept_until ON messages (kept_until);
CREATE INDEX messages_chat ON messages (chat);

-- The ids a message has on each side: none, one or several.
CREATE TABLE message_parts (
    id          BLOB PRIMARY KEY,
    message     BLOB NOT NULL REFERENCES messages ON DELETE CASCADE,
    side        TEXT NOT NULL CHECK (side IN ('whatsapp', 'signal')),
    version     INTEGER NOT NULL,
    digest      BLOB NOT NULL,
    value       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX message_parts_digest ON message_parts (digest);
CREATE INDEX message_parts_message ON message_parts (message, side, version);

CREATE TABLE deliveries (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    id            BLOB NOT NULL UNIQUE,
    channel       INTEGER NOT NULL REFERENCES channels,
    -- No chat: the control chat.
    chat          BLOB REFERENCES chats,
    direction     TEXT NOT NULL CHECK (direction IN ('to_signal', 'to_whatsapp')),
    state         TEXT NOT NULL CHECK (state IN ('pending', 'held', 'in_flight', 'unknown', 'dead')),
    event         BLOB NOT NULL,
    -- The message it is about, as in message_parts.
    source        BLOB,
    -- Sealed: the WhatsApp id chosen before the call.
    chosen        BLOB,
    attempts      INTEGER NOT NULL DEFAULT 0,
    -- An earlier attempt may have arrived.
    repeated      INTEGER NOT NULL DEFAULT 0,
    -- The owner was asked whether it may still go, and said yes.
    approved      INTEGER NOT NULL DEFAULT 0,
    not_before    INTEGER NOT NULL,
    notice_group  TEXT,
    created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_lane ON deliveries (channel, direction, chat, state, seq);
CREATE INDEX deliveries_state ON deliveries (state, not_before);
CREATE INDEX deliveries_source ON deliveries (source) WHERE source IS NOT NULL;
CREATE INDEX deliveries_group ON deliveries (channel, notice_group) WHERE notice_group IS NOT NULL;

CREATE TABLE jobs (
    name         TEXT PRIMARY KEY,
    last_run_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
