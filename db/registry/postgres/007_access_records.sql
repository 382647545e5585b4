-- oldest program: 0.1.0
-- Who read or changed what of a customer, append-only: ids alone, no content. `sections` holds numbers of dossier.v1.Section and
-- `sources` names of sources, both with spaces between them; `customer` is '-' for a watch over all customers.
CREATE TABLE access_record (
    customer         text COLLATE "C" NOT NULL,
    id               text COLLATE "C" NOT NULL,
    access_time      timestamptz NOT NULL,
    system           text COLLATE "C" NOT NULL,
    agent            text COLLATE "C" NOT NULL,
    purpose          text COLLATE "C" NOT NULL,
    method           text COLLATE "C" NOT NULL,
    sections         text COLLATE "C" NOT NULL,
    sources          text COLLATE "C" NOT NULL,
    trace_id         text COLLATE "C" NOT NULL,
    PRIMARY KEY (customer, id)
);
