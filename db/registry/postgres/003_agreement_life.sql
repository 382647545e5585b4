-- oldest program: 0.1.0
-- What agreements are listed by. Their subjects stand in the content too; a listing by subject needs them in an index.
ALTER TABLE agreement ADD COLUMN origin_system text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE agreement ADD COLUMN create_time timestamptz NOT NULL DEFAULT 'epoch';
UPDATE agreement SET origin_system = r.system, create_time = r.change_time
FROM agreement_revision r
WHERE r.customer = agreement.customer AND r.id = agreement.id AND r.revision = 1;

-- Ids are UUIDv7: their order is the order of their making, over all customers.
CREATE INDEX agreement_newest ON agreement (id) INCLUDE (customer, revision, create_time);

CREATE TABLE agreement_subject (
    subject_type     integer NOT NULL,
    subject_id       text COLLATE "C" NOT NULL,
    id               text COLLATE "C" NOT NULL,
    customer         text COLLATE "C" NOT NULL,
    PRIMARY KEY (subject_type, subject_id, id)
);

-- Work lists: what a system has not applied, by due time.
CREATE INDEX acknowledgement_pending ON acknowledgement (system, due_time, customer, id, binding_revision) WHERE outcome IN (0, 1);
