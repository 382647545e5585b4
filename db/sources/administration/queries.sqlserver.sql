-- Administration on SQL Server: the customer source. A customer number is its debtor number; all that it tells is read by it,
-- and letters also by their own number (@interaction_ids) where an agent has linked them to the customer.
-- SQL Server compares without trailing blanks and an OPENJSON column cuts off what is too long: so lengths are compared too,
-- and the lists' columns are wider than the table's. COLLATE stands on the list's side, where it costs no index.

-- name: customer
SELECT card.display_name AS display_name, CASE card.kind WHEN 'ZAKELIJK' THEN 'BUSINESS' ELSE 'CONSUMER' END AS kind,
    card.city AS place, card.secret AS confidential,
    CASE representative.ground WHEN 'BEWIND' THEN 'ADMINISTRATOR' WHEN 'CURATELE' THEN 'GUARDIAN'
        WHEN 'ERFGENAAM' THEN 'HEIR' WHEN 'VOLMACHT' THEN 'AUTHORISED' END AS representative_kind,
    representative.name AS representative_name
FROM debtor_card AS card
LEFT JOIN representative ON representative.debtor_no = card.debtor_no
WHERE card.debtor_no = CAST(@customer_number AS varchar(128));

-- name: contact_persons
SELECT contact_person.name AS display_name, contact_person.role AS role
FROM contact_person
WHERE contact_person.debtor_no = CAST(@customer_number AS varchar(128))
ORDER BY contact_person.seq;

-- name: keys
SELECT 'BILLING_ACCOUNT' AS key_type, account.account_no AS value, CAST(0 AS bit) AS shared
FROM account
WHERE account.debtor_no = CAST(@customer_number AS varchar(128))
UNION ALL
SELECT own.medium, own.value, CASE WHEN EXISTS (
    SELECT 1 FROM contact_point AS other
    WHERE other.medium = own.medium AND other.value = own.value AND other.debtor_no <> own.debtor_no)
    THEN CAST(1 AS bit) ELSE CAST(0 AS bit) END
FROM contact_point AS own
WHERE own.debtor_no = CAST(@customer_number AS varchar(128));

-- name: find
SELECT card.debtor_no AS customer_number, card.display_name AS display_name, card.city AS place,
    'CUSTOMER_NUMBER' AS key_type, card.debtor_no AS value
FROM debtor_card AS card
WHERE card.debtor_no = CAST(@customer_number AS varchar(128))
UNION ALL
SELECT card.debtor_no, card.display_name, card.city, 'BILLING_ACCOUNT', account.account_no
FROM (
    SELECT DISTINCT listed.value COLLATE Latin1_General_100_BIN2 AS value, DATALENGTH(listed.value) AS bytes
    FROM OPENJSON(@billing_accounts) WITH (value varchar(128) '$') AS listed) AS wanted
INNER JOIN account ON account.account_no = wanted.value
    AND DATALENGTH(account.account_no) = wanted.bytes
INNER JOIN debtor_card AS card ON card.debtor_no = account.debtor_no
UNION ALL
SELECT card.debtor_no, card.display_name, card.city, point.medium, point.value
FROM (
    SELECT DISTINCT listed.value COLLATE Latin1_General_100_BIN2 AS value, DATALENGTH(listed.value) AS bytes
    FROM OPENJSON(@emails) WITH (value nvarchar(508) '$') AS listed) AS wanted
INNER JOIN contact_point AS point ON point.medium = 'EMAIL' AND point.value = wanted.value
    AND DATALENGTH(point.value) = wanted.bytes
INNER JOIN debtor_card AS card ON card.debtor_no = point.debtor_no
UNION ALL
SELECT card.debtor_no, card.display_name, card.city, point.medium, point.value
FROM (
    SELECT DISTINCT listed.value COLLATE Latin1_General_100_BIN2 AS value, DATALENGTH(listed.value) AS bytes
    FROM OPENJSON(@phones) WITH (value nvarchar(508) '$') AS listed) AS wanted
INNER JOIN contact_point AS point ON point.medium = 'PHONE' AND point.value = wanted.value
    AND DATALENGTH(point.value) = wanted.bytes
INNER JOIN debtor_card AS card ON card.debtor_no = point.debtor_no;

