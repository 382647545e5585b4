-- The registry's named statements on SQL Server. Texts come as nvarchar: each is cast to its column's type where it looks
-- rows up, or the column would be converted and its index not be used. Some blocks are batches.

-- name: create_registry
INSERT INTO registry (one, epoch, signing_key, create_time)
SELECT 1, @epoch, @signing_key, @now
WHERE NOT EXISTS (SELECT 1 FROM registry WITH (UPDLOCK, HOLDLOCK) WHERE one = 1)

-- name: registry
SELECT epoch, signing_key FROM registry

-- name: renew_epoch
UPDATE registry SET epoch = @epoch

-- name: schema_steps
SELECT number, oldest_program FROM schema_step ORDER BY number

-- sp_getapplock answers a refusal with a number and no error.
-- name: migration_lock
DECLARE @granted int;
EXEC @granted = sp_getapplock @Resource = N'dossier/schema', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 50000;
IF @granted < 0
BEGIN;
    THROW 51000, N'Another program is changing the schema of the registry.', 1;
END

-- name: create_schema_steps
IF OBJECT_ID(N'schema_step', N'U') IS NULL
    CREATE TABLE schema_step (
        number         bigint        NOT NULL CONSTRAINT schema_step_key PRIMARY KEY CLUSTERED,
        name           nvarchar(200) NOT NULL,
        oldest_program varchar(32)   NOT NULL,
        apply_time     datetimeoffset(6) NOT NULL
    )

-- name: insert_schema_step
INSERT INTO schema_step (number, name, oldest_program, apply_time) VALUES (@number, @name, @oldest_program, @now)

-- name: latest_moment
SELECT MAX(change_time) FROM change HAVING COUNT(*) > 0

-- name: sequence
SELECT value FROM change_counter

-- UPDLOCK and HOLDLOCK keep the row, or the place where it will stand, to the end of the transaction; what another one has
-- committed meanwhile is seen by the statements that follow.
-- name: lock_customer
INSERT INTO customer (customer, create_time)
SELECT CAST(@customer AS varchar(64)), @now
WHERE NOT EXISTS (SELECT 1 FROM customer WITH (UPDLOCK, HOLDLOCK) WHERE customer = CAST(@customer AS varchar(64)))

-- name: request
SELECT method, fingerprint, name, revision, sequence, create_time
FROM request
WHERE system = CAST(@system AS varchar(32)) AND request_id = CAST(@request_id AS varchar(36))

-- name: insert_request
INSERT INTO request (system, request_id, method, fingerprint, name, revision, sequence, create_time)
VALUES (@system, @request_id, @method, @fingerprint, @name, @revision, @sequence, @now)

-- name: advance_sequence
UPDATE change_counter SET value = value + @count OUTPUT inserted.value

-- name: insert_change
INSERT INTO change (sequence, kind, customer, resource, revision, binding_revision, system, effect_kinds, obliged_systems, change_time, origin_system, first_sequence)
VALUES (@sequence, @kind, @customer, @resource, @revision, @binding_revision, @system, @effect_kinds, @obliged_systems, @now, @origin_system, @first_sequence)

-- name: changes_after
SELECT sequence, kind, customer, resource, revision, binding_revision, system, effect_kinds, obliged_systems, change_time, origin_system, first_sequence
FROM change
WHERE sequence > @after
ORDER BY sequence
OFFSET 0 ROWS FETCH NEXT @limit ROWS ONLY

-- name: oldest_change
SELECT COALESCE(MIN(sequence), 0) FROM change

-- name: insert_agreement
INSERT INTO agreement (customer, id, state, revision, binding_revision, expire_time, update_time, origin_system, create_time)
VALUES (@customer, @id, @state, 1, 1, @expire_time, @now, @origin_system, @now)

-- name: insert_agreement_subject
INSERT INTO agreement_subject (subject_type, subject_id, id, customer)
SELECT @subject_type, @subject_id, CAST(@id AS varchar(36)), CAST(@customer AS varchar(64))
WHERE NOT EXISTS (
    SELECT 1 FROM agreement_subject s
    WHERE s.subject_type = @subject_type AND s.subject_id = CAST(@subject_id AS nvarchar(64)) AND s.id = CAST(@id AS varchar(36)))

