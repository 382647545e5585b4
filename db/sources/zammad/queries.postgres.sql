-- Zammad on PostgreSQL, by its own tables: a ticket is an interaction, an article a message. Read from Zammad's public
-- migrations; db/README.md has the contracts. KeySpellings phone must be [ "e164", "national", "digits" ].
--
-- Customer number: a plain Zammad has none. Where the Object Manager has added a text attribute `customer_number` to users,
-- that is it; where not, the same name falls back to the null of `plain`, nothing is found by number, and customers are
-- found by mail address and telephone number. Never users.login: it is the mail address or any other text, digits too.
-- Organizations are not read: their tickets are those of every member. The attribute has no index of its own; without
-- this one, each read scans users:
--     CREATE INDEX CONCURRENTLY users_by_customer_number ON users (customer_number);
--
-- Telephone numbers are free text in users.phone and users.mobile. Zammad lists every number it finds in any text of a user
-- in cti_caller_ids, as digits, with 49 for a leading 0. That list finds the rows by its index; the user's own two columns
-- decide, because the list also holds what stands in notes, zip codes and attributes. The 31 in `keys` is the country of
-- national numbers: change it where yours is another.
--
-- Moments are UTC without a zone; ids are numbers (another text finds nothing instead of failing). Merged tickets are left
-- out, for their articles stand in the other one; they come only where they are named. Removed ones never come. An internal
-- note is marked in its text: no column tells it from what the customer was sent. A text is cut at 32,000 characters, and
-- says so. Tags are taken out by patterns without back references: with one, a mail of 96,000 characters took over 10 s.
--
-- Zammad's own indexes serve every block but the attribute's; `<> ''` and ARRAY(…) keep the planner on them, for most users
-- have no mobile number and it would expect them all. A customer's tickets are sorted at each page: 5,000 take 5 ms, and an
-- index over customer and moment saved nothing.

-- name: keys
SELECT known.key_type AS key_type, known.value AS value,
    EXISTS (SELECT 1 FROM users AS other WHERE other.email = known.typed AND other.email <> '' AND other.id <> known.id)
        OR EXISTS (
            SELECT 1 FROM cti_caller_ids AS other
            WHERE other.caller_id = ANY(known.digits) AND other.level = 'known' AND other.object = 'User'
                AND other.user_id <> known.id) AS shared
FROM (SELECT NULL::varchar AS customer_number) AS plain
CROSS JOIN LATERAL (SELECT id, email, phone, mobile FROM users WHERE customer_number = @customer_number::text AND customer_number <> '') AS person
CROSS JOIN LATERAL (
    SELECT person.id AS id, 'EMAIL' AS key_type, lower(person.email) AS value, person.email AS typed, NULL::text[] AS digits
    WHERE person.email LIKE '%@%'
    UNION ALL
    SELECT DISTINCT ON (number.value) person.id, 'PHONE', number.value, dialled.typed,
        ARRAY[regexp_replace(ltrim(number.value, '+'), '^0', '31'), regexp_replace(number.value, '^(0|[+]31)', '49')]
    FROM (VALUES (person.phone), (person.mobile)) AS dialled (typed)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN dialled.typed ~ '^ *([+]|00)' THEN '+' ELSE '' END
            || regexp_replace(dialled.typed, '\(0\)|^ *00|[^0-9]', '', 'g') AS value
    ) AS number
    WHERE number.value ~ '^([+][1-9]|0[1-9])[0-9]{7,13}$'
) AS known
ORDER BY known.key_type, known.value;

