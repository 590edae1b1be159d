-- How often what the owner typed was edited here while it waited, so that no call is begun with an earlier form.
ALTER TABLE deliveries ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;

-- An edit in Signal is another name of the message it changes: `source` is the digest of the first one.
CREATE TABLE edits (
    channel     INTEGER NOT NULL REFERENCES channels,
    digest      BLOB NOT NULL,
    source      BLOB NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (channel, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX edits_at ON edits (at);

-- What stands in `chosen` is of the time before the owner asked for it again.
ALTER TABLE deliveries ADD COLUMN retried INTEGER NOT NULL DEFAULT 0;

-- The bridge's own lines that the owner has, by their Signal ids: an answer to one is no message to anybody. `source`
-- leads to what the line is about, as in deliveries.
CREATE TABLE notices (
    channel     INTEGER NOT NULL REFERENCES channels,
    digest      BLOB NOT NULL,
    source      BLOB,
    kept_until  INTEGER NOT NULL,
    PRIMARY KEY (channel, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_kept_until ON notices (kept_until);

-- Its one address belongs to somebody else now: nothing is sent from it.
ALTER TABLE chats ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;

-- Two chats that are one person, known by a LID in one and by a number in the other: they become one as soon as nothing
-- is in flight in either.
CREATE TABLE merges (
    lid_chat     BLOB PRIMARY KEY REFERENCES chats ON DELETE CASCADE,
    number_chat  BLOB NOT NULL UNIQUE REFERENCES chats ON DELETE CASCADE,
    channel      INTEGER NOT NULL REFERENCES channels
) STRICT, WITHOUT ROWID;

-- How many messages one sender wrote into one chat in one minute of WhatsApp's time; the digest covers all three.
CREATE TABLE floods (
    channel     INTEGER NOT NULL REFERENCES channels,
    digest      BLOB NOT NULL,
    count       INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (channel, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX floods_at ON floods (at);
