-- Webcare on SQL Server. Interactions are found by the person (social ids, mail addresses), never by customer number, or
-- by their own id (@interaction_ids) where an agent has linked them to the customer.
-- SQL Server compares without trailing blanks and an OPENJSON column cuts off what is too long: so lengths are compared too,
-- and the lists' columns are wider than the table's. COLLATE stands on the list's side, where it costs no index.

-- name: keys
SELECT 'SOCIAL_ID' AS key_type, profile.external_id AS value, profile.network AS platform, profile.page AS page,
    profile.handle AS handle
FROM contact
INNER JOIN profile ON profile.contact_id = contact.contact_id
WHERE contact.customer_no = CAST(@customer_number AS varchar(128)) AND contact.customer_no IS NOT NULL
ORDER BY profile.network, profile.page, profile.external_id;

-- name: find
SELECT contact.customer_no AS customer_number, contact.display_name AS display_name, contact.town AS place,
    'SOCIAL_ID' AS key_type, profile.external_id AS value, profile.network AS platform, profile.page AS page
FROM (
    SELECT DISTINCT listed.platform COLLATE Latin1_General_100_BIN2 AS platform, listed.page COLLATE Latin1_General_100_BIN2 AS page,
        listed.id COLLATE Latin1_General_100_BIN2 AS id, DATALENGTH(listed.page) AS page_bytes, DATALENGTH(listed.id) AS id_bytes
    FROM OPENJSON(@social_ids)
        WITH (platform nvarchar(64) '$.platform', page nvarchar(256) '$.page', id nvarchar(256) '$.id') AS listed) AS wanted
INNER JOIN profile ON profile.network = wanted.platform
    AND profile.page = wanted.page
    AND profile.external_id = wanted.id
    AND DATALENGTH(profile.page) = wanted.page_bytes AND DATALENGTH(profile.external_id) = wanted.id_bytes
INNER JOIN contact ON contact.contact_id = profile.contact_id
UNION ALL
SELECT contact.customer_no, contact.display_name, contact.town, 'EMAIL', contact.email_lower, NULL, NULL
FROM (
    SELECT DISTINCT listed.value COLLATE Latin1_General_100_BIN2 AS value, DATALENGTH(listed.value) AS bytes
    FROM OPENJSON(@emails) WITH (value nvarchar(508) '$') AS listed) AS wanted
INNER JOIN contact ON contact.email_lower = wanted.value
    AND DATALENGTH(contact.email_lower) = wanted.bytes;

-- name: interactions
WITH person AS (
    SELECT profile.contact_id
    FROM OPENJSON(@social_ids) WITH (platform nvarchar(64) '$.platform', page nvarchar(256) '$.page', id nvarchar(256) '$.id') AS wanted
    INNER JOIN profile ON profile.network = wanted.platform COLLATE Latin1_General_100_BIN2
        AND profile.page = wanted.page COLLATE Latin1_General_100_BIN2
        AND profile.external_id = wanted.id COLLATE Latin1_General_100_BIN2
        AND DATALENGTH(profile.page) = DATALENGTH(wanted.page) AND DATALENGTH(profile.external_id) = DATALENGTH(wanted.id)
    UNION
    SELECT contact.contact_id
    FROM OPENJSON(@emails) WITH (value nvarchar(508) '$') AS wanted
    INNER JOIN contact ON contact.email_lower = wanted.value COLLATE Latin1_General_100_BIN2
        AND DATALENGTH(contact.email_lower) = DATALENGTH(wanted.value)
), page AS (
    SELECT TOP (@limit) found.contact_id, found.opened_at, found.thread_id
    FROM (
        SELECT own.contact_id, own.opened_at, own.thread_id
        FROM person
        CROSS APPLY (
            SELECT TOP (@limit) thread.contact_id, thread.opened_at, thread.thread_id
            FROM thread
            WHERE thread.contact_id = person.contact_id
                AND thread.opened_at <= CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(3))
                AND (thread.opened_at < CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(3))
                    OR thread.thread_id < CAST(@before_id AS varchar(128)))
            ORDER BY thread.opened_at DESC, thread.thread_id DESC
        ) AS own
        UNION
        SELECT thread.contact_id, thread.opened_at, thread.thread_id
        FROM OPENJSON(@interaction_ids) WITH (value varchar(128) '$') AS linked
        INNER JOIN thread ON thread.thread_id = linked.value COLLATE Latin1_General_100_BIN2
            AND DATALENGTH(thread.thread_id) = DATALENGTH(linked.value)
        WHERE thread.opened_at <= CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(3))
            AND (thread.opened_at < CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(3))
                OR thread.thread_id < CAST(@before_id AS varchar(128)))
    ) AS found
    ORDER BY found.opened_at DESC, found.thread_id DESC
)
SELECT thread.thread_id AS id, thread.opened_at AS occur_time, thread.closed_at AS end_time, thread.stored_at AS record_time,
    thread.channel AS channel, CASE thread.opened_by WHEN 'customer' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction,
    thread.on_page AS [public], thread.topic AS subject, thread.summary AS summary, thread.agent AS agent,
    thread.team AS team, contact.display_name AS participant, thread.previous_thread AS related_id,
    CASE thread.previous_is WHEN 'earlier' THEN 'PRECEDES' WHEN 'handed over' THEN 'HANDOVER' WHEN 'answered' THEN 'ANSWERS' END
        AS relation