-- name: update_agreement
UPDATE agreement
SET state = @state, revision = @revision, binding_revision = @binding_revision, expire_time = @expire_time, update_time = @now
WHERE customer = CAST(@customer AS varchar(64)) AND id = CAST(@id AS varchar(36)) AND revision = @revision - 1

-- name: insert_agreement_revision
INSERT INTO agreement_revision (customer, id, revision, sequence, system, agent, change_time, content, free_text)
VALUES (@customer, @id, @revision, @sequence, @system, @agent, @now, @content, @free_text)

-- name: insert_acknowledgement
INSERT INTO acknowledgement (customer, id, binding_revision, system, due_time, outcome)
VALUES (@customer, @id, @binding_revision, @obliged, @due_time, 0)

-- name: agreement
SELECT a.customer, a.id, r.content, r.free_text
FROM agreement a
INNER JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = a.revision
WHERE a.customer = CAST(@customer AS varchar(64)) AND a.id = CAST(@id AS varchar(36))

-- name: agreement_at_revision
SELECT customer, id, content, free_text
FROM agreement_revision
WHERE customer = CAST(@customer AS varchar(64)) AND id = CAST(@id AS varchar(36)) AND revision = @revision

-- name: agreement_acknowledgements
SELECT customer, id, binding_revision, system, due_time, outcome, outcome_time, evidence_id, reason
FROM acknowledgement
WHERE customer = CAST(@customer AS varchar(64)) AND id = CAST(@id AS varchar(36)) AND binding_revision = @binding_revision
ORDER BY system

-- Ids are hexadecimal: '~' stands after them all.
-- name: agreements_of_customer
SELECT TOP (@limit) a.customer, a.id, r.content, r.free_text
FROM agreement a
INNER JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = a.revision
WHERE a.customer = CAST(@customer AS varchar(64)) AND a.id < coalesce(CAST(@before_id AS varchar(36)), '~')
ORDER BY a.id DESC

-- name: acknowledgements_of_customer
SELECT k.customer, k.id, k.binding_revision, k.system, k.due_time, k.outcome, k.outcome_time, k.evidence_id, k.reason
FROM acknowledgement k
INNER JOIN agreement a ON a.customer = k.customer AND a.id = k.id AND a.binding_revision = k.binding_revision
WHERE k.customer = CAST(@customer AS varchar(64))
ORDER BY k.id, k.system

-- Agreements that can bind (PROPOSED 1, ACTIVE 2, FULFILLED 3) of many customers at once.
-- name: binding_agreements
SELECT a.customer, a.id, r.content, r.free_text
FROM (
    SELECT DISTINCT listed.value COLLATE Latin1_General_100_BIN2 AS customer
    FROM OPENJSON(@customers) WITH (value varchar(128) '$') AS listed) AS wanted
INNER JOIN agreement a ON a.customer = wanted.customer
INNER JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = a.revision
WHERE a.state IN (1, 2, 3)
ORDER BY a.customer, a.id

-- name: binding_acknowledgements
SELECT k.customer, k.id, k.binding_revision, k.system, k.due_time, k.outcome, k.outcome_time, k.evidence_id, k.reason
FROM (
    SELECT DISTINCT listed.value COLLATE Latin1_General_100_BIN2 AS customer
    FROM OPENJSON(@customers) WITH (value varchar(128) '$') AS listed) AS wanted
INNER JOIN agreement a ON a.customer = wanted.customer
INNER JOIN acknowledgement k ON k.customer = a.customer AND k.id = a.id AND k.binding_revision = a.binding_revision
WHERE a.state = 3
ORDER BY k.customer, k.id, k.system

-- name: all_agreements
SELECT TOP (@limit) a.customer, a.id, r.content, r.free_text
FROM agreement a
INNER JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = a.revision
WHERE a.id < coalesce(CAST(@before_id AS varchar(36)), '~')
    AND (CAST(@start_time AS datetimeoffset(6)) IS NULL OR a.create_time >= CAST(@start_time AS datetimeoffset(6))) AND (CAST(@end_time AS datetimeoffset(6)) IS NULL OR a.create_time < CAST(@end_time AS datetimeoffset(6)))
ORDER BY a.id DESC

-- name: agreements_about_subject
SELECT TOP (@limit) a.customer, a.id, r.content, r.free_text
FROM agreement_subject s
INNER JOIN agreement a ON a.customer = s.customer AND a.id = s.id
INNER JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = a.revision
WHERE s.subject_type = @subject_type AND s.subject_id = CAST(@subject_id AS nvarchar(64)) AND s.id < coalesce(CAST(@before_id AS varchar(36)), '~')
ORDER BY s.id DESC

