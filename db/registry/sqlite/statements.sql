-- The registry's named statements on SQLite.

-- name: create_registry
INSERT INTO registry (one, epoch, signing_key, create_time) VALUES (1, @epoch, @signing_key, @now) ON CONFLICT DO NOTHING

-- name: registry
SELECT epoch, signing_key FROM registry

-- name: renew_epoch
UPDATE registry SET epoch = @epoch

-- name: schema_steps
SELECT number, oldest_program FROM schema_step ORDER BY number

-- name: create_schema_steps
CREATE TABLE IF NOT EXISTS schema_step (
    number         INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL,
    oldest_program TEXT    NOT NULL,
    apply_time     INTEGER NOT NULL
) STRICT

-- name: insert_schema_step
INSERT INTO schema_step (number, name, oldest_program, apply_time) VALUES (@number, @name, @oldest_program, @now)

-- name: latest_moment
SELECT MAX(change_time) FROM change HAVING COUNT(*) > 0

-- name: sequence
SELECT value FROM change_counter

-- name: lock_customer
INSERT INTO customer (customer, create_time) VALUES (@customer, @now) ON CONFLICT DO NOTHING

-- name: request
SELECT method, fingerprint, name, revision, sequence, create_time FROM request WHERE system = @system AND request_id = @request_id

-- name: insert_request
INSERT INTO request (system, request_id, method, fingerprint, name, revision, sequence, create_time)
VALUES (@system, @request_id, @method, @fingerprint, @name, @revision, @sequence, @now)

-- name: advance_sequence
UPDATE change_counter SET value = value + @count RETURNING value

-- name: insert_change
INSERT INTO change (sequence, kind, customer, resource, revision, binding_revision, system, effect_kinds, obliged_systems, change_time, origin_system, first_sequence)
VALUES (@sequence, @kind, @customer, @resource, @revision, @binding_revision, @system, @effect_kinds, @obliged_systems, @now, @origin_system, @first_sequence)

-- name: changes_after
SELECT sequence, kind, customer, resource, revision, binding_revision, system, effect_kinds, obliged_systems, change_time, origin_system, first_sequence
FROM change
WHERE sequence > @after
ORDER BY sequence
LIMIT @limit

-- name: oldest_change
SELECT coalesce(min(sequence), 0) FROM change

-- name: insert_agreement
INSERT INTO agreement (customer, id, state, revision, binding_revision, expire_time, update_time, origin_system, create_time)
VALUES (@customer, @id, @state, 1, 1, @expire_time, @now, @origin_system, @now)

-- name: insert_agreement_subject
INSERT INTO agreement_subject (subject_type, subject_id, id, customer)
VALUES (@subject_type, @subject_id, @id, @customer) ON CONFLICT DO NOTHING

-- name: update_agreement
UPDATE agreement
SET state = @state, revision = @revision, binding_revision = @binding_revision, expire_time = @expire_time, update_time = @now
WHERE customer = @customer AND id = @id AND revision = @revision - 1

-- name: insert_agreement_revision
INSERT INTO agreement_revision (customer, id, revision, sequence, system, agent, change_time, content, free_text)
VALUES (@customer, @id, @revision, @sequence, @system, @agent, @now, @content, @free_text)

-- name: insert_acknowledgement
INSERT INTO acknowledgement (customer, id, binding_revision, system, due_time, outcome)
VALUES (@customer, @id, @binding_revision, @obliged, @due_time, 0)

-- name: agreement
SELECT a.customer, a.id, r.content, r.free_text
FROM agreement a JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = a.revision
WHERE a.customer = @customer AND a.id = @id

-- name: agreement_at_revision
SELECT customer, id, content, free_text
FROM agreement_revision
WHERE customer = @customer AND id = @id AND revision = @revision

-- name: agreement_acknowledgements
SELECT customer, id, binding_revision, system, due_time, outcome, outcome_time, evidence_id, reason
FROM acknowledgement
WHERE customer = @customer AND id = @id AND binding_revision = @binding_revision
ORDER BY system

-- name: agreements_of_customer
SELECT a.customer, a.id, r.content, r.free_text
FROM agreement a JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = a.revision
WHERE a.customer = @customer AND (@before_id IS NULL OR a.id < @before_id)
ORDER BY a.id DESC
LIMIT @limit

-- name: acknowledgements_of_customer
SELECT k.customer, k.id, k.binding_revision, k.system, k.due_time, k.outcome, k.outcome_time, k.evidence_id, k.reason
FROM acknowledgement k JOIN agreement a ON a.customer = k.customer AND a.id = k.id AND a.binding_revision = k.binding_revision
WHERE k.customer = @customer
ORDER BY k.id, k.system

