-- Webcare on PostgreSQL. Interactions are found by the person (social ids, mail addresses), never by customer number, or are
-- linked by hand. Each person's conversations are read in the index's order and no further than the limit (LATERAL). A linked one
-- that a key finds too is left out of the linked half, so that none comes twice. A profile is sought with LIMIT 1, though its key
-- is unique: the planner takes any JSON for a hundred rows and would read a whole table to join them.

-- name: keys
SELECT 'SOCIAL_ID' AS key_type, profile.external_id AS value, profile.network AS platform, profile.page AS page,
    profile.handle AS handle
FROM contact
JOIN profile ON profile.contact_id = contact.contact_id
WHERE contact.customer_no = @customer_number
ORDER BY profile.network, profile.page, profile.external_id;

-- name: find
SELECT customer_number, display_name, place, key_type, value, platform, page
FROM (
    SELECT contact.customer_no AS customer_number, contact.display_name AS display_name, contact.town AS place,
        'SOCIAL_ID' AS key_type, own.external_id AS value, own.network AS platform, own.page AS page,
        contact.contact_id AS contact_id
    FROM (
        SELECT DISTINCT platform, page, id
        FROM jsonb_to_recordset(@social_ids::jsonb) AS s(platform text, page text, id text)) sought
    CROSS JOIN LATERAL (
        SELECT network, page, external_id, contact_id FROM profile
        WHERE profile.network = sought.platform AND profile.page = sought.page AND profile.external_id = sought.id LIMIT 1) own
    JOIN contact ON contact.contact_id = own.contact_id
    UNION ALL
    SELECT contact.customer_no, contact.display_name, contact.town, 'EMAIL', lower(contact.email), NULL, NULL, contact.contact_id
    FROM contact
    WHERE lower(contact.email) = ANY(@emails)
) hit
ORDER BY platform, page, value, contact_id;

-- name: interactions
WITH person AS (
    SELECT own.contact_id
    FROM jsonb_to_recordset(@social_ids::jsonb) AS s(platform text, page text, id text)
    CROSS JOIN LATERAL (
        SELECT contact_id FROM profile
        WHERE profile.network = s.platform AND profile.page = s.page AND profile.external_id = s.id LIMIT 1) own
    UNION
    SELECT contact_id FROM contact WHERE lower(email) = ANY(@emails)
), page AS (
    SELECT own.thread_id, own.opened_at
    FROM person
    CROSS JOIN LATERAL (
        SELECT thread_id, opened_at FROM thread
        WHERE thread.contact_id = person.contact_id
            AND (opened_at, thread_id) < (coalesce(@before_time::timestamptz, 'infinity'), coalesce(@before_id, ''))
        ORDER BY opened_at DESC, thread_id DESC LIMIT @limit) own
    UNION ALL
    SELECT thread_id, opened_at FROM thread
    WHERE thread_id = ANY(@interaction_ids) AND contact_id NOT IN (SELECT contact_id FROM person)
        AND (opened_at, thread_id) < (coalesce(@before_time::timestamptz, 'infinity'), coalesce(@before_id, ''))
    ORDER BY opened_at DESC, thread_id DESC LIMIT @limit
)
SELECT thread.thread_id AS id, thread.opened_at AS occur_time, thread.closed_at AS end_time, thread.stored_at AS record_time,
    thread.channel AS channel, CASE thread.opened_by WHEN 'customer' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction,
    thread.on_page AS public, thread.topic AS subject, thread.summary AS summary, thread.agent AS agent,
    thread.team AS team, contact.display_name AS participant, thread.previous_thread AS related_id,
    CASE thread.previous_is WHEN 'earlier' THEN 'PRECEDES' WHEN 'handed over' THEN 'HANDOVER' WHEN 'answered' THEN 'ANSWERS' END
        AS relation
FROM page
JOIN thread ON thread.thread_id = page.thread_id
JOIN contact ON contact.contact_id = thread.contact_id
ORDER BY page.opened_at DESC, page.thread_id DESC;