-- name: find
WITH matched AS (
    SELECT id, 'EMAIL' AS key_type, email::text AS value FROM users WHERE email = ANY(@emails::text[]) AND email <> ''
    UNION
    SELECT id, 'PHONE', regexp_replace(phone, '^([1-9])', '+\1') FROM users WHERE phone = ANY(@phones::text[]) AND phone <> ''
    UNION
    SELECT id, 'PHONE', regexp_replace(mobile, '^([1-9])', '+\1') FROM users WHERE mobile = ANY(@phones::text[]) AND mobile <> ''
    UNION
    SELECT called.id, 'PHONE', (
        SELECT spelling FROM unnest(@phones::text[]) AS spelling
        WHERE ltrim(spelling, '+') IN (
            regexp_replace(called.phone, '\(0\)|^ *00|[^0-9]', '', 'g'), regexp_replace(called.mobile, '\(0\)|^ *00|[^0-9]', '', 'g'))
        ORDER BY spelling COLLATE "C" LIMIT 1)
    FROM cti_caller_ids
    JOIN users AS called ON called.id = cti_caller_ids.user_id
    WHERE cti_caller_ids.level = 'known' AND cti_caller_ids.object = 'User'
        AND cti_caller_ids.caller_id = ANY(ARRAY(
            SELECT CASE WHEN spelling LIKE '00%' THEN substr(spelling, 3) WHEN spelling LIKE '0%' THEN '49' || substr(spelling, 2)
                ELSE ltrim(spelling, '+') END
            FROM unnest(@phones::text[]) AS spelling))
    UNION
    SELECT numbered.id, 'CUSTOMER_NUMBER', @customer_number::text
    FROM (SELECT NULL::varchar AS customer_number) AS plain
    CROSS JOIN LATERAL (SELECT id FROM users WHERE customer_number = @customer_number::text AND customer_number <> '') AS numbered
)
SELECT person.customer_number AS customer_number,
    nullif(concat_ws(' ', nullif(person.firstname, ''), nullif(person.lastname, '')), '') AS display_name,
    nullif(person.city, '') AS place, matched.key_type AS key_type, matched.value AS value
FROM matched
CROSS JOIN (SELECT NULL::varchar AS customer_number) AS plain
CROSS JOIN LATERAL (
    SELECT nullif(customer_number, '') AS customer_number, firstname, lastname, city FROM users WHERE id = matched.id
) AS person
WHERE matched.value IS NOT NULL
ORDER BY matched.key_type, matched.value, matched.id;

-- name: interactions
WITH person AS (
    SELECT id FROM users WHERE email = ANY(@emails::text[]) AND email <> ''
    UNION
    SELECT id FROM users WHERE phone = ANY(@phones::text[]) AND phone <> ''
    UNION
    SELECT id FROM users WHERE mobile = ANY(@phones::text[]) AND mobile <> ''
    UNION
    SELECT called.id
    FROM cti_caller_ids
    JOIN users AS called ON called.id = cti_caller_ids.user_id
    WHERE cti_caller_ids.level = 'known' AND cti_caller_ids.object = 'User'
        AND cti_caller_ids.caller_id = ANY(ARRAY(
            SELECT CASE WHEN spelling LIKE '00%' THEN substr(spelling, 3) WHEN spelling LIKE '0%' THEN '49' || substr(spelling, 2)
                ELSE ltrim(spelling, '+') END
            FROM unnest(@phones::text[]) AS spelling))
        AND ARRAY[
                regexp_replace(called.phone, '\(0\)|^ *00|[^0-9]', '', 'g'),
                regexp_replace(called.mobile, '\(0\)|^ *00|[^0-9]', '', 'g')]
            && ARRAY(SELECT ltrim(spelling, '+') FROM unnest(@phones::text[]) AS spelling)
    UNION
    SELECT numbered.id
    FROM (SELECT NULL::varchar AS customer_number) AS plain
    CROSS JOIN LATERAL (SELECT id FROM users WHERE customer_number = @customer_number::text AND customer_number <> '') AS numbered
), linked AS MATERIALIZED (
    SELECT CASE WHEN given ~ '^[1-9][0-9]{0,17}$' THEN given::bigint END AS id FROM unnest(@interaction_ids::text[]) AS given
), page AS (
    (SELECT id, created_at FROM tickets
    WHERE customer_id = ANY(ARRAY(SELECT id FROM person))
        AND state_id NOT IN (
            SELECT ticket_states.id FROM ticket_states
            JOIN ticket_state_types ON ticket_state_types.id = ticket_states.state_type_id
            WHERE ticket_state_types.name IN ('merged', 'removed'))
        AND (created_at, id) < (coalesce(@before_time::timestamptz AT TIME ZONE 'UTC', 'infinity'), coalesce(@before_id::bigint, 0))
    ORDER BY created_at DESC, id DESC LIMIT @limit)
    UNION
    (SELECT id, created_at FROM tickets
    WHERE id = ANY(ARRAY(SELECT id FROM linked))
        AND state_id NOT IN (
            SELECT ticket_states.id FROM ticket_states
            JOIN ticket_state_types ON ticket_state_types.id = ticket_states.state_type_id
            WHERE ticket_state_types.name IN ('removed'))
        AND (created_at, id) < (coalesce(@before_time::timestamptz AT TIME ZONE 'UTC', 'infinity'), coalesce(@before_id::bigint, 0))
    ORDER BY created_at DESC, id DESC LIMIT @limit)
    ORDER BY created_at DESC, id DESC LIMIT @limit
)
SELECT ticket.id::text AS id, ticket.created_at AT TIME ZONE 'UTC' AS occur_time,
    CASE WHEN state_type.name = 'closed' THEN coalesce(ticket.last_close_at, ticket.close_at) AT TIME ZONE 'UTC' END AS end_time,
    CASE
        WHEN type.name IN ('email', 'phone', 'sms', 'chat', 'fax') THEN type.name
        WHEN type.name LIKE 'facebook %' THEN 'facebook'
        WHEN type.name LIKE 'twitter %' THEN 'x'
        WHEN type.name LIKE 'whatsapp %' THEN 'whatsapp'
        WHEN type.name LIKE 'telegram %' THEN 'telegram'
        WHEN type.name = 'web' THEN 'web-portal'
        ELSE 'note'
    END AS channel,
    CASE sender.name WHEN 'Customer' THEN 'INBOUND' WHEN 'Agent' THEN 'OUTBOUND' END AS direction,
    coalesce(type.name IN ('twitter status', 'facebook feed post', 'facebook feed comment'), false) AS public,
    nullif(btrim(ticket.title), '-') AS subject, 'Ticket ' || ticket.number || ', ' || state.name AS summary,
    CASE WHEN owner.id <> 1
        THEN nullif(concat_ws(' ', nullif(owner.firstname, ''), nullif(owner.lastname, '')), '') END AS agent,
    team.name AS team,
    nullif(concat_ws(' ', nullif(customer.firstname, ''), nullif(customer.lastname, '')), '') AS participant
