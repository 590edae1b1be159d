-- How long what is kept, in milliseconds: of a channel, and of a chat that has a period of its own. `settled` says whether
-- the times at which rows go were written by it.
ALTER TABLE channels ADD COLUMN kept_for INTEGER NOT NULL DEFAULT 2592000000;
ALTER TABLE channels ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN kept_for INTEGER;
ALTER TABLE chats ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
CREATE INDEX chats_unsettled ON chats (id) WHERE settled = 0;

-- The chats that the configuration gives a period of their own, by the keyed hash of an address.
CREATE TABLE periods (
    channel     INTEGER NOT NULL REFERENCES channels,
    digest      BLOB NOT NULL,
    kept_for    INTEGER NOT NULL,
    PRIMARY KEY (channel, digest)
) STRICT, WITHOUT ROWID;

-- When it was said; not known of lines from before this column.
ALTER TABLE notices ADD COLUMN at INTEGER;

-- Which chat the message is of, so that the edit is kept as long, and goes with it.
ALTER TABLE edits ADD COLUMN chat BLOB REFERENCES chats ON DELETE CASCADE;
CREATE INDEX edits_chat ON edits (chat) WHERE chat IS NOT NULL;

-- The timer of disappearing messages in seconds: what the bridge set last, what it was about to set, and what it has not
-- set because the owner had set another.
ALTER TABLE portals ADD COLUMN timer INTEGER;
ALTER TABLE portals ADD COLUMN timer_tried INTEGER;
ALTER TABLE portals ADD COLUMN timer_left INTEGER;