-- Agreements that can bind (PROPOSED 1, ACTIVE 2, FULFILLED 3) of many customers at once.
-- name: binding_agreements
SELECT a.customer, a.id, r.content, r.free_text
FROM agreement a JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = a.revision
WHERE a.customer IN (SELECT value FROM json_each(@customers)) AND a.state IN (1, 2, 3)
ORDER BY a.customer, a.id

-- name: binding_acknowledgements
SELECT k.customer, k.id, k.binding_revision, k.system, k.due_time, k.outcome, k.outcome_time, k.evidence_id, k.reason
FROM acknowledgement k JOIN agreement a ON a.customer = k.customer AND a.id = k.id AND a.binding_revision = k.binding_revision
WHERE a.customer IN (SELECT value FROM json_each(@customers)) AND a.state = 3
ORDER BY k.customer, k.id, k.system

-- name: all_agreements
SELECT a.customer, a.id, r.content, r.free_text
FROM agreement a
JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = a.revision
WHERE (@before_id IS NULL OR a.id < @before_id)
    AND (@start_time IS NULL OR a.create_time >= @start_time) AND (@end_time IS NULL OR a.create_time < @end_time)
ORDER BY a.id DESC
LIMIT @limit

-- name: agreements_about_subject
SELECT a.customer, a.id, r.content, r.free_text
FROM agreement_subject s
JOIN agreement a ON a.customer = s.customer AND a.id = s.id
JOIN agreement_revision r ON r.customer = a.customer AND r.id = a.id AND r.revision = a.revision
WHERE s.subject_type = @subject_type AND s.subject_id = @subject_id AND (@before_id IS NULL OR s.id < @before_id)
ORDER BY s.id DESC
LIMIT @limit

-- name: agreement_revisions
SELECT customer, id, revision, sequence, system, agent, change_time, content, free_text
FROM agreement_revision
WHERE customer = @customer AND id = @id AND revision < @before
ORDER BY revision DESC
LIMIT @limit

-- Outcomes 0 (nothing said) and 1 (RECEIVED) are owed.
-- name: pending_acknowledgements
SELECT k.customer, k.id, k.binding_revision, k.system, k.due_time, k.outcome, k.outcome_time, k.evidence_id, k.reason
FROM acknowledgement k
JOIN agreement a ON a.customer = k.customer AND a.id = k.id AND a.binding_revision = k.binding_revision
WHERE k.outcome IN (0, 1)
    AND (@obliged IS NULL OR k.system = @obliged)
    AND (@origin_system IS NULL OR a.origin_system = @origin_system)
    AND (@overdue_at IS NULL OR k.due_time <= @overdue_at)
    AND (@after_due IS NULL OR k.due_time > @after_due
        OR (k.due_time = @after_due AND k.system || ' ' || k.customer || ' ' || k.id > @after_key))
ORDER BY k.due_time, k.system || ' ' || k.customer || ' ' || k.id
LIMIT @limit

-- name: owed_acknowledgements
SELECT k.system, COUNT(*) AS pending, SUM(CASE WHEN k.due_time <= @now THEN 1 ELSE 0 END) AS overdue
FROM acknowledgement k
JOIN agreement a ON a.customer = k.customer AND a.id = k.id AND a.binding_revision = k.binding_revision
WHERE k.outcome IN (0, 1)
GROUP BY k.system

-- Counted again and again by the sweep: what is not due yet (a million after a day of many agreements) is not joined. Who owes
-- and is in time has 0.
-- name: overdue_acknowledgements
SELECT system, SUM(late) AS overdue
FROM (
    SELECT k.system, 1 AS late
    FROM acknowledgement k
    JOIN agreement a ON a.customer = k.customer AND a.id = k.id AND a.binding_revision = k.binding_revision
    WHERE k.outcome IN (0, 1) AND k.due_time <= @now
    UNION ALL
    SELECT DISTINCT system, 0 AS late
    FROM acknowledgement
    WHERE outcome IN (0, 1)) AS owed
GROUP BY system

-- name: put_acknowledgement
INSERT INTO acknowledgement (customer, id, binding_revision, system, due_time, outcome, outcome_time, evidence_id, reason)
VALUES (@customer, @id, @binding_revision, @obliged, @due_time, @outcome, @outcome_time, @evidence_id, @reason)
ON CONFLICT (customer, id, binding_revision, system) DO UPDATE
SET outcome = excluded.outcome, outcome_time = excluded.outcome_time, evidence_id = excluded.evidence_id, reason = excluded.reason

-- name: action
SELECT customer, id, state, sequence, content FROM action WHERE customer = @customer AND id = @id