FROM page
INNER JOIN thread ON thread.contact_id = page.contact_id AND thread.opened_at = page.opened_at AND thread.thread_id = page.thread_id
INNER JOIN contact ON contact.contact_id = thread.contact_id
ORDER BY page.opened_at DESC, page.thread_id DESC;

-- name: messages
WITH person AS (
    SELECT profile.contact_id
    FROM OPENJSON(@social_ids) WITH (platform nvarchar(64) '$.platform', page nvarchar(256) '$.page', id nvarchar(256) '$.id') AS wanted
    INNER JOIN profile ON profile.network = wanted.platform COLLATE Latin1_General_100_BIN2
        AND profile.page = wanted.page COLLATE Latin1_General_100_BIN2
        AND profile.external_id = wanted.id COLLATE Latin1_General_100_BIN2
        AND DATALENGTH(profile.page) = DATALENGTH(wanted.page) AND DATALENGTH(profile.external_id) = DATALENGTH(wanted.id)
    UNION
    SELECT contact.contact_id
    FROM OPENJSON(@emails) WITH (value nvarchar(508) '$') AS wanted
    INNER JOIN contact ON contact.email_lower = wanted.value COLLATE Latin1_General_100_BIN2
        AND DATALENGTH(contact.email_lower) = DATALENGTH(wanted.value)
), page AS (
    SELECT TOP (@limit) found.contact_id, found.opened_at, found.thread_id
    FROM (
        SELECT own.contact_id, own.opened_at, own.thread_id
        FROM person
        CROSS APPLY (
            SELECT TOP (@limit) thread.contact_id, thread.opened_at, thread.thread_id
            FROM thread
            WHERE thread.contact_id = person.contact_id
                AND thread.opened_at <= CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(3))
                AND (thread.opened_at < CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(3))
                    OR thread.thread_id < CAST(@before_id AS varchar(128)))
            ORDER BY thread.opened_at DESC, thread.thread_id DESC
        ) AS own
        UNION
        SELECT thread.contact_id, thread.opened_at, thread.thread_id
        FROM OPENJSON(@interaction_ids) WITH (value varchar(128) '$') AS linked
        INNER JOIN thread ON thread.thread_id = linked.value COLLATE Latin1_General_100_BIN2
            AND DATALENGTH(thread.thread_id) = DATALENGTH(linked.value)
        WHERE thread.opened_at <= CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(3))
            AND (thread.opened_at < CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(3))
                OR thread.thread_id < CAST(@before_id AS varchar(128)))
    ) AS found
    ORDER BY found.opened_at DESC, found.thread_id DESC
)
SELECT post.thread_id AS interaction_id, post.post_id AS id, post.posted_at AS occur_time,
    CASE post.author WHEN 'customer' THEN 'CUSTOMER' WHEN 'webcare' THEN 'COMPANY' ELSE 'SYSTEM' END AS author,
    post.author_name AS author_name, post.body AS text, post.on_page AS [public]
FROM page
INNER JOIN post ON post.thread_id = page.thread_id
ORDER BY post.posted_at, post.thread_id, post.post_id;

