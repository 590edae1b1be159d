-- Signs of life of a channel: when something happened last, how often, and on which days. Times and counts only, for
-- health, and to tell a peer that is silent from one that is merely quiet.
CREATE TABLE signs (
    channel     INTEGER NOT NULL REFERENCES channels,
    name        TEXT NOT NULL CHECK (name IN
                    ('from_whatsapp', 'to_whatsapp', 'from_signal', 'to_signal', 'proof', 'unproven', 'doubt', 'restart')),
    at          INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    -- One bit for each day, the day of `at` the lowest.
    days        INTEGER NOT NULL,
    PRIMARY KEY (channel, name)
) STRICT, WITHOUT ROWID;

-- What was said by the second path of alarm, so that it is said once, also over a restart.
CREATE TABLE alarms (
    about       TEXT PRIMARY KEY CHECK (about IN ('whatsapp', 'signal', 'receipts')),
    raised_at   INTEGER NOT NULL,
    -- Whether its end is still to be said.
    open        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