-- The newest first: what a system has done, or is about to.
-- name: actions_of_customer
SELECT customer, id, state, sequence, content FROM action
WHERE customer = @customer AND (@before_id IS NULL OR id < @before_id)
ORDER BY id DESC
LIMIT @limit

-- name: all_actions
SELECT customer, id, state, sequence, content FROM action
WHERE @before_id IS NULL OR id < @before_id
ORDER BY id DESC
LIMIT @limit

-- name: put_action
INSERT INTO action (customer, id, state, system, under_way_time, action_time, update_time, sequence, content)
VALUES (@customer, @id, @state, @system, @under_way_time, @action_time, @now, @sequence, @content)
ON CONFLICT (customer, id) DO UPDATE
SET state = excluded.state, system = excluded.system, under_way_time = excluded.under_way_time, action_time = excluded.action_time,
    update_time = excluded.update_time, sequence = excluded.sequence, content = excluded.content

-- name: knows_customer
SELECT EXISTS (SELECT 1 FROM agreement WHERE customer = @customer)
    OR EXISTS (SELECT 1 FROM key_link WHERE customer = @customer)

-- A key is shared if a source said so or if it is linked to somebody else too.
-- name: keys_of_customer
SELECT l.customer, l.key_type, l.key_value, l.handle, l.state, l.origin, l.agent, l.link_time, l.revision,
    l.shared AS told_shared, (l.shared OR EXISTS (
        SELECT 1 FROM key_link o
        WHERE o.key_type = l.key_type AND o.key_value = l.key_value AND o.state = 1 AND o.customer <> l.customer)) AS shared
FROM key_link l
WHERE l.customer = @customer
ORDER BY l.key_type, l.key_value

-- name: key_link
SELECT l.customer, l.key_type, l.key_value, l.handle, l.state, l.origin, l.agent, l.link_time, l.revision,
    l.shared AS told_shared, (l.shared OR EXISTS (
        SELECT 1 FROM key_link o
        WHERE o.key_type = l.key_type AND o.key_value = l.key_value AND o.state = 1 AND o.customer <> l.customer)) AS shared
FROM key_link l
WHERE l.customer = @customer AND l.key_type = @key_type AND l.key_value = @key_value

-- name: customers_by_key
SELECT customer, key_type, key_value, state, shared FROM key_link
WHERE key_type = @key_type AND key_value = @key_value
ORDER BY customer
LIMIT 50

-- name: put_key_link
INSERT INTO key_link (customer, key_type, key_value, handle, state, shared, origin, agent, link_time, revision)
VALUES (@customer, @key_type, @key_value, @handle, @state, @shared, @origin, @agent, @now, @revision)
ON CONFLICT (customer, key_type, key_value) DO UPDATE
SET handle = excluded.handle, state = excluded.state, shared = excluded.shared, origin = excluded.origin, agent = excluded.agent,
    link_time = excluded.link_time, revision = excluded.revision

-- name: share_key_link
UPDATE key_link SET shared = @shared, revision = @revision
WHERE customer = @customer AND key_type = @key_type AND key_value = @key_value

-- name: forget_key_link
DELETE FROM key_link
WHERE customer = @customer AND key_type = @key_type AND key_value = @key_value

-- name: last_key_revision
SELECT coalesce(MAX(revision), 0) FROM (
    SELECT revision FROM key_link WHERE customer = @customer AND key_type = @key_type AND key_value = @key_value
    UNION ALL
    SELECT MAX(revision) FROM key_link_revision WHERE customer = @customer AND key_type = @key_type AND key_value = @key_value) known

-- name: insert_key_link_revision
INSERT INTO key_link_revision (customer, key_type, key_value, revision, sequence, state, shared, origin, agent, change_time)
VALUES (@customer, @key_type, @key_value, @revision, @sequence, @state, @shared, @origin, @agent, @now)

-- name: source_pauses
SELECT source, paused, until_time, system, agent, pause_time, revision FROM source_pause ORDER BY source

-- name: put_source_pause
INSERT INTO source_pause (source, paused, until_time, system, agent, pause_time, revision)
VALUES (@source, @paused, @until_time, @system, @agent, @now, @revision)
ON CONFLICT (source) DO UPDATE
SET paused = excluded.paused, until_time = excluded.until_time, system = excluded.system, agent = excluded.agent,
    pause_time = excluded.pause_time, revision = excluded.revision

-- name: insert_decision
INSERT INTO decision (id, customer, system, agent, purpose, action, verdict, subjects, agreements, sequence, decide_time, trace_id)
VALUES (@id, @customer, @system, @agent, @purpose, @action, @verdict, @subjects, @agreements, @sequence, @now, @trace_id)