-- name: interaction
WITH person AS (
    SELECT profile.contact_id
    FROM OPENJSON(@social_ids) WITH (platform nvarchar(64) '$.platform', page nvarchar(256) '$.page', id nvarchar(256) '$.id') AS wanted
    INNER JOIN profile ON profile.network = wanted.platform COLLATE Latin1_General_100_BIN2
        AND profile.page = wanted.page COLLATE Latin1_General_100_BIN2
        AND profile.external_id = wanted.id COLLATE Latin1_General_100_BIN2
        AND DATALENGTH(profile.page) = DATALENGTH(wanted.page) AND DATALENGTH(profile.external_id) = DATALENGTH(wanted.id)
    UNION
    SELECT contact.contact_id
    FROM OPENJSON(@emails) WITH (value nvarchar(508) '$') AS wanted
    INNER JOIN contact ON contact.email_lower = wanted.value COLLATE Latin1_General_100_BIN2
        AND DATALENGTH(contact.email_lower) = DATALENGTH(wanted.value)
)
SELECT thread.thread_id AS id, thread.opened_at AS occur_time, thread.closed_at AS end_time, thread.stored_at AS record_time,
    thread.channel AS channel, CASE thread.opened_by WHEN 'customer' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction,
    thread.on_page AS [public], thread.topic AS subject, thread.summary AS summary, thread.agent AS agent,
    thread.team AS team, contact.display_name AS participant, thread.previous_thread AS related_id,
    CASE thread.previous_is WHEN 'earlier' THEN 'PRECEDES' WHEN 'handed over' THEN 'HANDOVER' WHEN 'answered' THEN 'ANSWERS' END
        AS relation
FROM thread
INNER JOIN contact ON contact.contact_id = thread.contact_id
WHERE thread.thread_id = CAST(@interaction_id AS varchar(128))
    AND DATALENGTH(thread.thread_id) = DATALENGTH(CAST(@interaction_id AS varchar(128)))
    AND (EXISTS (SELECT 1 FROM person WHERE person.contact_id = thread.contact_id)
        OR EXISTS (
            SELECT 1 FROM OPENJSON(@interaction_ids) WITH (value varchar(128) '$') AS linked
            WHERE linked.value COLLATE Latin1_General_100_BIN2 = thread.thread_id
                AND DATALENGTH(linked.value) = DATALENGTH(thread.thread_id)));

-- name: interaction_messages
WITH person AS (
    SELECT profile.contact_id
    FROM OPENJSON(@social_ids) WITH (platform nvarchar(64) '$.platform', page nvarchar(256) '$.page', id nvarchar(256) '$.id') AS wanted
    INNER JOIN profile ON profile.network = wanted.platform COLLATE Latin1_General_100_BIN2
        AND profile.page = wanted.page COLLATE Latin1_General_100_BIN2
        AND profile.external_id = wanted.id COLLATE Latin1_General_100_BIN2
        AND DATALENGTH(profile.page) = DATALENGTH(wanted.page) AND DATALENGTH(profile.external_id) = DATALENGTH(wanted.id)
    UNION
    SELECT contact.contact_id
    FROM OPENJSON(@emails) WITH (value nvarchar(508) '$') AS wanted
    INNER JOIN contact ON contact.email_lower = wanted.value COLLATE Latin1_General_100_BIN2
        AND DATALENGTH(contact.email_lower) = DATALENGTH(wanted.value)
)
SELECT post.thread_id AS interaction_id, post.post_id AS id, post.posted_at AS occur_time,
    CASE post.author WHEN 'customer' THEN 'CUSTOMER' WHEN 'webcare' THEN 'COMPANY' ELSE 'SYSTEM' END AS author,
    post.author_name AS author_name, post.body AS text, post.on_page AS [public]
FROM thread
INNER JOIN post ON post.thread_id = thread.thread_id
WHERE thread.thread_id = CAST(@interaction_id AS varchar(128))
    AND DATALENGTH(thread.thread_id) = DATALENGTH(CAST(@interaction_id AS varchar(128)))
    AND (EXISTS (SELECT 1 FROM person WHERE person.contact_id = thread.contact_id)
        OR EXISTS (
            SELECT 1 FROM OPENJSON(@interaction_ids) WITH (value varchar(128) '$') AS linked
            WHERE linked.value COLLATE Latin1_General_100_BIN2 = thread.thread_id
                AND DATALENGTH(linked.value) = DATALENGTH(thread.thread_id)))
ORDER BY post.posted_at, post.post_id;
