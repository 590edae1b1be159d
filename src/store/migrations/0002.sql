-- Signs of life of a channel: when something happened last, how often, and on which days. Times and counts only, for
-- health, and to tell a peer that is silent from one that is merely quiet.
CREATE TABLE signs (
    channel     INTEGER NOT NULL REFERENCES channels,
    name        TEXT NOT NULL CHECK (name IN
                    ('from_whatsapp', 'to_whatsapp', 'from_signal', 'to_signal', 'proof', 'unproven', 'restart')),
    at          INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    -- One bit for each day, the day of `at` the lowest.
    days        INTEGER NOT NULL,
    PRIMARY KEY (channel, name)
) STRICT, WITHOUT ROWID;
