-- Webcare on SQLite. Interactions are found by the person (social ids, mail addresses), never by customer number, or are linked
-- by hand. A linked one that a key finds too is left out of the linked half: UNION would drop it as well, but only after it had
-- sorted all that the keys find, where each half of UNION ALL stops at the limit.

-- name: keys
SELECT 'SOCIAL_ID' AS key_type, profile.external_id AS value, profile.network AS platform, profile.page AS page,
    profile.handle AS handle
FROM contact
CROSS JOIN profile ON profile.contact_id = contact.contact_id
WHERE contact.customer_no = @customer_number
ORDER BY profile.network, profile.page, profile.external_id;

-- name: find
SELECT contact.customer_no AS customer_number, contact.display_name AS display_name, contact.town AS place,
    'SOCIAL_ID' AS key_type, profile.external_id AS value, profile.network AS platform, profile.page AS page
FROM profile
CROSS JOIN contact ON contact.contact_id = profile.contact_id
WHERE (profile.network, profile.page, profile.external_id) IN (
    SELECT value ->> '$.platform', value ->> '$.page', value ->> '$.id' FROM json_each(@social_ids))
UNION ALL
SELECT contact.customer_no, contact.display_name, contact.town, 'EMAIL', lower(contact.email), NULL, NULL
FROM contact
WHERE lower(contact.email) IN (SELECT value FROM json_each(@emails));

-- name: interactions
WITH person AS (
    SELECT contact_id FROM profile
    WHERE (network, page, external_id) IN (
        SELECT value ->> '$.platform', value ->> '$.page', value ->> '$.id' FROM json_each(@social_ids))
    UNION
    SELECT contact_id FROM contact WHERE lower(email) IN (SELECT value FROM json_each(@emails))
), page AS (
    SELECT thread_id, opened_at FROM thread
    WHERE contact_id IN (SELECT contact_id FROM person)
        AND (opened_at, thread_id) < (coalesce(@before_time, '~'), coalesce(@before_id, ''))
    UNION ALL
    SELECT thread_id, opened_at FROM thread
    WHERE thread_id IN (SELECT value FROM json_each(@interaction_ids))
        AND contact_id NOT IN (SELECT contact_id FROM person)
        AND (opened_at, thread_id) < (coalesce(@before_time, '~'), coalesce(@before_id, ''))
    ORDER BY opened_at DESC, thread_id DESC LIMIT @limit
)
SELECT thread.thread_id AS id, thread.opened_at AS occur_time, thread.closed_at AS end_time, thread.stored_at AS record_time,
    thread.channel AS channel, CASE thread.opened_by WHEN 'customer' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction,
    thread.on_page AS public, thread.topic AS subject, thread.summary AS summary, thread.agent AS agent,
    thread.team AS team, contact.display_name AS participant, thread.previous_thread AS related_id,
    CASE thread.previous_is WHEN 'earlier' THEN 'PRECEDES' WHEN 'handed over' THEN 'HANDOVER' WHEN 'answered' THEN 'ANSWERS' END
        AS relation
FROM page
CROSS JOIN thread ON thread.thread_id = page.thread_id
CROSS JOIN contact ON contact.contact_id = thread.contact_id
ORDER BY page.opened_at DESC, page.thread_id DESC;

-- name: messages
WITH person AS (
    SELECT contact_id FROM profile
    WHERE (network, page, external_id) IN (
        SELECT value ->> '$.platform', value ->> '$.page', value ->> '$.id' FROM json_each(@social_ids))
    UNION
    SELECT contact_id FROM contact WHERE lower(email) IN (SELECT value FROM json_each(@emails))
), page AS (
    SELECT thread_id, opened_at FROM thread
    WHERE contact_id IN (SELECT contact_id FROM person)
        AND (opened_at, thread_id) < (coalesce(@before_time, '~'), coalesce(@before_id, ''))
    UNION ALL
    SELECT thread_id, opened_at FROM thread
    WHERE thread_id IN (SELECT value FROM json_each(@interaction_ids))
        AND contact_id NOT IN (SELECT contact_id FROM person)
        AND (opened_at, thread_id) < (coalesce(@before_time, '~'), coalesce(@before_id, ''))
    ORDER BY opened_at DESC, thread_id DESC LIMIT @limit
)
SELECT post.thread_id AS interaction_id, post.post_id AS id, post.posted_at AS occur_time,
    CASE post.author WHEN 'customer' THEN 'CUSTOMER' WHEN 'webcare' THEN 'COMPANY' ELSE 'SYSTEM' END AS author,
    post.author_name AS author_name, post.body AS text, post.on_page AS public
FROM page
CROSS JOIN post ON post.thread_id = page.thread_id
ORDER BY post.posted_at, post.thread_id, post.post_id;

-- name: interaction
WITH person AS (
    SELECT contact_id FROM profile
    WHERE (network, page, external_id) IN (
        SELECT value ->> '$.platform', value ->> '$.page', value ->> '$.id' FROM json_each(@social_ids))
    UNION
    SELECT contact_id FROM contact WHERE lower(email) IN (SELECT value FROM json_each(@emails))
)
SELECT thread.thread_id AS id, thread.opened_at AS occur_time, thread.closed_at AS end_time, thread.stored_at AS record_time,
    thread.channel AS channel, CASE thread.opened_by WHEN 'customer' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction,
    thread.on_page AS public, thread.topic AS subject, thread.summary AS summary, thread.agent AS agent,
    thread.team AS team, contact.display_name AS participant, thread.previous_thread AS related_id,
    CASE thread.previous_is WHEN 'earlier' THEN 'PRECEDES' WHEN 'handed over' THEN 'HANDOVER' WHEN 'answered' THEN 'ANSWERS' END
        AS relation
FROM thread
CROSS JOIN contact ON contact.contact_id = thread.contact_id
WHERE thread.thread_id = @interaction_id
    AND (thread.contact_id IN (SELECT contact_id FROM person)
        OR thread.thread_id IN (SELECT value FROM json_each(@interaction_ids)));

-- name: interaction_messages
WITH person AS (
    SELECT contact_id FROM profile
    WHERE (network, page, external_id) IN (
        SELECT value ->> '$.platform', value ->> '$.page', value ->> '$.id' FROM json_each(@social_ids))
    UNION
    SELECT contact_id FROM contact WHERE lower(email) IN (SELECT value FROM json_each(@emails))
)
SELECT post.thread_id AS interaction_id, post.post_id AS id, post.posted_at AS occur_time,
    CASE post.author WHEN 'customer' THEN 'CUSTOMER' WHEN 'webcare' THEN 'COMPANY' ELSE 'SYSTEM' END AS author,
    post.author_name AS author_name, post.body AS text, post.on_page AS public
FROM thread
CROSS JOIN post ON post.thread_id = thread.thread_id
WHERE thread.thread_id = @interaction_id
    AND (thread.contact_id IN (SELECT contact_id FROM person)
        OR thread.thread_id IN (SELECT value FROM json_each(@interaction_ids)))
ORDER BY post.posted_at, post.post_id;