-- name: messages
WITH person AS (
    SELECT own.contact_id
    FROM jsonb_to_recordset(@social_ids::jsonb) AS s(platform text, page text, id text)
    CROSS JOIN LATERAL (
        SELECT contact_id FROM profile
        WHERE profile.network = s.platform AND profile.page = s.page AND profile.external_id = s.id LIMIT 1) own
    UNION
    SELECT contact_id FROM contact WHERE lower(email) = ANY(@emails)
), page AS (
    SELECT own.thread_id, own.opened_at
    FROM person
    CROSS JOIN LATERAL (
        SELECT thread_id, opened_at FROM thread
        WHERE thread.contact_id = person.contact_id
            AND (opened_at, thread_id) < (coalesce(@before_time::timestamptz, 'infinity'), coalesce(@before_id, ''))
        ORDER BY opened_at DESC, thread_id DESC LIMIT @limit) own
    UNION ALL
    SELECT thread_id, opened_at FROM thread
    WHERE thread_id = ANY(@interaction_ids) AND contact_id NOT IN (SELECT contact_id FROM person)
        AND (opened_at, thread_id) < (coalesce(@before_time::timestamptz, 'infinity'), coalesce(@before_id, ''))
    ORDER BY opened_at DESC, thread_id DESC LIMIT @limit
)
SELECT post.thread_id AS interaction_id, post.post_id AS id, post.posted_at AS occur_time,
    CASE post.author WHEN 'customer' THEN 'CUSTOMER' WHEN 'webcare' THEN 'COMPANY' ELSE 'SYSTEM' END AS author,
    post.author_name AS author_name, post.body AS text, post.on_page AS public
FROM page
JOIN post ON post.thread_id = page.thread_id
ORDER BY post.posted_at, post.thread_id, post.post_id;

-- name: interaction
WITH person AS (
    SELECT own.contact_id
    FROM jsonb_to_recordset(@social_ids::jsonb) AS s(platform text, page text, id text)
    CROSS JOIN LATERAL (
        SELECT contact_id FROM profile
        WHERE profile.network = s.platform AND profile.page = s.page AND profile.external_id = s.id LIMIT 1) own
    UNION
    SELECT contact_id FROM contact WHERE lower(email) = ANY(@emails)
)
SELECT thread.thread_id AS id, thread.opened_at AS occur_time, thread.closed_at AS end_time, thread.stored_at AS record_time,
    thread.channel AS channel, CASE thread.opened_by WHEN 'customer' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction,
    thread.on_page AS public, thread.topic AS subject, thread.summary AS summary, thread.agent AS agent,
    thread.team AS team, contact.display_name AS participant, thread.previous_thread AS related_id,
    CASE thread.previous_is WHEN 'earlier' THEN 'PRECEDES' WHEN 'handed over' THEN 'HANDOVER' WHEN 'answered' THEN 'ANSWERS' END
        AS relation
FROM thread
JOIN contact ON contact.contact_id = thread.contact_id
WHERE thread.thread_id = @interaction_id
    AND (thread.contact_id IN (SELECT contact_id FROM person) OR thread.thread_id = ANY(@interaction_ids));

-- name: interaction_messages
WITH person AS (
    SELECT own.contact_id
    FROM jsonb_to_recordset(@social_ids::jsonb) AS s(platform text, page text, id text)
    CROSS JOIN LATERAL (
        SELECT contact_id FROM profile
        WHERE profile.network = s.platform AND profile.page = s.page AND profile.external_id = s.id LIMIT 1) own
    UNION
    SELECT contact_id FROM contact WHERE lower(email) = ANY(@emails)
)
SELECT post.thread_id AS interaction_id, post.post_id AS id, post.posted_at AS occur_time,
    CASE post.author WHEN 'customer' THEN 'CUSTOMER' WHEN 'webcare' THEN 'COMPANY' ELSE 'SYSTEM' END AS author,
    post.author_name AS author_name, post.body AS text, post.on_page AS public
FROM thread
JOIN post ON post.thread_id = thread.thread_id
WHERE thread.thread_id = @interaction_id
    AND (thread.contact_id IN (SELECT contact_id FROM person) OR thread.thread_id = ANY(@interaction_ids))
ORDER BY post.posted_at, post.post_id;
