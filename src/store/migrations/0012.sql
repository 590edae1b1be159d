-- A message that was read on one side, of which the other side is told. The row stays as long as its message, so that
-- nothing is told twice.
CREATE TABLE ticks (
    message     BLOB NOT NULL REFERENCES messages ON DELETE CASCADE,
    -- The side that is told.
    direction   TEXT NOT NULL CHECK (direction IN ('to_signal', 'to_whatsapp')),
    -- How often it is still tried; none once it is told, or given up.
    tries       INTEGER NOT NULL,
    PRIMARY KEY (message, direction)
) STRICT, WITHOUT ROWID;
CREATE INDEX ticks_due ON ticks (direction, message) WHERE tries > 0;