FROM page
JOIN tickets AS ticket ON ticket.id = page.id
JOIN ticket_states AS state ON state.id = ticket.state_id
JOIN ticket_state_types AS state_type ON state_type.id = state.state_type_id
JOIN groups AS team ON team.id = ticket.group_id
JOIN users AS owner ON owner.id = ticket.owner_id
JOIN users AS customer ON customer.id = ticket.customer_id
LEFT JOIN LATERAL (
    SELECT type_id, sender_id FROM ticket_articles WHERE ticket_id = ticket.id ORDER BY created_at, id LIMIT 1
) AS first_article ON ticket.create_article_type_id IS NULL OR ticket.create_article_sender_id IS NULL
LEFT JOIN ticket_article_types AS type ON type.id = coalesce(ticket.create_article_type_id, first_article.type_id)
LEFT JOIN ticket_article_senders AS sender ON sender.id = coalesce(ticket.create_article_sender_id, first_article.sender_id)
ORDER BY page.created_at DESC, page.id DESC;

-- name: messages
WITH person AS (
    SELECT id FROM users WHERE email = ANY(@emails::text[]) AND email <> ''
    UNION
    SELECT id FROM users WHERE phone = ANY(@phones::text[]) AND phone <> ''
    UNION
    SELECT id FROM users WHERE mobile = ANY(@phones::text[]) AND mobile <> ''
    UNION
    SELECT called.id
    FROM cti_caller_ids
    JOIN users AS called ON called.id = cti_caller_ids.user_id
    WHERE cti_caller_ids.level = 'known' AND cti_caller_ids.object = 'User'
        AND cti_caller_ids.caller_id = ANY(ARRAY(
            SELECT CASE WHEN spelling LIKE '00%' THEN substr(spelling, 3) WHEN spelling LIKE '0%' THEN '49' || substr(spelling, 2)
                ELSE ltrim(spelling, '+') END
            FROM unnest(@phones::text[]) AS spelling))
        AND ARRAY[
                regexp_replace(called.phone, '\(0\)|^ *00|[^0-9]', '', 'g'),
                regexp_replace(called.mobile, '\(0\)|^ *00|[^0-9]', '', 'g')]
            && ARRAY(SELECT ltrim(spelling, '+') FROM unnest(@phones::text[]) AS spelling)
    UNION
    SELECT numbered.id
    FROM (SELECT NULL::varchar AS customer_number) AS plain
    CROSS JOIN LATERAL (SELECT id FROM users WHERE customer_number = @customer_number::text AND customer_number <> '') AS numbered
), linked AS MATERIALIZED (
    SELECT CASE WHEN given ~ '^[1-9][0-9]{0,17}$' THEN given::bigint END AS id FROM unnest(@interaction_ids::text[]) AS given
), page AS (
    (SELECT id, created_at FROM tickets
    WHERE customer_id = ANY(ARRAY(SELECT id FROM person))
        AND state_id NOT IN (
            SELECT ticket_states.id FROM ticket_states
            JOIN ticket_state_types ON ticket_state_types.id = ticket_states.state_type_id
            WHERE ticket_state_types.name IN ('merged', 'removed'))
        AND (created_at, id) < (coalesce(@before_time::timestamptz AT TIME ZONE 'UTC', 'infinity'), coalesce(@before_id::bigint, 0))
    ORDER BY created_at DESC, id DESC LIMIT @limit)
    UNION
    (SELECT id, created_at FROM tickets
    WHERE id = ANY(ARRAY(SELECT id FROM linked))
        AND state_id NOT IN (
            SELECT ticket_states.id FROM ticket_states
            JOIN ticket_state_types ON ticket_state_types.id = ticket_states.state_type_id
            WHERE ticket_state_types.name IN ('removed'))
        AND (created_at, id) < (coalesce(@before_time::timestamptz AT TIME ZONE 'UTC', 'infinity'), coalesce(@before_id::bigint, 0))
    ORDER BY created_at DESC, id DESC LIMIT @limit)
    ORDER BY created_at DESC, id DESC LIMIT @limit
)
SELECT article.ticket_id::text AS interaction_id, article.id::text AS id, article.created_at AT TIME ZONE 'UTC' AS occur_time,
    CASE sender.name WHEN 'Customer' THEN 'CUSTOMER' WHEN 'Agent' THEN 'COMPANY' ELSE 'SYSTEM' END AS author,
    CASE WHEN writer.id <> 1
        THEN nullif(concat_ws(' ', nullif(writer.firstname, ''), nullif(writer.lastname, '')), '') END AS author_name,
    CASE WHEN article.internal THEN '[internal] ' ELSE '' END
        || CASE WHEN length(readable.text) > 32000 OR length(article.body) > 100000 THEN left(readable.text, 32000) || ' […]'
            ELSE readable.text END AS text,
    NOT article.internal AND type.name IN ('twitter status', 'facebook feed post', 'facebook feed comment') AS public
