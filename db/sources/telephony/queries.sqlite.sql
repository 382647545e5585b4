-- Telephony on SQLite. Reads by telephone number only, in national spelling: KeySpellings phone must be [ "national" ].
-- Calls that are linked by hand come beside those; mostly of withheld numbers (null), which no NOT IN lets through. UNION would
-- drop what both halves find too, but only after it had sorted all calls of a number; each half of UNION ALL stops at the limit.

-- name: find
SELECT customer_no AS customer_number, name AS display_name, 'PHONE' AS key_type, number AS value
FROM known_caller
WHERE number IN (SELECT value FROM json_each(@phones));

-- name: interactions
WITH page AS (
    SELECT call_id, started_at FROM call
    WHERE number IN (SELECT value FROM json_each(@phones))
        AND (started_at, call_id) < (coalesce(@before_time, 9223372036854775807), coalesce(@before_id, ''))
    UNION ALL
    SELECT call_id, started_at FROM call
    WHERE call_id IN (SELECT value FROM json_each(@interaction_ids))
        AND (number IN (SELECT value FROM json_each(@phones))) IS NOT TRUE
        AND (started_at, call_id) < (coalesce(@before_time, 9223372036854775807), coalesce(@before_id, ''))
    ORDER BY started_at DESC, call_id DESC LIMIT @limit
)
SELECT call.call_id AS id,
    strftime('%Y-%m-%dT%H:%M:%SZ', call.started_at, 'unixepoch') AS occur_time,
    strftime('%Y-%m-%dT%H:%M:%SZ', call.ended_at, 'unixepoch') AS end_time,
    strftime('%Y-%m-%dT%H:%M:%SZ', call.wrapped_at, 'unixepoch') AS record_time,
    'phone' AS channel, CASE call.way WHEN 'IN' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction, 0 AS public,
    call.reason
        || CASE WHEN call.waited_s >= 300 THEN printf('; %d:%02d gewacht', call.waited_s / 60, call.waited_s % 60) ELSE '' END
        || coalesce('; doorverbonden met ' || call.put_through_to, '')
        || CASE call.outcome WHEN 'HUNG_UP' THEN '; opgehangen' WHEN 'NO_ANSWER' THEN '; niet opgenomen' ELSE '' END AS subject,
    call.note AS summary, call.agent AS agent, call.queue AS team, call.caller_name AS participant,
    call.earlier_call AS related_id,
    CASE call.earlier_is WHEN 'SAME' THEN 'PRECEDES' WHEN 'FROM' THEN 'HANDOVER' WHEN 'CALLED_BACK' THEN 'ANSWERS' END AS relation,
    call.started_at AS page_time
FROM page
CROSS JOIN call ON call.call_id = page.call_id
ORDER BY page.started_at DESC, page.call_id DESC;

-- name: interaction
SELECT call.call_id AS id,
    strftime('%Y-%m-%dT%H:%M:%SZ', call.started_at, 'unixepoch') AS occur_time,
    strftime('%Y-%m-%dT%H:%M:%SZ', call.ended_at, 'unixepoch') AS end_time,
    strftime('%Y-%m-%dT%H:%M:%SZ', call.wrapped_at, 'unixepoch') AS record_time,
    'phone' AS channel, CASE call.way WHEN 'IN' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction, 0 AS public,
    call.reason
        || CASE WHEN call.waited_s >= 300 THEN printf('; %d:%02d gewacht', call.waited_s / 60, call.waited_s % 60) ELSE '' END
        || coalesce('; doorverbonden met ' || call.put_through_to, '')
        || CASE call.outcome WHEN 'HUNG_UP' THEN '; opgehangen' WHEN 'NO_ANSWER' THEN '; niet opgenomen' ELSE '' END AS subject,
    call.note AS summary, call.agent AS agent, call.queue AS team, call.caller_name AS participant,
    call.earlier_call AS related_id,
    CASE call.earlier_is WHEN 'SAME' THEN 'PRECEDES' WHEN 'FROM' THEN 'HANDOVER' WHEN 'CALLED_BACK' THEN 'ANSWERS' END AS relation,
    call.started_at AS page_time
FROM call
WHERE call.call_id = @interaction_id
    AND (call.number IN (SELECT value FROM json_each(@phones))
        OR call.call_id IN (SELECT value FROM json_each(@interaction_ids)));
