-- Which signs and alarms there are is the program's matter: a list of names here would have to be made anew for each.
CREATE TABLE new_signs (
    channel     INTEGER NOT NULL REFERENCES channels,
    name        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    -- One bit for each day, the day of `at` the lowest.
    days        INTEGER NOT NULL,
    PRIMARY KEY (channel, name)
) STRICT, WITHOUT ROWID;
INSERT INTO new_signs SELECT channel, name, at, count, days FROM signs;
DROP TABLE signs;
ALTER TABLE new_signs RENAME TO signs;

CREATE TABLE new_alarms (
    about       TEXT PRIMARY KEY,
    raised_at   INTEGER NOT NULL,
    -- Whether its end is still to be said.
    open        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO new_alarms SELECT about, raised_at, open FROM alarms;
DROP TABLE alarms;
ALTER TABLE new_alarms RENAME TO alarms;