-- name: conflicts_of_customer
SELECT c.customer, c.id, c.kind, c.owner, c.state, c.revision, c.first_seen_time, c.last_seen_time, c.fingerprint, r.content, r.note
FROM conflict c JOIN conflict_revision r ON r.customer = c.customer AND r.id = c.id AND r.revision = c.revision
WHERE c.customer = @customer
ORDER BY c.first_seen_time DESC, c.customer || ' ' || c.id

-- name: all_conflicts
SELECT c.customer, c.id, c.kind, c.owner, c.state, c.revision, c.first_seen_time, c.last_seen_time, c.fingerprint, r.content, r.note
FROM conflict c JOIN conflict_revision r ON r.customer = c.customer AND r.id = c.id AND r.revision = c.revision
WHERE (@state IS NULL OR c.state = @state)
    AND (@before_time IS NULL OR c.first_seen_time < @before_time
        OR (c.first_seen_time = @before_time AND c.customer || ' ' || c.id > @after_key))
ORDER BY c.first_seen_time DESC, c.customer || ' ' || c.id
LIMIT @limit

-- name: conflict_at_revision
SELECT c.customer, c.id, c.kind, c.owner, c.state, r.revision, c.first_seen_time, c.last_seen_time, c.fingerprint, r.content, r.note
FROM conflict c JOIN conflict_revision r ON r.customer = c.customer AND r.id = c.id
WHERE c.customer = @customer AND c.id = @id AND r.revision = @revision

-- name: open_conflicts
SELECT kind, owner, COUNT(*) AS number FROM conflict WHERE state = 1 GROUP BY kind, owner

-- name: put_conflict
INSERT INTO conflict (customer, id, kind, owner, state, revision, first_seen_time, last_seen_time, fingerprint)
VALUES (@customer, @id, @kind, @owner, @state, @revision, @first_seen_time, @last_seen_time, @fingerprint)
ON CONFLICT (customer, id) DO UPDATE
SET owner = excluded.owner, state = excluded.state, revision = excluded.revision, last_seen_time = excluded.last_seen_time,
    fingerprint = excluded.fingerprint

-- name: insert_conflict_revision
INSERT INTO conflict_revision (customer, id, revision, sequence, system, agent, change_time, content, note)
VALUES (@customer, @id, @revision, @sequence, @system, @agent, @now, @content, @note)

-- Customers that the sweep looks at: with an agreement that can bind or that ended lately, or with a conflict that is open. Each
-- part stops by itself after as many as are asked, so that a page costs as much as it gives.
-- name: sweep_customers
SELECT customer FROM (
    SELECT customer FROM (
        SELECT DISTINCT customer FROM agreement
        WHERE customer > @position AND (state IN (1, 2, 3) OR update_time >= @since)
        ORDER BY customer LIMIT @limit) AS binding
    UNION
    SELECT customer FROM (
        SELECT DISTINCT customer FROM conflict
        WHERE customer > @position AND state = 1
        ORDER BY customer LIMIT @limit) AS contradicted) AS found
ORDER BY customer
LIMIT @limit

-- One instance sweeps at a time: taken in one statement, by whoever has it already or after its time has passed.
-- name: take_sweep
UPDATE sweep_lease SET owner = @owner, until_time = @until_time
WHERE one = 1 AND (owner = @owner OR until_time <= @now OR until_time > @latest)
RETURNING owner, until_time, position, complete_time

-- name: keep_sweep
UPDATE sweep_lease SET until_time = @until_time, position = @position, complete_time = coalesce(@complete_time, complete_time)
WHERE one = 1 AND owner = @owner AND until_time > @now
RETURNING owner, until_time, position, complete_time

-- name: sweep_lease
SELECT owner, until_time, position, complete_time FROM sweep_lease

-- Many with one command: @rows is an array of arrays, each in the order of the columns, its moment in microseconds since 1970.
-- One that stands already was written by a commit whose answer was lost.
-- name: insert_access_records
INSERT INTO access_record (customer, id, access_time, system, agent, purpose, method, sections, sources, trace_id)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9
FROM json_each(@rows)
WHERE true
ON CONFLICT DO NOTHING

-- name: access_records
SELECT customer, id, access_time, system, agent, purpose, method, sections, sources, trace_id
FROM access_record
WHERE customer = @customer AND (@before_id IS NULL OR id < @before_id)
ORDER BY id DESC
LIMIT @limit

-- name: insert_action_report
INSERT INTO action_report (customer, id, sequence, content) VALUES (@customer, @id, @sequence, @content)

-- name: action_report
SELECT content FROM action_report
WHERE customer = @customer AND id = @id AND sequence = @sequence
