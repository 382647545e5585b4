-- Telephony on PostgreSQL. Reads by telephone number only, in national spelling: KeySpellings phone must be [ "national" ].
-- Calls that are linked by hand come beside those; mostly of withheld numbers (null). Each number's calls are read in the index's
-- order and no further than the limit (LATERAL). A linked call that a number finds too is left out of the linked half.

-- name: find
SELECT customer_no AS customer_number, name AS display_name, 'PHONE' AS key_type, number AS value
FROM known_caller
WHERE number = ANY(@phones)
ORDER BY number, name, customer_no NULLS FIRST;

-- name: interactions
WITH page AS (
    SELECT own.call_id, own.started_at
    FROM (SELECT DISTINCT number FROM unnest(@phones) AS phone(number)) sought
    CROSS JOIN LATERAL (
        SELECT call_id, started_at FROM call
        WHERE call.number = sought.number
            AND (started_at, call_id) < (coalesce(@before_time::timestamptz, 'infinity'), coalesce(@before_id, ''))
        ORDER BY started_at DESC, call_id DESC LIMIT @limit) own
    UNION ALL
    SELECT call_id, started_at FROM call
    WHERE call_id = ANY(@interaction_ids) AND (number = ANY(@phones)) IS NOT TRUE
        AND (started_at, call_id) < (coalesce(@before_time::timestamptz, 'infinity'), coalesce(@before_id, ''))
    ORDER BY started_at DESC, call_id DESC LIMIT @limit
)
SELECT call.call_id AS id, call.started_at AS occur_time, call.ended_at AS end_time, call.wrapped_at AS record_time,
    'phone' AS channel, CASE call.way WHEN 'IN' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction, false AS public,
    call.reason
        || CASE WHEN call.waited_s >= 300
            THEN '; ' || call.waited_s / 60 || ':' || lpad((call.waited_s % 60)::text, 2, '0') || ' gewacht' ELSE '' END
        || coalesce('; doorverbonden met ' || call.put_through_to, '')
        || CASE call.outcome WHEN 'HUNG_UP' THEN '; opgehangen' WHEN 'NO_ANSWER' THEN '; niet opgenomen' ELSE '' END AS subject,
    call.note AS summary, call.agent AS agent, call.queue AS team, call.caller_name AS participant,
    call.earlier_call AS related_id,
    CASE call.earlier_is WHEN 'SAME' THEN 'PRECEDES' WHEN 'FROM' THEN 'HANDOVER' WHEN 'CALLED_BACK' THEN 'ANSWERS' END AS relation,
    call.started_at AS page_time
FROM page
JOIN call ON call.call_id = page.call_id
ORDER BY page.started_at DESC, page.call_id DESC;

-- name: interaction
SELECT call.call_id AS id, call.started_at AS occur_time, call.ended_at AS end_time, call.wrapped_at AS record_time,
    'phone' AS channel, CASE call.way WHEN 'IN' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction, false AS public,
    call.reason
        || CASE WHEN call.waited_s >= 300
            THEN '; ' || call.waited_s / 60 || ':' || lpad((call.waited_s % 60)::text, 2, '0') || ' gewacht' ELSE '' END
        || coalesce('; doorverbonden met ' || call.put_through_to, '')
        || CASE call.outcome WHEN 'HUNG_UP' THEN '; opgehangen' WHEN 'NO_ANSWER' THEN '; niet opgenomen' ELSE '' END AS subject,
    call.note AS summary, call.agent AS agent, call.queue AS team, call.caller_name AS participant,
    call.earlier_call AS related_id,
    CASE call.earlier_is WHEN 'SAME' THEN 'PRECEDES' WHEN 'FROM' THEN 'HANDOVER' WHEN 'CALLED_BACK' THEN 'ANSWERS' END AS relation,
    call.started_at AS page_time
FROM call
WHERE call.call_id = @interaction_id AND (call.number = ANY(@phones) OR call.call_id = ANY(@interaction_ids));
