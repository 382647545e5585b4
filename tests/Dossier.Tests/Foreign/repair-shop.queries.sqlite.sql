-- An invented repair shop on SQLite. Its telephone numbers are whole numbers: KeySpellings phone must be [ "digits" ], and each
-- is made a number here, so that the index is used. A page continues by milliseconds, which a moment's text would round.

-- name: keys
SELECT 'EMAIL' AS key_type, lower(own.mail) AS value,
    EXISTS (SELECT 1 FROM client other WHERE other.mail = own.mail COLLATE NOCASE AND other.client_no <> own.client_no) AS shared
FROM client own
WHERE own.dealer_ref = @customer_number AND own.mail LIKE '%@%'
UNION ALL
SELECT 'PHONE', '+' || own.tel, EXISTS (SELECT 1 FROM client other WHERE other.tel = own.tel AND other.client_no <> own.client_no)
FROM client own
WHERE own.dealer_ref = @customer_number AND own.tel > 9999999
ORDER BY 1, 2;

-- name: find
SELECT nullif(dealer_ref, '') AS customer_number, shown_name AS display_name, town AS place, 'CUSTOMER_NUMBER' AS key_type, dealer_ref AS value
FROM client
WHERE dealer_ref = @customer_number
UNION ALL
SELECT nullif(dealer_ref, ''), shown_name, town, 'EMAIL', lower(mail)
FROM client
WHERE mail COLLATE NOCASE IN (SELECT value FROM json_each(@emails))
UNION ALL
SELECT nullif(dealer_ref, ''), shown_name, town, 'PHONE', '+' || tel
FROM client
WHERE tel IN (SELECT CAST(value AS INTEGER) FROM json_each(@phones));

-- name: interactions
WITH person AS (
    SELECT client_no FROM client WHERE dealer_ref = @customer_number
    UNION
    SELECT client_no FROM client WHERE mail COLLATE NOCASE IN (SELECT value FROM json_each(@emails))
    UNION
    SELECT client_no FROM client WHERE tel IN (SELECT CAST(value AS INTEGER) FROM json_each(@phones))
), linked AS (
    SELECT CAST(value AS INTEGER) AS visit_no FROM json_each(@interaction_ids) WHERE value = CAST(CAST(value AS INTEGER) AS TEXT)
), page AS (
    SELECT * FROM (
        SELECT visit_no, started_ms FROM visit
        WHERE client_no IN (SELECT client_no FROM person)
            AND (started_ms, visit_no) < (coalesce(@before_time, 9223372036854775807), CAST(coalesce(@before_id, 0) AS INTEGER))
        ORDER BY started_ms DESC, visit_no DESC LIMIT @limit)
    UNION
    SELECT * FROM (
        SELECT visit_no, started_ms FROM visit
        WHERE visit_no IN (SELECT visit_no FROM linked)
            AND (started_ms, visit_no) < (coalesce(@before_time, 9223372036854775807), CAST(coalesce(@before_id, 0) AS INTEGER))
        ORDER BY started_ms DESC, visit_no DESC LIMIT @limit)
    ORDER BY started_ms DESC, visit_no DESC LIMIT @limit
)
SELECT CAST(visit.visit_no AS TEXT) AS id,
    strftime('%Y-%m-%dT%H:%M:%fZ', visit.started_ms / 1000.0, 'unixepoch') AS occur_time,
    strftime('%Y-%m-%dT%H:%M:%fZ', visit.left_ms / 1000.0, 'unixepoch') AS end_time,
    strftime('%Y-%m-%dT%H:%M:%fZ', visit.typed_ms / 1000.0, 'unixepoch') AS record_time,
    CASE visit.kind WHEN 1 THEN 'shop' WHEN 2 THEN 'phone' WHEN 3 THEN 'parcel' WHEN 4 THEN 'email' ELSE 'other' END AS channel,
    CASE visit.way WHEN 0 THEN 'INBOUND' WHEN 1 THEN 'OUTBOUND' END AS direction, 0 AS public,
    nullif(visit.complaint, '') AS subject,
    coalesce(visit.diagnosis || ' – ', '') || CASE visit.stage WHEN 10 THEN 'ingenomen' WHEN 20 THEN 'in reparatie'
        WHEN 30 THEN 'wacht op onderdelen' WHEN 40 THEN 'klaar' WHEN 50 THEN 'opgehaald' WHEN 99 THEN 'geannuleerd' ELSE 'onbekend' END AS summary,
    mechanic.nick AS agent, client.shown_name AS participant, CAST(visit.follows AS TEXT) AS related_id,
    CASE WHEN visit.follows IS NOT NULL THEN 'PRECEDES' END AS relation, visit.started_ms AS page_time
