-- oldest program: 0.1.0
-- The registry on SQLite. Moments are whole microseconds since 1970-01-01T00:00:00Z. Ids, keys and subject ids compare
-- byte for byte (BINARY is SQLite's default). Free text stands in `free_text` alone, so that it can be blanked.

CREATE TABLE registry (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    epoch         TEXT    NOT NULL,
    signing_key   BLOB    NOT NULL,
    create_time   INTEGER NOT NULL
) STRICT;

-- The sequence of the last change. Its row is bumped by the last statements of a transaction, so that commit order is
-- sequence order and no number is ever missing.
CREATE TABLE change_counter (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO change_counter (one, value) VALUES (1, 0);

-- One row for each customer that the registry knows; its lock orders everything about the customer.
CREATE TABLE customer (
    customer    TEXT    PRIMARY KEY,
    create_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a calling system asked to be done once. The answer is rebuilt from name and revision.
CREATE TABLE request (
    system      TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    method      TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    name        TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    create_time INTEGER NOT NULL,
    PRIMARY KEY (system, request_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE agreement (
    customer         TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    state            INTEGER NOT NULL,
    revision         INTEGER NOT NULL,
    binding_revision INTEGER NOT NULL,
    expire_time      INTEGER,
    update_time      INTEGER NOT NULL,
    PRIMARY KEY (customer, id)
) STRICT, WITHOUT ROWID;

-- Every revision, whole and append-only. `content` is a dossier.v1.Agreement without free text.
CREATE TABLE agreement_revision (
    customer    TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    system      TEXT    NOT NULL,
    agent       TEXT    NOT NULL,
    change_time INTEGER NOT NULL,
    content     BLOB    NOT NULL,
    free_text   TEXT,
    PRIMARY KEY (customer, id, revision)
) STRICT, WITHOUT ROWID;

-- Who must take a binding revision over, by when, and what each has said.
CREATE TABLE acknowledgement (
    customer         TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    binding_revision INTEGER NOT NULL,
    system           TEXT    NOT NULL,
    due_time         INTEGER NOT NULL,
    outcome          INTEGER NOT NULL,
    outcome_time     INTEGER,
    evidence_id      TEXT,
    reason           TEXT,
    PRIMARY KEY (customer, id, binding_revision, system)
) STRICT, WITHOUT ROWID;

-- Keys under which customers are known. An unlinked row stays, so that no source brings the key back.
CREATE TABLE key_link (
    customer  TEXT    NOT NULL,
    key_type  INTEGER NOT NULL,
    key_value TEXT    NOT NULL,
    handle    TEXT,
    state     INTEGER NOT NULL,
    shared    INTEGER NOT NULL,
    origin    TEXT    NOT NULL,
    agent     TEXT    NOT NULL,
    link_time INTEGER NOT NULL,
    revision  INTEGER NOT NULL,
    PRIMARY KEY (customer, key_type, key_value)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_link_by_key ON key_link (key_type, key_value, state, customer, shared);

CREATE TABLE change (
    sequence         INTEGER PRIMARY KEY,
    kind             INTEGER NOT NULL,
    customer         TEXT    NOT NULL,
    resource         TEXT    NOT NULL,
    revision         INTEGER NOT NULL,
    binding_revision INTEGER NOT NULL,
    system           TEXT    NOT NULL,
    effect_kinds     TEXT    NOT NULL,
    obliged_systems  TEXT    NOT NULL,
    change_time      INTEGER NOT NULL
) STRICT;

-- Verdicts other than ALLOW: what was judged, for whom and why, by ids only.
CREATE TABLE decision (
    id            TEXT    PRIMARY KEY,
    customer      TEXT    NOT NULL,
    system        TEXT    NOT NULL,
    agent         TEXT    NOT NULL,
    purpose       TEXT    NOT NULL,
    action        INTEGER NOT NULL,
    verdict       INTEGER NOT NULL,
    subjects      TEXT    NOT NULL,
    agreements    TEXT    NOT NULL,
    sequence      INTEGER NOT NULL,
    decide_time   INTEGER NOT NULL,
    trace_id      TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_by_customer ON decision (customer, decide_time);
