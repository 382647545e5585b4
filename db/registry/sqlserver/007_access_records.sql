-- oldest program: 0.1.0
-- Who read or changed what of a customer, append-only: ids alone, no content. `sections` holds numbers of dossier.v1.Section and
-- `sources` names of sources, both with spaces between them; `customer` is '-' for a watch over all customers.
CREATE TABLE access_record (
    customer    varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id          varchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    access_time datetimeoffset(6) NOT NULL,
    system      varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    agent       varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    purpose     varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    method      varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sections    varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sources     varchar(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
    trace_id    varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
    CONSTRAINT access_record_key PRIMARY KEY CLUSTERED (customer, id)
);