-- name: agreement_revisions
SELECT TOP (@limit) customer, id, revision, sequence, system, agent, change_time, content, free_text
FROM agreement_revision
WHERE customer = CAST(@customer AS varchar(64)) AND id = CAST(@id AS varchar(36)) AND revision < @before
ORDER BY revision DESC

-- Outcomes 0 (nothing said) and 1 (RECEIVED) are owed.
-- name: pending_acknowledgements
SELECT TOP (@limit) k.customer, k.id, k.binding_revision, k.system, k.due_time, k.outcome, k.outcome_time, k.evidence_id, k.reason
FROM acknowledgement k
INNER JOIN agreement a ON a.customer = k.customer AND a.id = k.id AND a.binding_revision = k.binding_revision
WHERE k.outcome IN (0, 1)
    AND (CAST(@obliged AS varchar(32)) IS NULL OR k.system = CAST(@obliged AS varchar(32)))
    AND (CAST(@origin_system AS varchar(32)) IS NULL OR a.origin_system = CAST(@origin_system AS varchar(32)))
    AND (CAST(@overdue_at AS datetimeoffset(6)) IS NULL OR k.due_time <= CAST(@overdue_at AS datetimeoffset(6)))
    AND (CAST(@after_due AS datetimeoffset(6)) IS NULL OR k.due_time > CAST(@after_due AS datetimeoffset(6))
        OR (k.due_time = CAST(@after_due AS datetimeoffset(6)) AND k.system + ' ' + k.customer + ' ' + k.id > CAST(@after_key AS varchar(140))))
ORDER BY k.due_time, k.system + ' ' + k.customer + ' ' + k.id

-- name: owed_acknowledgements
SELECT k.system, COUNT(*) AS pending, SUM(CASE WHEN k.due_time <= @now THEN 1 ELSE 0 END) AS overdue
FROM acknowledgement k
INNER JOIN agreement a ON a.customer = k.customer AND a.id = k.id AND a.binding_revision = k.binding_revision
WHERE k.outcome IN (0, 1)
GROUP BY k.system

-- Counted again and again by the sweep: what is not due yet (a million after a day of many agreements) is not joined. Who owes
-- and is in time has 0.
-- name: overdue_acknowledgements
SELECT system, SUM(late) AS overdue
FROM (
    SELECT k.system, 1 AS late
    FROM acknowledgement k
    INNER JOIN agreement a ON a.customer = k.customer AND a.id = k.id AND a.binding_revision = k.binding_revision
    WHERE k.outcome IN (0, 1) AND k.due_time <= @now
    UNION ALL
    SELECT DISTINCT system, 0 AS late
    FROM acknowledgement
    WHERE outcome IN (0, 1)) AS owed
GROUP BY system

-- name: put_acknowledgement
UPDATE acknowledgement
SET outcome = @outcome, outcome_time = @outcome_time, evidence_id = @evidence_id, reason = @reason
WHERE customer = CAST(@customer AS varchar(64)) AND id = CAST(@id AS varchar(36)) AND binding_revision = @binding_revision
    AND system = CAST(@obliged AS varchar(32));
INSERT INTO acknowledgement (customer, id, binding_revision, system, due_time, outcome, outcome_time, evidence_id, reason)
SELECT @customer, @id, @binding_revision, @obliged, @due_time, @outcome, @outcome_time, @evidence_id, @reason
WHERE NOT EXISTS (
    SELECT 1 FROM acknowledgement k
    WHERE k.customer = CAST(@customer AS varchar(64)) AND k.id = CAST(@id AS varchar(36)) AND k.binding_revision = @binding_revision
        AND k.system = CAST(@obliged AS varchar(32)))

-- name: action
SELECT customer, id, state, sequence, content FROM action WHERE customer = CAST(@customer AS varchar(64)) AND id = CAST(@id AS varchar(36))

-- The newest first: what a system has done, or is about to.
-- name: actions_of_customer
SELECT TOP (@limit) customer, id, state, sequence, content FROM action
WHERE customer = CAST(@customer AS varchar(64)) AND (CAST(@before_id AS varchar(36)) IS NULL OR id < CAST(@before_id AS varchar(36)))
ORDER BY id DESC