FROM page
CROSS JOIN visit ON visit.visit_no = page.visit_no
CROSS JOIN client ON client.client_no = visit.client_no
LEFT JOIN mechanic ON mechanic.mechanic_no = visit.mechanic
ORDER BY page.started_ms DESC, page.visit_no DESC;

-- name: messages
WITH person AS (
    SELECT client_no FROM client WHERE dealer_ref = @customer_number
    UNION
    SELECT client_no FROM client WHERE mail COLLATE NOCASE IN (SELECT value FROM json_each(@emails))
    UNION
    SELECT client_no FROM client WHERE tel IN (SELECT CAST(value AS INTEGER) FROM json_each(@phones))
), linked AS (
    SELECT CAST(value AS INTEGER) AS visit_no FROM json_each(@interaction_ids) WHERE value = CAST(CAST(value AS INTEGER) AS TEXT)
), page AS (
    SELECT * FROM (
        SELECT visit_no, started_ms FROM visit
        WHERE client_no IN (SELECT client_no FROM person)
            AND (started_ms, visit_no) < (coalesce(@before_time, 9223372036854775807), CAST(coalesce(@before_id, 0) AS INTEGER))
        ORDER BY started_ms DESC, visit_no DESC LIMIT @limit)
    UNION
    SELECT * FROM (
        SELECT visit_no, started_ms FROM visit
        WHERE visit_no IN (SELECT visit_no FROM linked)
            AND (started_ms, visit_no) < (coalesce(@before_time, 9223372036854775807), CAST(coalesce(@before_id, 0) AS INTEGER))
        ORDER BY started_ms DESC, visit_no DESC LIMIT @limit)
    ORDER BY started_ms DESC, visit_no DESC LIMIT @limit
)
SELECT CAST(line.visit_no AS TEXT) AS interaction_id, line.visit_no || '.' || line.line_no AS id,
    strftime('%Y-%m-%dT%H:%M:%fZ', line.said_ms / 1000.0, 'unixepoch') AS occur_time,
    CASE line.by WHEN 0 THEN 'CUSTOMER' WHEN 1 THEN 'COMPANY' ELSE 'SYSTEM' END AS author,
    CASE line.by WHEN 0 THEN client.shown_name WHEN 1 THEN mechanic.nick END AS author_name,
    coalesce(line.said, '') AS text, 0 AS public
FROM page
CROSS JOIN visit ON visit.visit_no = page.visit_no
CROSS JOIN client ON client.client_no = visit.client_no
CROSS JOIN line ON line.visit_no = page.visit_no
LEFT JOIN mechanic ON mechanic.mechanic_no = visit.mechanic
ORDER BY line.said_ms, line.visit_no, line.line_no;