-- name: subjects
SELECT 'INVOICE_LINE' AS subject_type, line.line_id AS subject_id, invoice.debtor_no AS customer_number,
    line.invoice_no AS invoice, invoice.account_no AS billing_account, CAST(line.total_cents / 100.0 AS decimal(19, 2)) AS amount,
    'EUR' AS currency
FROM (
    SELECT DISTINCT listed.value COLLATE Latin1_General_100_BIN2 AS value, DATALENGTH(listed.value) AS bytes
    FROM OPENJSON(@subject_ids) WITH (value varchar(128) '$') AS listed) AS wanted
INNER JOIN invoice_line AS line ON line.line_id = wanted.value
    AND DATALENGTH(line.line_id) = wanted.bytes
INNER JOIN invoice ON invoice.invoice_no = line.invoice_no
UNION ALL
SELECT 'INVOICE', invoice.invoice_no, invoice.debtor_no, NULL, invoice.account_no,
    CAST(invoice.total_cents / 100.0 AS decimal(19, 2)), 'EUR'
FROM (
    SELECT DISTINCT listed.value COLLATE Latin1_General_100_BIN2 AS value, DATALENGTH(listed.value) AS bytes
    FROM OPENJSON(@subject_ids) WITH (value varchar(128) '$') AS listed) AS wanted
INNER JOIN invoice ON invoice.invoice_no = wanted.value
    AND DATALENGTH(invoice.invoice_no) = wanted.bytes
UNION ALL
SELECT 'BILLING_ACCOUNT', account.account_no, account.debtor_no, NULL, NULL, NULL, NULL
FROM (
    SELECT DISTINCT listed.value COLLATE Latin1_General_100_BIN2 AS value, DATALENGTH(listed.value) AS bytes
    FROM OPENJSON(@subject_ids) WITH (value varchar(128) '$') AS listed) AS wanted
INNER JOIN account ON account.account_no = wanted.value
    AND DATALENGTH(account.account_no) = wanted.bytes
UNION ALL
SELECT 'PRODUCT', connection.connection_no, connection.debtor_no, NULL, NULL, NULL, NULL
FROM (
    SELECT DISTINCT listed.value COLLATE Latin1_General_100_BIN2 AS value, DATALENGTH(listed.value) AS bytes
    FROM OPENJSON(@subject_ids) WITH (value varchar(128) '$') AS listed) AS wanted
INNER JOIN connection ON connection.connection_no = wanted.value
    AND DATALENGTH(connection.connection_no) = wanted.bytes;

-- name: interactions
WITH page AS (
    SELECT TOP (@limit) found.debtor_no, found.written_at, found.document_no
    FROM (
        SELECT own.debtor_no, own.written_at, own.document_no
        FROM (
            SELECT TOP (@limit) letter.debtor_no, letter.written_at, letter.document_no
            FROM correspondence AS letter
            WHERE letter.debtor_no = CAST(@customer_number AS varchar(128))
                AND letter.written_at <= CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
                AND (letter.written_at < CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
                    OR letter.document_no < CAST(@before_id AS varchar(128)))
            ORDER BY letter.written_at DESC, letter.document_no DESC
        ) AS own
        UNION
        SELECT letter.debtor_no, letter.written_at, letter.document_no
        FROM OPENJSON(@interaction_ids) WITH (value varchar(128) '$') AS linked
        INNER JOIN correspondence AS letter ON letter.document_no = linked.value COLLATE Latin1_General_100_BIN2
            AND DATALENGTH(letter.document_no) = DATALENGTH(linked.value)
        WHERE letter.written_at <= CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
            AND (letter.written_at < CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
                OR letter.document_no < CAST(@before_id AS varchar(128)))
    ) AS found
    ORDER BY found.written_at DESC, found.document_no DESC
)
SELECT letter.document_no AS id, letter.written_at AS occur_time, letter.registered_at AS record_time, letter.medium AS channel,
    CASE letter.way WHEN 'IN' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction, CAST(0 AS bit) AS [public],
    letter.subject AS subject, letter.remark AS summary, letter.clerk AS agent, letter.department AS team,
    letter.person AS participant, letter.reply_to AS related_id,
    CASE WHEN letter.reply_to IS NOT NULL THEN 'ANSWERS' END AS relation, letter.written_at AS page_time
FROM page
INNER JOIN correspondence AS letter
    ON letter.debtor_no = page.debtor_no AND letter.written_at = page.written_at AND letter.document_no = page.document_no