-- name: all_actions
SELECT TOP (@limit) customer, id, state, sequence, content FROM action
WHERE CAST(@before_id AS varchar(36)) IS NULL OR id < CAST(@before_id AS varchar(36))
ORDER BY id DESC

-- name: put_action
UPDATE action
SET state = @state, system = @system, under_way_time = @under_way_time, action_time = @action_time, update_time = @now, sequence = @sequence, content = @content
WHERE customer = CAST(@customer AS varchar(64)) AND id = CAST(@id AS varchar(36));
INSERT INTO action (customer, id, state, system, under_way_time, action_time, update_time, sequence, content)
SELECT @customer, @id, @state, @system, @under_way_time, @action_time, @now, @sequence, @content
WHERE NOT EXISTS (SELECT 1 FROM action a WHERE a.customer = CAST(@customer AS varchar(64)) AND a.id = CAST(@id AS varchar(36)))

-- name: knows_customer
SELECT CASE WHEN EXISTS (SELECT 1 FROM agreement WHERE customer = CAST(@customer AS varchar(64)))
    OR EXISTS (SELECT 1 FROM key_link WHERE customer = CAST(@customer AS varchar(64))) THEN CAST(1 AS bit) ELSE CAST(0 AS bit) END

-- A key is shared if a source said so or if it is linked to somebody else too.
-- name: keys_of_customer
SELECT l.customer, l.key_type, l.key_value, l.handle, l.state, l.origin, l.agent, l.link_time, l.revision,
    l.shared AS told_shared, CASE WHEN l.shared = 1 OR EXISTS (
        SELECT 1 FROM key_link o
        WHERE o.key_type = l.key_type AND o.key_value = l.key_value AND o.value_bytes = l.value_bytes AND o.state = 1
            AND o.customer <> l.customer) THEN CAST(1 AS bit) ELSE CAST(0 AS bit) END AS shared
FROM key_link l
WHERE l.customer = CAST(@customer AS varchar(64))
ORDER BY l.key_type, l.key_value, l.value_bytes

-- name: key_link
SELECT l.customer, l.key_type, l.key_value, l.handle, l.state, l.origin, l.agent, l.link_time, l.revision,
    l.shared AS told_shared, CASE WHEN l.shared = 1 OR EXISTS (
        SELECT 1 FROM key_link o
        WHERE o.key_type = l.key_type AND o.key_value = l.key_value AND o.value_bytes = l.value_bytes AND o.state = 1
            AND o.customer <> l.customer) THEN CAST(1 AS bit) ELSE CAST(0 AS bit) END AS shared
FROM key_link l
WHERE l.customer = CAST(@customer AS varchar(64)) AND l.key_type = CAST(@key_type AS int)
    AND l.key_value = CAST(@key_value AS nvarchar(400)) AND l.value_bytes = DATALENGTH(@key_value)

-- name: customers_by_key
SELECT TOP (50) customer, key_type, key_value, state, shared
FROM key_link
WHERE key_type = CAST(@key_type AS int) AND key_value = CAST(@key_value AS nvarchar(400)) AND value_bytes = DATALENGTH(@key_value)
ORDER BY customer

-- The customer's row is locked: nobody inserts between the two statements.
-- name: put_key_link
UPDATE key_link
SET handle = @handle, state = @state, shared = @shared, origin = @origin, agent = @agent, link_time = @now, revision = @revision
WHERE customer = CAST(@customer AS varchar(64)) AND key_type = CAST(@key_type AS int)
    AND key_value = CAST(@key_value AS nvarchar(400)) AND value_bytes = DATALENGTH(@key_value);
IF @@ROWCOUNT = 0
    INSERT INTO key_link (customer, key_type, key_value, handle, state, shared, origin, agent, link_time, revision)
    VALUES (@customer, @key_type, @key_value, @handle, @state, @shared, @origin, @agent, @now, @revision)

-- name: share_key_link
UPDATE key_link SET shared = @shared, revision = @revision
WHERE customer = CAST(@customer AS varchar(64)) AND key_type = CAST(@key_type AS int)
    AND key_value = CAST(@key_value AS nvarchar(400)) AND value_bytes = DATALENGTH(@key_value)

