-- A chat that the owner wants forgotten: asked about, or confirmed and on its way out. From then on nothing begins in it.
-- The counts are of what went with it and was nowhere else.
CREATE TABLE forgets (
    chat        BLOB PRIMARY KEY REFERENCES chats ON DELETE CASCADE,
    channel     INTEGER NOT NULL REFERENCES channels,
    asked_at    INTEGER NOT NULL,
    confirmed   INTEGER NOT NULL DEFAULT 0,
    unsent      INTEGER NOT NULL DEFAULT 0,
    maybe       INTEGER NOT NULL DEFAULT 0,
    unshown     INTEGER NOT NULL DEFAULT 0,
    -- Nobody asked for it: it was idle for longer than the configuration lets a chat be.
    idle        INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- When the owner wrote to it last.
ALTER TABLE chats ADD COLUMN written_at INTEGER;

-- Which chat these are about, so that they go with it.
ALTER TABLE notices ADD COLUMN chat BLOB REFERENCES chats ON DELETE CASCADE;
CREATE INDEX notices_chat ON notices (chat) WHERE chat IS NOT NULL;
CREATE INDEX notices_source ON notices (source) WHERE source IS NOT NULL;
ALTER TABLE floods ADD COLUMN chat BLOB REFERENCES chats ON DELETE CASCADE;
CREATE INDEX floods_chat ON floods (chat) WHERE chat IS NOT NULL;
CREATE INDEX edits_source ON edits (source);

-- How much the last run of retention has deleted.
CREATE TABLE deleted (
    kind        TEXT PRIMARY KEY,
    count       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
