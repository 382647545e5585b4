-- oldest program: 0.1.0
-- Every change of a link, append-only, with the sequence under which the feed tells of it. A link that a source no longer
-- tells of leaves key_link (state 3 here); its revisions stay, so that a number is never given twice.
CREATE TABLE key_link_revision (
    customer    varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    key_type    int NOT NULL,
    key_value   nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
    value_bytes AS DATALENGTH(key_value) PERSISTED NOT NULL,
    revision    bigint NOT NULL,
    sequence    bigint NOT NULL,
    state       int NOT NULL,
    shared      bit NOT NULL,
    origin      varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    agent       varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    change_time datetimeoffset(6) NOT NULL,
    CONSTRAINT key_link_revision_key PRIMARY KEY CLUSTERED (customer, key_type, key_value, value_bytes, revision)
);

-- Sources that people have paused. Every instance reads this once a second.
CREATE TABLE source_pause (
    source     varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    paused     bit NOT NULL,
    until_time datetimeoffset(6) NULL,
    system     varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    agent      varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    pause_time datetimeoffset(6) NOT NULL,
    revision   bigint NOT NULL,
    CONSTRAINT source_pause_key PRIMARY KEY CLUSTERED (source)
);