-- name: interaction
WITH person AS (
    SELECT client_no FROM client WHERE dealer_ref = @customer_number
    UNION
    SELECT client_no FROM client WHERE mail COLLATE NOCASE IN (SELECT value FROM json_each(@emails))
    UNION
    SELECT client_no FROM client WHERE tel IN (SELECT CAST(value AS INTEGER) FROM json_each(@phones))
)
SELECT CAST(visit.visit_no AS TEXT) AS id,
    strftime('%Y-%m-%dT%H:%M:%fZ', visit.started_ms / 1000.0, 'unixepoch') AS occur_time,
    strftime('%Y-%m-%dT%H:%M:%fZ', visit.left_ms / 1000.0, 'unixepoch') AS end_time,
    strftime('%Y-%m-%dT%H:%M:%fZ', visit.typed_ms / 1000.0, 'unixepoch') AS record_time,
    CASE visit.kind WHEN 1 THEN 'shop' WHEN 2 THEN 'phone' WHEN 3 THEN 'parcel' WHEN 4 THEN 'email' ELSE 'other' END AS channel,
    CASE visit.way WHEN 0 THEN 'INBOUND' WHEN 1 THEN 'OUTBOUND' END AS direction, 0 AS public,
    nullif(visit.complaint, '') AS subject,
    coalesce(visit.diagnosis || ' – ', '') || CASE visit.stage WHEN 10 THEN 'ingenomen' WHEN 20 THEN 'in reparatie'
        WHEN 30 THEN 'wacht op onderdelen' WHEN 40 THEN 'klaar' WHEN 50 THEN 'opgehaald' WHEN 99 THEN 'geannuleerd' ELSE 'onbekend' END AS summary,
    mechanic.nick AS agent, client.shown_name AS participant, CAST(visit.follows AS TEXT) AS related_id,
    CASE WHEN visit.follows IS NOT NULL THEN 'PRECEDES' END AS relation, visit.started_ms AS page_time
FROM visit
CROSS JOIN client ON client.client_no = visit.client_no
LEFT JOIN mechanic ON mechanic.mechanic_no = visit.mechanic
WHERE visit.visit_no = CASE WHEN @interaction_id = CAST(CAST(@interaction_id AS INTEGER) AS TEXT) THEN CAST(@interaction_id AS INTEGER) END
    AND (visit.client_no IN (SELECT client_no FROM person) OR @interaction_id IN (SELECT value FROM json_each(@interaction_ids)));

-- name: interaction_messages
WITH person AS (
    SELECT client_no FROM client WHERE dealer_ref = @customer_number
    UNION
    SELECT client_no FROM client WHERE mail COLLATE NOCASE IN (SELECT value FROM json_each(@emails))
    UNION
    SELECT client_no FROM client WHERE tel IN (SELECT CAST(value AS INTEGER) FROM json_each(@phones))
)
SELECT CAST(line.visit_no AS TEXT) AS interaction_id, line.visit_no || '.' || line.line_no AS id,
    strftime('%Y-%m-%dT%H:%M:%fZ', line.said_ms / 1000.0, 'unixepoch') AS occur_time,
    CASE line.by WHEN 0 THEN 'CUSTOMER' WHEN 1 THEN 'COMPANY' ELSE 'SYSTEM' END AS author,
    CASE line.by WHEN 0 THEN client.shown_name WHEN 1 THEN mechanic.nick END AS author_name,
    coalesce(line.said, '') AS text, 0 AS public
FROM visit
CROSS JOIN client ON client.client_no = visit.client_no
CROSS JOIN line ON line.visit_no = visit.visit_no
LEFT JOIN mechanic ON mechanic.mechanic_no = visit.mechanic
WHERE visit.visit_no = CASE WHEN @interaction_id = CAST(CAST(@interaction_id AS INTEGER) AS TEXT) THEN CAST(@interaction_id AS INTEGER) END
    AND (visit.client_no IN (SELECT client_no FROM person) OR @interaction_id IN (SELECT value FROM json_each(@interaction_ids)))
ORDER BY line.said_ms, line.line_no;

-- name: products
SELECT device.serial AS id, device.model AS display_name,
    CASE device.state WHEN 0 THEN 'in use' WHEN 1 THEN 'in repair' WHEN 2 THEN 'scrapped' END AS status,
    date(device.bought_day * 86400, 'unixepoch') AS start_date, date(device.gone_day * 86400, 'unixepoch') AS end_date
FROM client
CROSS JOIN device ON device.client_no = client.client_no
WHERE client.dealer_ref = @customer_number
ORDER BY device.bought_day DESC, device.serial DESC LIMIT @limit;
