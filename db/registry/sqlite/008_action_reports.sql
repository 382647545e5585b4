-- oldest program: 0.1.0
-- Every report of what became of an action, append-only: a later one does not take an earlier one away, and a report that is repeated
-- gives its first answer. `content` is a dossier.v1.ActionRecord.
CREATE TABLE action_report (
    customer TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    sequence INTEGER NOT NULL,
    content  BLOB    NOT NULL,
    PRIMARY KEY (customer, id, sequence)
) STRICT, WITHOUT ROWID;
