-- oldest program: 0.1.0
-- Every change of a link, append-only, with the sequence under which the feed tells of it. A link that a source no longer
-- tells of leaves key_link (state 3 here); its revisions stay, so that a number is never given twice.
CREATE TABLE key_link_revision (
    customer         text COLLATE "C" NOT NULL,
    key_type         integer NOT NULL,
    key_value        text COLLATE "C" NOT NULL,
    revision         bigint NOT NULL,
    sequence         bigint NOT NULL,
    state            integer NOT NULL,
    shared           boolean NOT NULL,
    origin           text COLLATE "C" NOT NULL,
    agent            text COLLATE "C" NOT NULL,
    change_time      timestamptz NOT NULL,
    PRIMARY KEY (customer, key_type, key_value, revision)
);

-- Sources that people have paused. Every instance reads this once a second.
CREATE TABLE source_pause (
    source           text COLLATE "C" PRIMARY KEY,
    paused           boolean NOT NULL,
    until_time       timestamptz,
    system           text COLLATE "C" NOT NULL,
    agent            text COLLATE "C" NOT NULL,
    pause_time       timestamptz NOT NULL,
    revision         bigint NOT NULL
);