-- name: forget_key_link
DELETE FROM key_link
WHERE customer = CAST(@customer AS varchar(64)) AND key_type = CAST(@key_type AS int)
    AND key_value = CAST(@key_value AS nvarchar(400)) AND value_bytes = DATALENGTH(@key_value)

-- name: last_key_revision
SELECT coalesce(MAX(known.revision), 0) FROM (
    SELECT revision FROM key_link
    WHERE customer = CAST(@customer AS varchar(64)) AND key_type = CAST(@key_type AS int)
        AND key_value = CAST(@key_value AS nvarchar(400)) AND value_bytes = DATALENGTH(@key_value)
    UNION ALL
    SELECT MAX(revision) FROM key_link_revision
    WHERE customer = CAST(@customer AS varchar(64)) AND key_type = CAST(@key_type AS int)
        AND key_value = CAST(@key_value AS nvarchar(400)) AND value_bytes = DATALENGTH(@key_value)) known

-- name: insert_key_link_revision
INSERT INTO key_link_revision (customer, key_type, key_value, revision, sequence, state, shared, origin, agent, change_time)
VALUES (@customer, @key_type, @key_value, @revision, @sequence, @state, @shared, @origin, @agent, @now)

-- name: source_pauses
SELECT source, paused, until_time, system, agent, pause_time, revision FROM source_pause ORDER BY source

-- name: put_source_pause
UPDATE source_pause WITH (UPDLOCK, HOLDLOCK)
SET paused = @paused, until_time = @until_time, system = @system, agent = @agent, pause_time = @now, revision = @revision
WHERE source = CAST(@source AS varchar(64));
IF @@ROWCOUNT = 0
    INSERT INTO source_pause (source, paused, until_time, system, agent, pause_time, revision)
    VALUES (@source, @paused, @until_time, @system, @agent, @now, @revision)

-- name: insert_decision
INSERT INTO decision (id, customer, system, agent, purpose, action, verdict, subjects, agreements, sequence, decide_time, trace_id)
VALUES (@id, @customer, @system, @agent, @purpose, @action, @verdict, @subjects, @agreements, @sequence, @now, @trace_id)

-- name: conflicts_of_customer
SELECT c.customer, c.id, c.kind, c.owner, c.state, c.revision, c.first_seen_time, c.last_seen_time, c.fingerprint, r.content, r.note
FROM conflict c
INNER JOIN conflict_revision r ON r.customer = c.customer AND r.id = c.id AND r.revision = c.revision
WHERE c.customer = CAST(@customer AS varchar(64))
ORDER BY c.first_seen_time DESC, c.customer + ' ' + c.id

-- name: all_conflicts
SELECT TOP (@limit) c.customer, c.id, c.kind, c.owner, c.state, c.revision, c.first_seen_time, c.last_seen_time, c.fingerprint, r.content, r.note
FROM conflict c
INNER JOIN conflict_revision r ON r.customer = c.customer AND r.id = c.id AND r.revision = c.revision
WHERE (CAST(@state AS int) IS NULL OR c.state = CAST(@state AS int))
    AND (CAST(@before_time AS datetimeoffset(6)) IS NULL OR c.first_seen_time < CAST(@before_time AS datetimeoffset(6))
        OR (c.first_seen_time = CAST(@before_time AS datetimeoffset(6)) AND c.customer + ' ' + c.id > CAST(@after_key AS varchar(140))))
ORDER BY c.first_seen_time DESC, c.customer + ' ' + c.id

-- name: conflict_at_revision
SELECT c.customer, c.id, c.kind, c.owner, c.state, r.revision, c.first_seen_time, c.last_seen_time, c.fingerprint, r.content, r.note
FROM conflict c
INNER JOIN conflict_revision r ON r.customer = c.customer AND r.id = c.id
WHERE c.customer = CAST(@customer AS varchar(64)) AND c.id = CAST(@id AS varchar(64)) AND r.revision = @revision

-- name: open_conflicts
SELECT kind, owner, COUNT_BIG(*) AS number FROM conflict WHERE state = 1 GROUP BY kind, owner

-- The customer's row is locked: nobody inserts between the two statements.
-- name: put_conflict
UPDATE conflict
SET owner = @owner, state = @state, revision = @revision, last_seen_time = @last_seen_time, fingerprint = @fingerprint
WHERE customer = CAST(@customer AS varchar(64)) AND id = CAST(@id AS varchar(64));
INSERT INTO conflict (customer, id, kind, owner, state, revision, first_seen_time, last_seen_time, fingerprint)
SELECT @customer, @id, @kind, @owner, @state, @revision, @first_seen_time, @last_seen_time, @fingerprint
WHERE NOT EXISTS (SELECT 1 FROM conflict c WHERE c.customer = CAST(@customer AS varchar(64)) AND c.id = CAST(@id AS varchar(64)))