ORDER BY page.written_at DESC, page.document_no DESC;

-- name: messages
WITH page AS (
    SELECT TOP (@limit) found.debtor_no, found.written_at, found.document_no
    FROM (
        SELECT own.debtor_no, own.written_at, own.document_no
        FROM (
            SELECT TOP (@limit) letter.debtor_no, letter.written_at, letter.document_no
            FROM correspondence AS letter
            WHERE letter.debtor_no = CAST(@customer_number AS varchar(128))
                AND letter.written_at <= CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
                AND (letter.written_at < CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
                    OR letter.document_no < CAST(@before_id AS varchar(128)))
            ORDER BY letter.written_at DESC, letter.document_no DESC
        ) AS own
        UNION
        SELECT letter.debtor_no, letter.written_at, letter.document_no
        FROM OPENJSON(@interaction_ids) WITH (value varchar(128) '$') AS linked
        INNER JOIN correspondence AS letter ON letter.document_no = linked.value COLLATE Latin1_General_100_BIN2
            AND DATALENGTH(letter.document_no) = DATALENGTH(linked.value)
        WHERE letter.written_at <= CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
            AND (letter.written_at < CAST(coalesce(@before_time, '9999-12-31 23:59:59 +00:00') AS datetimeoffset(0))
                OR letter.document_no < CAST(@before_id AS varchar(128)))
    ) AS found
    ORDER BY found.written_at DESC, found.document_no DESC
)
SELECT letter.document_no AS interaction_id, letter.document_no AS id, letter.written_at AS occur_time,
    CASE letter.way WHEN 'IN' THEN 'CUSTOMER' ELSE 'COMPANY' END AS author,
    CASE letter.way WHEN 'IN' THEN letter.person ELSE letter.clerk END AS author_name, sheet.body AS text, CAST(0 AS bit) AS [public]
FROM page
INNER JOIN correspondence AS letter
    ON letter.debtor_no = page.debtor_no AND letter.written_at = page.written_at AND letter.document_no = page.document_no
INNER JOIN correspondence_text AS sheet ON sheet.document_no = page.document_no
ORDER BY page.written_at, page.document_no;

-- name: interaction
SELECT letter.document_no AS id, letter.written_at AS occur_time, letter.registered_at AS record_time, letter.medium AS channel,
    CASE letter.way WHEN 'IN' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction, CAST(0 AS bit) AS [public],
    letter.subject AS subject, letter.remark AS summary, letter.clerk AS agent, letter.department AS team,
    letter.person AS participant, letter.reply_to AS related_id,
    CASE WHEN letter.reply_to IS NOT NULL THEN 'ANSWERS' END AS relation, letter.written_at AS page_time
FROM correspondence AS letter
WHERE letter.document_no = CAST(@interaction_id AS varchar(128))
    AND DATALENGTH(letter.document_no) = DATALENGTH(CAST(@interaction_id AS varchar(128)))
    AND (letter.debtor_no = CAST(@customer_number AS varchar(128))
        OR EXISTS (
            SELECT 1 FROM OPENJSON(@interaction_ids) WITH (value varchar(128) '$') AS linked
            WHERE linked.value COLLATE Latin1_General_100_BIN2 = letter.document_no
                AND DATALENGTH(linked.value) = DATALENGTH(letter.document_no)));

-- name: interaction_messages
SELECT letter.document_no AS interaction_id, letter.document_no AS id, letter.written_at AS occur_time,
    CASE letter.way WHEN 'IN' THEN 'CUSTOMER' ELSE 'COMPANY' END AS author,
    CASE letter.way WHEN 'IN' THEN letter.person ELSE letter.clerk END AS author_name, sheet.body AS text, CAST(0 AS bit) AS [public]
FROM correspondence AS letter
INNER JOIN correspondence_text AS sheet ON sheet.document_no = letter.document_no
WHERE letter.document_no = CAST(@interaction_id AS varchar(128))
    AND DATALENGTH(letter.document_no) = DATALENGTH(CAST(@interaction_id AS varchar(128)))
    AND (letter.debtor_no = CAST(@customer_number AS varchar(128))
        OR EXISTS (
            SELECT 1 FROM OPENJSON(@interaction_ids) WITH (value varchar(128) '$') AS linked
            WHERE linked.value COLLATE Latin1_General_100_BIN2 = letter.document_no
                AND DATALENGTH(linked.value) = DATALENGTH(letter.document_no)));

