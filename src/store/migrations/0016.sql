-- Who has read what the owner wrote in a group, by the keyed hash of their address, until all have. Only where all are waited for.
CREATE TABLE readers (
    message     BLOB NOT NULL REFERENCES messages ON DELETE CASCADE,
    digest      BLOB NOT NULL,
    PRIMARY KEY (message, digest)
) STRICT, WITHOUT ROWID;
