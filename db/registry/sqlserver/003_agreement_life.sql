-- oldest program: 0.1.0
-- What agreements are listed by. Their subjects stand in the content too; a listing by subject needs them in an index.
ALTER TABLE agreement ADD
    origin_system varchar(32) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT agreement_origin DEFAULT '',
    create_time datetimeoffset(6) NOT NULL CONSTRAINT agreement_created DEFAULT '1970-01-01T00:00:00Z';

-- A batch that adds a column cannot name it: this is one of its own.
EXEC(N'UPDATE a SET origin_system = r.system, create_time = r.change_time
FROM agreement a INNER JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = 1');

-- Ids are UUIDv7: their order is the order of their making, over all customers.
EXEC(N'CREATE INDEX agreement_newest ON agreement (id) INCLUDE (customer, revision, create_time)');

CREATE TABLE agreement_subject (
    subject_type int NOT NULL,
    subject_id   nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    id           varchar(36) COLLATE Latin1_General_100_BIN2 NOT NULL,
    customer     varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
    CONSTRAINT agreement_subject_key PRIMARY KEY CLUSTERED (subject_type, subject_id, id)
);

-- Work lists: what a system has not applied, by due time.
CREATE INDEX acknowledgement_pending ON acknowledgement (system, due_time, customer, id, binding_revision) WHERE outcome IN (0, 1);