FROM page
JOIN ticket_articles AS article ON article.ticket_id = page.id
JOIN ticket_article_types AS type ON type.id = article.type_id
JOIN ticket_article_senders AS sender ON sender.id = article.sender_id
LEFT JOIN users AS writer ON writer.id = coalesce(article.origin_by_id, article.created_by_id)
CROSS JOIN LATERAL (
    SELECT CASE WHEN article.content_type LIKE 'text/html%' THEN btrim(
        replace(replace(replace(replace(replace(replace(replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(left(article.body, 100000), '<style\M.*?</style\s*>', '', 'gi'),
                            '<script\M.*?</script\s*>', '', 'gi'),
                        '\s+', ' ', 'g'),
                    '<(br|/p|/div|/li|/tr|/h[1-6])\M[^>]*>\s*', chr(10), 'gi'),
                '<[^>]*>', '', 'g'),
            '&nbsp;', ' '), '&euro;', '€'), '&quot;', '"'), '&#39;', ''''), '&lt;', '<'), '&gt;', '>'), '&amp;', '&'),
        chr(10) || ' ') ELSE left(article.body, 100000) END AS text
) AS readable
ORDER BY article.created_at, article.ticket_id, article.id;

-- name: interaction
WITH person AS (
    SELECT id FROM users WHERE email = ANY(@emails::text[]) AND email <> ''
    UNION
    SELECT id FROM users WHERE phone = ANY(@phones::text[]) AND phone <> ''
    UNION
    SELECT id FROM users WHERE mobile = ANY(@phones::text[]) AND mobile <> ''
    UNION
    SELECT called.id
    FROM cti_caller_ids
    JOIN users AS called ON called.id = cti_caller_ids.user_id
    WHERE cti_caller_ids.level = 'known' AND cti_caller_ids.object = 'User'
        AND cti_caller_ids.caller_id = ANY(ARRAY(
            SELECT CASE WHEN spelling LIKE '00%' THEN substr(spelling, 3) WHEN spelling LIKE '0%' THEN '49' || substr(spelling, 2)
                ELSE ltrim(spelling, '+') END
            FROM unnest(@phones::text[]) AS spelling))
        AND ARRAY[
                regexp_replace(called.phone, '\(0\)|^ *00|[^0-9]', '', 'g'),
                regexp_replace(called.mobile, '\(0\)|^ *00|[^0-9]', '', 'g')]
            && ARRAY(SELECT ltrim(spelling, '+') FROM unnest(@phones::text[]) AS spelling)
    UNION
    SELECT numbered.id
    FROM (SELECT NULL::varchar AS customer_number) AS plain
    CROSS JOIN LATERAL (SELECT id FROM users WHERE customer_number = @customer_number::text AND customer_number <> '') AS numbered
), linked AS MATERIALIZED (
    SELECT CASE WHEN given ~ '^[1-9][0-9]{0,17}$' THEN given::bigint END AS id FROM unnest(@interaction_ids::text[]) AS given
), page AS (
    SELECT id, created_at FROM tickets
    WHERE id = CASE WHEN @interaction_id::text ~ '^[1-9][0-9]{0,17}$' THEN @interaction_id::bigint END
        AND (customer_id = ANY(ARRAY(SELECT id FROM person)) OR id = ANY(ARRAY(SELECT id FROM linked)))
        AND state_id NOT IN (
            SELECT ticket_states.id FROM ticket_states
            JOIN ticket_state_types ON ticket_state_types.id = ticket_states.state_type_id
            WHERE ticket_state_types.name IN ('removed'))
)
SELECT ticket.id::text AS id, ticket.created_at AT TIME ZONE 'UTC' AS occur_time,
    CASE WHEN state_type.name = 'closed' THEN coalesce(ticket.last_close_at, ticket.close_at) AT TIME ZONE 'UTC' END AS end_time,
    CASE
        WHEN type.name IN ('email', 'phone', 'sms', 'chat', 'fax') THEN type.name
        WHEN type.name LIKE 'facebook %' THEN 'facebook'
        WHEN type.name LIKE 'twitter %' THEN 'x'
        WHEN type.name LIKE 'whatsapp %' THEN 'whatsapp'
        WHEN type.name LIKE 'telegram %' THEN 'telegram'
        WHEN type.name = 'web' THEN 'web-portal'
        ELSE 'note'
    END AS channel,
    CASE sender.name WHEN 'Customer' THEN 'INBOUND' WHEN 'Agent' THEN 'OUTBOUND' END AS direction,
    coalesce(type.name IN ('twitter status', 'facebook feed post', 'facebook feed comment'), false) AS public,
    nullif(btrim(ticket.title), '-') AS subject, 'Ticket ' || ticket.number || ', ' || state.name AS summary,
    CASE WHEN owner.id <> 1
        THEN nullif(concat_ws(' ', nullif(owner.firstname, ''), nullif(owner.lastname, '')), '') END AS agent,
    team.name AS team,
    nullif(concat_ws(' ', nullif(customer.firstname, ''), nullif(customer.lastname, '')), '') AS participant
FROM page
JOIN tickets AS ticket ON ticket.id = page.id
JOIN ticket_states AS state ON state.id = ticket.state_id
JOIN ticket_state_types AS state_type ON state_type.id = state.state_type_id
JOIN groups AS team ON team.id = ticket.group_id
JOIN users AS owner ON owner.id = ticket.owner_id
JOIN users AS customer ON customer.id = ticket.customer_id
LEFT JOIN LATERAL (
    SELECT type_id, sender_id FROM ticket_articles WHERE ticket_id = ticket.id ORDER BY created_at, id LIMIT 1
) AS first_article ON ticket.create_article_type_id IS NULL OR ticket.create_article_sender_id IS NULL
LEFT JOIN ticket_article_types AS type ON type.id = coalesce(ticket.create_article_type_id, first_article.type_id)
LEFT JOIN ticket_article_senders AS sender ON sender.id = coalesce(ticket.create_article_sender_id, first_article.sender_id)
ORDER BY page.created_at DESC, page.id DESC;

-- name: interaction_messages
WITH person AS (
    SELECT id FROM users WHERE email = ANY(@emails::text[]) AND email <> ''
    UNION
    SELECT id FROM users WHERE phone = ANY(@phones::text[]) AND phone <> ''
    UNION
    SELECT id FROM users WHERE mobile = ANY(@phones::text[]) AND mobile <> ''
    UNION
    SELECT called.id
    FROM cti_caller_ids
    JOIN users AS called ON called.id = cti_caller_ids.user_id
    WHERE cti_caller_ids.level = 'known' AND cti_caller_ids.object = 'User'
        AND cti_caller_ids.caller_id = ANY(ARRAY(
            SELECT CASE WHEN spelling LIKE '00%' THEN substr(spelling, 3) WHEN spelling LIKE '0%' THEN '49' || substr(spelling, 2)
                ELSE ltrim(spelling, '+') END
            FROM unnest(@phones::text[]) AS spelling))
        AND ARRAY[
                regexp_replace(called.phone, '\(0\)|^ *00|[^0-9]', '', 'g'),
                regexp_replace(called.mobile, '\(0\)|^ *00|[^0-9]', '', 'g')]
            && ARRAY(SELECT ltrim(spelling, '+') FROM unnest(@phones::text[]) AS spelling)
    UNION
    SELECT numbered.id
    FROM (SELECT NULL::varchar AS customer_number) AS plain
    CROSS JOIN LATERAL (SELECT id FROM users WHERE customer_number = @customer_number::text AND customer_number <> '') AS numbered
), linked AS MATERIALIZED (
    SELECT CASE WHEN given ~ '^[1-9][0-9]{0,17}$' THEN given::bigint END AS id FROM unnest(@interaction_ids::text[]) AS given
), page AS (
    SELECT id, created_at FROM tickets
    WHERE id = CASE WHEN @interaction_id::text ~ '^[1-9][0-9]{0,17}$' THEN @interaction_id::bigint END
        AND (customer_id = ANY(ARRAY(SELECT id FROM person)) OR id = ANY(ARRAY(SELECT id FROM linked)))
        AND state_id NOT IN (
            SELECT ticket_states.id FROM ticket_states
            JOIN ticket_state_types ON ticket_state_types.id = ticket_states.state_type_id
            WHERE ticket_state_types.name IN ('removed'))
)
SELECT article.ticket_id::text AS interaction_id, article.id::text AS id, article.created_at AT TIME ZONE 'UTC' AS occur_time,
    CASE sender.name WHEN 'Customer' THEN 'CUSTOMER' WHEN 'Agent' THEN 'COMPANY' ELSE 'SYSTEM' END AS author,
    CASE WHEN writer.id <> 1
        THEN nullif(concat_ws(' ', nullif(writer.firstname, ''), nullif(writer.lastname, '')), '') END AS author_name,
    CASE WHEN article.internal THEN '[internal] ' ELSE '' END
        || CASE WHEN length(readable.text) > 32000 OR length(article.body) > 100000 THEN left(readable.text, 32000) || ' […]'
            ELSE readable.text END AS text,
    NOT article.internal AND type.name IN ('twitter status', 'facebook feed post', 'facebook feed comment') AS public
FROM page
JOIN ticket_articles AS article ON article.ticket_id = page.id
JOIN ticket_article_types AS type ON type.id = article.type_id
JOIN ticket_article_senders AS sender ON sender.id = article.sender_id
LEFT JOIN users AS writer ON writer.id = coalesce(article.origin_by_id, article.created_by_id)
CROSS JOIN LATERAL (
    SELECT CASE WHEN article.content_type LIKE 'text/html%' THEN btrim(
        replace(replace(replace(replace(replace(replace(replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(left(article.body, 100000), '<style\M.*?</style\s*>', '', 'gi'),
                            '<script\M.*?</script\s*>', '', 'gi'),
                        '\s+', ' ', 'g'),
                    '<(br|/p|/div|/li|/tr|/h[1-6])\M[^>]*>\s*', chr(10), 'gi'),
                '<[^>]*>', '', 'g'),
            '&nbsp;', ' '), '&euro;', '€'), '&quot;', '"'), '&#39;', ''''), '&lt;', '<'), '&gt;', '>'), '&amp;', '&'),
        chr(10) || ' ') ELSE left(article.body, 100000) END AS text
) AS readable
ORDER BY article.created_at, article.ticket_id, article.id;
