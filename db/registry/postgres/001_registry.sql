-- oldest program: 0.1.0
-- The registry on PostgreSQL. Moments are timestamptz. Ids, keys and customer numbers compare byte for byte (COLLATE "C");
-- ids are text, not char(36), whose comparison ignores trailing blanks and which a text parameter could not look up by index. Free text stands in `free_text` alone, so that it can be blanked.

CREATE TABLE registry (
    one              smallint PRIMARY KEY CHECK (one = 1),
    epoch            text COLLATE "C" NOT NULL,
    signing_key      bytea NOT NULL,
    create_time      timestamptz NOT NULL
);

-- The sequence of the last change. Its row is bumped by the last statements of a transaction, so that commit order is
-- sequence order and no number is ever missing.
CREATE TABLE change_counter (
    one              smallint PRIMARY KEY CHECK (one = 1),
    value            bigint NOT NULL
);
INSERT INTO change_counter (one, value) VALUES (1, 0);

-- One row for each customer that the registry knows; its lock orders everything about the customer.
CREATE TABLE customer (
    customer         text COLLATE "C" PRIMARY KEY,
    create_time      timestamptz NOT NULL
);

-- What a calling system asked to be done once. The answer is rebuilt from name and revision.
CREATE TABLE request (
    system           text COLLATE "C" NOT NULL,
    request_id       text COLLATE "C" NOT NULL,
    method           text COLLATE "C" NOT NULL,
    fingerprint      bytea NOT NULL,
    name             text COLLATE "C" NOT NULL,
    revision         bigint NOT NULL,
    sequence         bigint NOT NULL,
    create_time      timestamptz NOT NULL,
    PRIMARY KEY (system, request_id)
);

CREATE TABLE agreement (
    customer         text COLLATE "C" NOT NULL,
    id               text COLLATE "C" NOT NULL,
    state            integer NOT NULL,
    revision         bigint NOT NULL,
    binding_revision bigint NOT NULL,
    expire_time      timestamptz,
    update_time      timestamptz NOT NULL,
    PRIMARY KEY (customer, id)
);

-- Every revision, whole and append-only. `content` is a dossier.v1.Agreement without free text.
CREATE TABLE agreement_revision (
    customer         text COLLATE "C" NOT NULL,
    id               text COLLATE "C" NOT NULL,
    revision         bigint NOT NULL,
    sequence         bigint NOT NULL,
    system           text COLLATE "C" NOT NULL,
    agent            text COLLATE "C" NOT NULL,
    change_time      timestamptz NOT NULL,
    content          bytea NOT NULL,
    free_text        text,
    PRIMARY KEY (customer, id, revision)
);

-- Who must take a binding revision over, by when, and what each has said.
CREATE TABLE acknowledgement (
    customer         text COLLATE "C" NOT NULL,
    id               text COLLATE "C" NOT NULL,
    binding_revision bigint NOT NULL,
    system           text COLLATE "C" NOT NULL,
    due_time         timestamptz NOT NULL,
    outcome          integer NOT NULL,
    outcome_time     timestamptz,
    evidence_id      text COLLATE "C",
    reason           text,
    PRIMARY KEY (customer, id, binding_revision, system)
);

-- Keys under which customers are known. An unlinked row stays, so that no source brings the key back.
CREATE TABLE key_link (
    customer         text COLLATE "C" NOT NULL,
    key_type         integer NOT NULL,
    key_value        text COLLATE "C" NOT NULL,
    handle           text,
    state            integer NOT NULL,
    shared           boolean NOT NULL,
    origin           text COLLATE "C" NOT NULL,
    agent            text COLLATE "C" NOT NULL,
    link_time        timestamptz NOT NULL,
    revision         bigint NOT NULL,
    PRIMARY KEY (customer, key_type, key_value)
);
CREATE INDEX key_link_by_key ON key_link (key_type, key_value, state, customer, shared);

CREATE TABLE change (
    sequence         bigint PRIMARY KEY,
    kind             integer NOT NULL,
    customer         text COLLATE "C" NOT NULL,
    resource         text COLLATE "C" NOT NULL,
    revision         bigint NOT NULL,
    binding_revision bigint NOT NULL,
    system           text COLLATE "C" NOT NULL,
    effect_kinds     text COLLATE "C" NOT NULL,
    obliged_systems  text COLLATE "C" NOT NULL,
    change_time      timestamptz NOT NULL
);

-- Verdicts other than ALLOW: what was judged, for whom and why, by ids only.
CREATE TABLE decision (
    id               text COLLATE "C" PRIMARY KEY,
    customer         text COLLATE "C" NOT NULL,
    system           text COLLATE "C" NOT NULL,
    agent            text COLLATE "C" NOT NULL,
    purpose          text COLLATE "C" NOT NULL,
    action           integer NOT NULL,
    verdict          integer NOT NULL,
    subjects         text COLLATE "C" NOT NULL,
    agreements       text COLLATE "C" NOT NULL,
    sequence         bigint NOT NULL,
    decide_time      timestamptz NOT NULL,
    trace_id         text COLLATE "C" NOT NULL
);
CREATE INDEX decision_by_customer ON decision (customer, decide_time);
