-- oldest program: 0.1.0
-- Facts that contradict each other: one row each, however often they are seen. `state` 1 open, 2 closed; `fingerprint` is a hash
-- of the evidence, by which a conflict that a person has closed is known to be another matter now.
CREATE TABLE conflict (
    customer         text COLLATE "C" NOT NULL,
    id               text COLLATE "C" NOT NULL,
    kind             integer NOT NULL,
    owner            text COLLATE "C" NOT NULL,
    state            integer NOT NULL,
    revision         bigint NOT NULL,
    first_seen_time  timestamptz NOT NULL,
    last_seen_time   timestamptz NOT NULL,
    fingerprint      text COLLATE "C" NOT NULL,
    PRIMARY KEY (customer, id)
);
CREATE INDEX conflict_newest ON conflict (first_seen_time, customer, id);
CREATE INDEX conflict_open ON conflict (customer, kind, owner) WHERE state = 1;

-- Every revision, append-only: how a conflict was opened, closed and opened again. `content` is a dossier.v1.Conflict without
-- its note, which is free text.
CREATE TABLE conflict_revision (
    customer         text COLLATE "C" NOT NULL,
    id               text COLLATE "C" NOT NULL,
    revision         bigint NOT NULL,
    sequence         bigint NOT NULL,
    system           text COLLATE "C" NOT NULL,
    agent            text COLLATE "C" NOT NULL,
    change_time      timestamptz NOT NULL,
    content          bytea NOT NULL,
    note             text,
    PRIMARY KEY (customer, id, revision)
);

-- Which instance sweeps, until when, after which customer it goes on, and when the last sweep was complete. One row.
CREATE TABLE sweep_lease (
    one              integer PRIMARY KEY CHECK (one = 1),
    owner            text COLLATE "C" NOT NULL,
    until_time       timestamptz NOT NULL,
    position         text COLLATE "C" NOT NULL,
    complete_time    timestamptz
);
INSERT INTO sweep_lease (one, owner, until_time, position) VALUES (1, '', 'epoch', '');
