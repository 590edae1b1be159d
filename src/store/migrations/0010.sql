-- When WhatsApp's people last edited it, by their clock: webhooks come in any order, and an earlier edit says nothing any more.
ALTER TABLE messages ADD COLUMN edited_at INTEGER;

-- It was deleted for everybody: what is done to it after that means nothing.
ALTER TABLE messages ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;

-- Who reacts to a message, without the reaction: the digest covers message and person. Signal shows one reaction of the
-- bridge account; `shown` says whose it is, so that nobody else takes it back.
CREATE TABLE reactions (
    message     BLOB NOT NULL REFERENCES messages ON DELETE CASCADE,
    digest      BLOB NOT NULL,
    at          INTEGER NOT NULL,
    shown       INTEGER NOT NULL,
    PRIMARY KEY (message, digest)
) STRICT, WITHOUT ROWID;
