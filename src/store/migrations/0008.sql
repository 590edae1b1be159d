-- A file of a delivery: to be fetched, or sealed in the folder of files under this row's id. It goes with its delivery.
CREATE TABLE media (
    id          BLOB PRIMARY KEY,
    channel     INTEGER NOT NULL REFERENCES channels,
    delivery    BLOB NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('wanted', 'here', 'failed', 'sent')),
    -- Sealed: the key of the file, its name and its type.
    file        BLOB,
    -- Why there is none.
    why         TEXT,
    size        INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    not_before  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX media_delivery ON media (delivery, position);
CREATE INDEX media_wanted ON media (channel, not_before) WHERE state = 'wanted';
