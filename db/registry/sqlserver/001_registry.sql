-- oldest program: 0.1.0
-- The registry on SQL Server. Moments are datetimeoffset(6). Ids, keys and customer numbers compare byte for byte (a binary
-- collation); customer numbers, ids, systems and agents are ASCII without blanks by the contract, so that varchar holds them. Free text
-- stands in `free_text` alone, so that it can be blanked. With sqlcmd: option -I, which the computed columns need.

CREATE TABLE registry (
    one         tinyint NOT NULL CHECK (one = 1),
    epoch       varchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    signing_key varbinary(64) NOT NULL,
    create_time datetimeoffset(6) NOT NULL,
    CONSTRAINT registry_key PRIMARY KEY CLUSTERED (one)
);

-- The sequence of the last change. Its row is bumped by the last statements of a transaction, so that commit order is
-- sequence order and no number is ever missing.
CREATE TABLE change_counter (
    one   tinyint NOT NULL CHECK (one = 1),
    value bigint NOT NULL,
    CONSTRAINT change_counter_key PRIMARY KEY CLUSTERED (one)
);
INSERT INTO change_counter (one, value) VALUES (1, 0);

-- One row for each customer that the registry knows; its lock orders everything about the customer.
CREATE TABLE customer (
    customer    varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    create_time datetimeoffset(6) NOT NULL,
    CONSTRAINT customer_key PRIMARY KEY CLUSTERED (customer)
);

-- What a calling system asked to be done once. The answer is rebuilt from name and revision.
CREATE TABLE request (
    system      varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    request_id  varchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    method      varchar(128) NOT NULL,
    fingerprint varbinary(64) NOT NULL,
    name        nvarchar(1000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    revision    bigint NOT NULL,
    sequence    bigint NOT NULL,
    create_time datetimeoffset(6) NOT NULL,
    CONSTRAINT request_key PRIMARY KEY CLUSTERED (system, request_id)
);

CREATE TABLE agreement (
    customer         varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id               varchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    state            int NOT NULL,
    revision         bigint NOT NULL,
    binding_revision bigint NOT NULL,
    expire_time      datetimeoffset(6) NULL,
    update_time      datetimeoffset(6) NOT NULL,
    CONSTRAINT agreement_key PRIMARY KEY CLUSTERED (customer, id)
);

-- Every revision, whole and append-only. `content` is a dossier.v1.Agreement without free text.
CREATE TABLE agreement_revision (
    customer    varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id          varchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    revision    bigint NOT NULL,
    sequence    bigint NOT NULL,
    system      varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    agent       varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    change_time datetimeoffset(6) NOT NULL,
    content     varbinary(max) NOT NULL,
    free_text   nvarchar(max) NULL,
    CONSTRAINT agreement_revision_key PRIMARY KEY CLUSTERED (customer, id, revision)
);

-- Who must take a binding revision over, by when, and what each has said.
CREATE TABLE acknowledgement (
    customer         varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id               varchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    binding_revision bigint NOT NULL,
    system           varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    due_time         datetimeoffset(6) NOT NULL,
    outcome          int NOT NULL,
    outcome_time     datetimeoffset(6) NULL,
    evidence_id      nvarchar(400) COLLATE Latin1_General_100_BIN2 NULL,
    reason           nvarchar(max) NULL,
    CONSTRAINT acknowledgement_key PRIMARY KEY CLUSTERED (customer, id, binding_revision, system)
);

-- Keys under which customers are known. An unlinked row stays, so that no source brings the key back. SQL Server compares
-- without trailing blanks, and a social id may end in one: `value_bytes` keeps such keys apart.
CREATE TABLE key_link (
    customer    varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_type    int NOT NULL,
    key_value   nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    value_bytes AS DATALENGTH(key_value) PERSISTED NOT NULL,
    handle      nvarchar(400) NULL,
    state       int NOT NULL,
    shared      bit NOT NULL,
    origin      varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    agent       varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    link_time   datetimeoffset(6) NOT NULL,
    revision    bigint NOT NULL,
    CONSTRAINT key_link_key PRIMARY KEY CLUSTERED (customer, key_type, key_value, value_bytes)
);
CREATE INDEX key_link_by_key ON key_link (key_type, key_value, value_bytes, customer) INCLUDE (state, shared);

CREATE TABLE change (
    sequence         bigint NOT NULL,
    kind             int NOT NULL,
    customer         varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    resource         nvarchar(1000) COLLATE Latin1_General_100_BIN2 NOT NULL,
    revision         bigint NOT NULL,
    binding_revision bigint NOT NULL,
    system           varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    effect_kinds     varchar(max) NOT NULL,
    obliged_systems  varchar(max) NOT NULL,
    change_time      datetimeoffset(6) NOT NULL,
    CONSTRAINT change_key PRIMARY KEY CLUSTERED (sequence)
);

-- Verdicts other than ALLOW: what was judged, for whom and why, by ids only. Clustered by customer, as they are asked for.
CREATE TABLE decision (
    id          varchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT decision_key PRIMARY KEY NONCLUSTERED,
    customer    varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    system      varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    agent       varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    purpose     varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    action      int NOT NULL,
    verdict     int NOT NULL,
    subjects    nvarchar(max) NOT NULL,
    agreements  nvarchar(max) NOT NULL,
    sequence    bigint NOT NULL,
    decide_time datetimeoffset(6) NOT NULL,
    trace_id    varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL
);
CREATE CLUSTERED INDEX decision_by_customer ON decision (customer, decide_time);
