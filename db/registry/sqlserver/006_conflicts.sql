-- oldest program: 0.1.0
-- Facts that contradict each other: one row each, however often they are seen. `state` 1 open, 2 closed; `fingerprint` is a hash
-- of the evidence, by which a conflict that a person has closed is known to be another matter now.
CREATE TABLE conflict (
    customer        varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id              varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    kind            int NOT NULL,
    owner           varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    state           int NOT NULL,
    revision        bigint NOT NULL,
    first_seen_time datetimeoffset(6) NOT NULL,
    last_seen_time  datetimeoffset(6) NOT NULL,
    fingerprint     varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    CONSTRAINT conflict_key PRIMARY KEY CLUSTERED (customer, id)
);
CREATE INDEX conflict_newest ON conflict (first_seen_time, customer, id);
CREATE INDEX conflict_open ON conflict (customer, kind, owner) WHERE state = 1;

-- Every revision, append-only: how a conflict was opened, closed and opened again. `content` is a dossier.v1.Conflict without
-- its note, which is free text.
CREATE TABLE conflict_revision (
    customer    varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id          varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    revision    bigint NOT NULL,
    sequence    bigint NOT NULL,
    system      varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    agent       varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    change_time datetimeoffset(6) NOT NULL,
    content     varbinary(max) NOT NULL,
    note        nvarchar(max) COLLATE Latin1_General_100_BIN2 NULL,
    CONSTRAINT conflict_revision_key PRIMARY KEY CLUSTERED (customer, id, revision)
);

-- Which instance sweeps, until when, after which customer it goes on, and when the last sweep was complete. One row.
CREATE TABLE sweep_lease (
    one           int NOT NULL CONSTRAINT sweep_lease_one CHECK (one = 1),
    owner         varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    until_time    datetimeoffset(6) NOT NULL,
    position      varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    complete_time datetimeoffset(6) NULL,
    CONSTRAINT sweep_lease_key PRIMARY KEY CLUSTERED (one)
);
INSERT INTO sweep_lease (one, owner, until_time, position) VALUES (1, '', '1970-01-01T00:00:00Z', '');
