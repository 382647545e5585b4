-- oldest program: 0.1.0
-- Facts that contradict each other: one row each, however often they are seen. `state` 1 open, 2 closed; `fingerprint` is a hash
-- of the evidence, by which a conflict that a person has closed is known to be another matter now.
CREATE TABLE conflict (
    customer        TEXT    NOT NULL,
    id              TEXT    NOT NULL,
    kind            INTEGER NOT NULL,
    owner           TEXT    NOT NULL,
    state           INTEGER NOT NULL,
    revision        INTEGER NOT NULL,
    first_seen_time INTEGER NOT NULL,
    last_seen_time  INTEGER NOT NULL,
    fingerprint     TEXT    NOT NULL,
    PRIMARY KEY (customer, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conflict_newest ON conflict (first_seen_time, customer, id);
CREATE INDEX conflict_open ON conflict (customer, kind, owner) WHERE state = 1;

-- Every revision, append-only: how a conflict was opened, closed and opened again. `content` is a dossier.v1.Conflict without
-- its note, which is free text.
CREATE TABLE conflict_revision (
    customer    TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    system      TEXT    NOT NULL,
    agent       TEXT    NOT NULL,
    change_time INTEGER NOT NULL,
    content     BLOB    NOT NULL,
    note        TEXT,
    PRIMARY KEY (customer, id, revision)
) STRICT, WITHOUT ROWID;

-- Which instance sweeps, until when, after which customer it goes on, and when the last sweep was complete. One row.
CREATE TABLE sweep_lease (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    owner         TEXT    NOT NULL,
    until_time    INTEGER NOT NULL,
    position      TEXT    NOT NULL,
    complete_time INTEGER
) STRICT;
INSERT INTO sweep_lease (one, owner, until_time, position) VALUES (1, '', 0, '');