-- name: insert_conflict_revision
INSERT INTO conflict_revision (customer, id, revision, sequence, system, agent, change_time, content, note)
VALUES (@customer, @id, @revision, @sequence, @system, @agent, @now, @content, @note)

-- Customers that the sweep looks at: with an agreement that can bind or that ended lately, or with a conflict that is open. Each
-- part stops by itself after as many as are asked, so that a page costs as much as it gives.
-- name: sweep_customers
SELECT TOP (@limit) found.customer FROM (
    SELECT binding.customer FROM (
        SELECT DISTINCT TOP (@limit) a.customer FROM agreement a
        WHERE a.customer > CAST(@position AS varchar(64)) AND (a.state IN (1, 2, 3) OR a.update_time >= CAST(@since AS datetimeoffset(6)))
        ORDER BY a.customer) AS binding
    UNION
    SELECT contradicted.customer FROM (
        SELECT DISTINCT TOP (@limit) c.customer FROM conflict c
        WHERE c.customer > CAST(@position AS varchar(64)) AND c.state = 1
        ORDER BY c.customer) AS contradicted) AS found
ORDER BY found.customer

-- One instance sweeps at a time: taken in one statement, by whoever has it already or after its time has passed.
-- name: take_sweep
UPDATE sweep_lease SET owner = @owner, until_time = @until_time
OUTPUT inserted.owner, inserted.until_time, inserted.position, inserted.complete_time
WHERE one = 1 AND (owner = CAST(@owner AS varchar(64)) OR until_time <= @now OR until_time > @latest)

-- name: keep_sweep
UPDATE sweep_lease
SET until_time = @until_time, position = @position, complete_time = coalesce(CAST(@complete_time AS datetimeoffset(6)), complete_time)
OUTPUT inserted.owner, inserted.until_time, inserted.position, inserted.complete_time
WHERE one = 1 AND owner = CAST(@owner AS varchar(64)) AND until_time > @now

-- name: sweep_lease
SELECT owner, until_time, position, complete_time FROM sweep_lease

-- Many with one command: @rows is an array of arrays, each in the order of the columns, its moment in microseconds since 1970.
-- One that stands already was written by a commit whose answer was lost.
-- name: insert_access_records
INSERT INTO access_record (customer, id, access_time, system, agent, purpose, method, sections, sources, trace_id)
SELECT customer, id,
    DATEADD(microsecond, CAST(micros % 1000000 AS int), DATEADD(second, CAST(micros / 1000000 % 86400 AS int),
        DATEADD(day, CAST(micros / 86400000000 AS int), CAST('1970-01-01T00:00:00+00:00' AS datetimeoffset(6))))),
    system, agent, purpose, method, sections, sources, trace_id
FROM OPENJSON(@rows) WITH (
    customer varchar(64) '$[0]', id varchar(36) '$[1]', micros bigint '$[2]', system varchar(32) '$[3]', agent varchar(64) '$[4]',
    purpose varchar(32) '$[5]', method varchar(64) '$[6]', sections varchar(64) '$[7]', sources varchar(max) '$[8]', trace_id varchar(32) '$[9]') AS given
WHERE NOT EXISTS (SELECT 1 FROM access_record AS stands WHERE stands.customer = CAST(given.customer AS varchar(64)) AND stands.id = CAST(given.id AS varchar(36)))

-- name: access_records
SELECT TOP (@limit) customer, id, access_time, system, agent, purpose, method, sections, sources, trace_id
FROM access_record
WHERE customer = CAST(@customer AS varchar(64)) AND (CAST(@before_id AS varchar(36)) IS NULL OR id < CAST(@before_id AS varchar(36)))
ORDER BY id DESC

-- name: insert_action_report
INSERT INTO action_report (customer, id, sequence, content) VALUES (@customer, @id, @sequence, @content)

-- name: action_report
SELECT content FROM action_report
WHERE customer = CAST(@customer AS varchar(64)) AND id = CAST(@id AS varchar(36)) AND sequence = @sequence