-- name: products
SELECT TOP (@limit) connection.connection_no AS id, connection.description AS display_name, connection.state AS status,
    connection.starts_on AS start_date, connection.ends_on AS end_date, connection.account_no AS billing_account
FROM connection
WHERE connection.debtor_no = CAST(@customer_number AS varchar(128))
ORDER BY connection.starts_on DESC, connection.connection_no DESC;

-- name: invoices
SELECT TOP (@limit) invoice.invoice_no AS number, CASE invoice.is_credit WHEN 1 THEN 'CREDIT_NOTE' ELSE 'INVOICE' END AS type,
    invoice.credits AS corrects, invoice.dated AS invoice_date, invoice.due AS due_date, invoice.period_from AS period_start,
    invoice.period_to AS period_end, CAST(invoice.total_cents / 100.0 AS decimal(19, 2)) AS total,
    CAST(invoice.open_cents / 100.0 AS decimal(19, 2)) AS open_amount, 'EUR' AS currency, invoice.account_no AS billing_account
FROM invoice
WHERE invoice.debtor_no = CAST(@customer_number AS varchar(128))
ORDER BY invoice.dated DESC, invoice.invoice_no DESC;

-- name: invoice_lines
WITH page AS (
    SELECT TOP (@limit) invoice.invoice_no, invoice.dated
    FROM invoice
    WHERE invoice.debtor_no = CAST(@customer_number AS varchar(128))
    ORDER BY invoice.dated DESC, invoice.invoice_no DESC
)
SELECT line.invoice_no AS invoice_number, line.line_id AS id, line.description AS description,
    CAST(line.total_cents / 100.0 AS decimal(19, 2)) AS amount, CAST(line.vat_cents / 100.0 AS decimal(19, 2)) AS vat,
    'EUR' AS currency, line.period_from AS period_start, line.period_to AS period_end, line.connection_no AS product,
    line.monthly AS recurring
FROM page
INNER JOIN invoice_line AS line ON line.invoice_no = page.invoice_no
ORDER BY page.dated DESC, page.invoice_no DESC, line.line_no;

-- name: dunning_notices
SELECT TOP (@limit) dunning.dunning_no AS id,
    CASE dunning.level WHEN 1 THEN 'REMINDER' WHEN 2 THEN 'DEMAND' ELSE 'FINAL_NOTICE' END AS stage,
    dunning.issued_on AS issue_date, dunning.delivered_on AS deliver_date, dunning.sent_by AS delivery_channel,
    CONCAT('[', (
        SELECT STRING_AGG(CONCAT(CAST('"' AS nvarchar(max)), STRING_ESCAPE(item.invoice_no, 'json'), '"'), ',')
            WITHIN GROUP (ORDER BY item.invoice_no)
        FROM dunning_item AS item WHERE item.dunning_no = dunning.dunning_no), ']') AS invoices,
    CAST(dunning.asked_cents / 100.0 AS decimal(19, 2)) AS amount, CAST(dunning.fee_cents / 100.0 AS decimal(19, 2)) AS fee,
    'EUR' AS currency
FROM dunning
WHERE dunning.debtor_no = CAST(@customer_number AS varchar(128))
ORDER BY dunning.issued_on DESC, dunning.dunning_no DESC;

-- name: payments
SELECT TOP (@limit) receipt.receipt_no AS id, receipt.booked_on AS payment_date, receipt.method AS method,
    CAST(receipt.amount_cents / 100.0 AS decimal(19, 2)) AS amount, 'EUR' AS currency,
    CONCAT('[', (
        SELECT STRING_AGG(CONCAT(CAST('"' AS nvarchar(max)), STRING_ESCAPE(item.invoice_no, 'json'), '"'), ',')
            WITHIN GROUP (ORDER BY item.invoice_no)
        FROM receipt_item AS item WHERE item.receipt_no = receipt.receipt_no), ']') AS invoices,
    receipt.returned_on AS return_date, receipt.return_code AS returned_reason
FROM receipt
WHERE receipt.debtor_no = CAST(@customer_number AS varchar(128))
ORDER BY receipt.booked_on DESC, receipt.receipt_no DESC;
