-- oldest program: 0.1.0
-- Every report of what became of an action, append-only: a later one does not take an earlier one away, and a report that is repeated
-- gives its first answer. `content` is a dossier.v1.ActionRecord.
CREATE TABLE action_report (
    customer varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id       varchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    sequence bigint NOT NULL,
    content  varbinary(max) NOT NULL,
    CONSTRAINT action_report_key PRIMARY KEY CLUSTERED (customer, id, sequence)
);
