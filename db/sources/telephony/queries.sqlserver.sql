-- Telephony on SQL Server. Reads by telephone number, in national spelling: KeySpellings phone must be [ "national" ]; or by
-- a call's own id (@interaction_ids) where an agent has linked it to the customer.
-- SQL Server compares without trailing blanks and an OPENJSON column cuts off what is too long: so lengths are compared too,
-- and the lists' columns are wider than the table's. COLLATE stands on the list's side, where it costs no index.

-- name: find
SELECT known_caller.customer_no AS customer_number, known_caller.name AS display_name, 'PHONE' AS key_type,
    known_caller.number AS value
FROM (
    SELECT DISTINCT listed.value COLLATE Latin1_General_100_BIN2 AS value, DATALENGTH(listed.value) AS bytes
    FROM OPENJSON(@phones) WITH (value varchar(64) '$') AS listed) AS wanted
INNER JOIN known_caller ON known_caller.number = wanted.value
    AND DATALENGTH(known_caller.number) = wanted.bytes;

-- name: interactions
WITH page AS (
    SELECT TOP (@limit) found.call_id, found.started_at
    FROM (
        SELECT own.call_id, own.started_at
        FROM OPENJSON(@phones) WITH (value varchar(64) '$') AS wanted
        CROSS APPLY (
            SELECT TOP (@limit) call.call_id, call.started_at
            FROM call
            WHERE call.number = wanted.value COLLATE Latin1_General_100_BIN2 AND call.number IS NOT NULL
                AND DATALENGTH(call.number) = DATALENGTH(wanted.value)
                AND call.started_at <= CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
                AND (call.started_at < CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
                    OR call.call_id < CAST(@before_id AS varchar(128)))
            ORDER BY call.started_at DESC, call.call_id DESC
        ) AS own
        UNION
        SELECT call.call_id, call.started_at
        FROM OPENJSON(@interaction_ids) WITH (value varchar(128) '$') AS linked
        INNER JOIN call ON call.call_id = linked.value COLLATE Latin1_General_100_BIN2
            AND DATALENGTH(call.call_id) = DATALENGTH(linked.value)
        WHERE call.started_at <= CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
            AND (call.started_at < CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
                OR call.call_id < CAST(@before_id AS varchar(128)))
    ) AS found
    ORDER BY found.started_at DESC, found.call_id DESC
)
SELECT call.call_id AS id, call.started_at AS occur_time, call.ended_at AS end_time, call.wrapped_at AS record_time,
    'phone' AS channel, CASE call.way WHEN 'IN' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction, CAST(0 AS bit) AS [public],
    call.reason
        + CASE WHEN call.waited_s >= 300
            THEN CONCAT('; ', call.waited_s / 60, ':', RIGHT(CONCAT('0', call.waited_s % 60), 2), ' gewacht') ELSE '' END
        + coalesce('; doorverbonden met ' + call.put_through_to, '')
        + CASE call.outcome WHEN 'HUNG_UP' THEN '; opgehangen' WHEN 'NO_ANSWER' THEN '; niet opgenomen' ELSE '' END AS subject,
    call.note AS summary, call.agent AS agent, call.queue AS team, call.caller_name AS participant,
    call.earlier_call AS related_id,
    CASE call.earlier_is WHEN 'SAME' THEN 'PRECEDES' WHEN 'FROM' THEN 'HANDOVER' WHEN 'CALLED_BACK' THEN 'ANSWERS' END AS relation,
    call.started_at AS page_time
FROM page
INNER JOIN call ON call.call_id = page.call_id
ORDER BY page.started_at DESC, page.call_id DESC;

-- name: interaction
SELECT call.call_id AS id, call.started_at AS occur_time, call.ended_at AS end_time, call.wrapped_at AS record_time,
    'phone' AS channel, CASE call.way WHEN 'IN' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction, CAST(0 AS bit) AS [public],
    call.reason
        + CASE WHEN call.waited_s >= 300
            THEN CONCAT('; ', call.waited_s / 60, ':', RIGHT(CONCAT('0', call.waited_s % 60), 2), ' gewacht') ELSE '' END
        + coalesce('; doorverbonden met ' + call.put_through_to, '')
        + CASE call.outcome WHEN 'HUNG_UP' THEN '; opgehangen' WHEN 'NO_ANSWER' THEN '; niet opgenomen' ELSE '' END AS subject,
    call.note AS summary, call.agent AS agent, call.queue AS team, call.caller_name AS participant,
    call.earlier_call AS related_id,
    CASE call.earlier_is WHEN 'SAME' THEN 'PRECEDES' WHEN 'FROM' THEN 'HANDOVER' WHEN 'CALLED_BACK' THEN 'ANSWERS' END AS relation,
    call.started_at AS page_time
FROM call
WHERE call.call_id = CAST(@interaction_id AS varchar(128))
    AND DATALENGTH(call.call_id) = DATALENGTH(CAST(@interaction_id AS varchar(128)))
    AND (EXISTS (
            SELECT 1 FROM OPENJSON(@phones) WITH (value varchar(64) '$') AS wanted
            WHERE wanted.value COLLATE Latin1_General_100_BIN2 = call.number AND DATALENGTH(wanted.value) = DATALENGTH(call.number))
        OR EXISTS (
            SELECT 1 FROM OPENJSON(@interaction_ids) WITH (value varchar(128) '$') AS linked
            WHERE linked.value COLLATE Latin1_General_100_BIN2 = call.call_id AND DATALENGTH(linked.value) = DATALENGTH(call.call_id)));
