-- oldest program: 0.1.0
-- Every change of a link, append-only, with the sequence under which the feed tells of it. A link that a source no longer
-- tells of leaves key_link (state 3 here); its revisions stay, so that a number is never given twice.
CREATE TABLE key_link_revision (
    customer    TEXT    NOT NULL,
    key_type    INTEGER NOT NULL,
    key_value   TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    shared      INTEGER NOT NULL,
    origin      TEXT    NOT NULL,
    agent       TEXT    NOT NULL,
    change_time INTEGER NOT NULL,
    PRIMARY KEY (customer, key_type, key_value, revision)
) STRICT, WITHOUT ROWID;

-- Sources that people have paused. Every instance reads this once a second.
CREATE TABLE source_pause (
    source     TEXT    PRIMARY KEY,
    paused     INTEGER NOT NULL,
    until_time INTEGER,
    system     TEXT    NOT NULL,
    agent      TEXT    NOT NULL,
    pause_time INTEGER NOT NULL,
    revision   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
