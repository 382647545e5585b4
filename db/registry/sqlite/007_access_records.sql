-- oldest program: 0.1.0
-- Who read or changed what of a customer, append-only: ids alone, no content. `sections` holds numbers of dossier.v1.Section and
-- `sources` names of sources, both with spaces between them; `customer` is '-' for a watch over all customers.
CREATE TABLE access_record (
    customer    TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    access_time INTEGER NOT NULL,
    system      TEXT    NOT NULL,
    agent       TEXT    NOT NULL,
    purpose     TEXT    NOT NULL,
    method      TEXT    NOT NULL,
    sections    TEXT    NOT NULL,
    sources     TEXT    NOT NULL,
    trace_id    TEXT    NOT NULL,
    PRIMARY KEY (customer, id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER access_record_is_not_changed BEFORE UPDATE ON access_record BEGIN SELECT RAISE(ABORT, 'access records are not changed'); END;
CREATE TRIGGER access_record_is_not_deleted BEFORE DELETE ON access_record BEGIN SELECT RAISE(ABORT, 'access records are not deleted'); END;
