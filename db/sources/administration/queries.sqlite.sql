-- Administration on SQLite: the customer source. A customer number is its debtor number; all that it tells is read by it, and
-- letters that are linked by hand. Those that are the customer's own are left out of the linked half: UNION would drop them as
-- well, but only after it had sorted all the customer's letters, where each half of UNION ALL stops at the limit.

-- name: customer
SELECT card.display_name AS display_name, CASE card.kind WHEN 'ZAKELIJK' THEN 'BUSINESS' ELSE 'CONSUMER' END AS kind,
    card.city AS place, card.secret AS confidential,
    CASE representative.ground WHEN 'BEWIND' THEN 'ADMINISTRATOR' WHEN 'CURATELE' THEN 'GUARDIAN'
        WHEN 'ERFGENAAM' THEN 'HEIR' WHEN 'VOLMACHT' THEN 'AUTHORISED' END AS representative_kind,
    representative.name AS representative_name
FROM debtor_card card
LEFT JOIN representative ON representative.debtor_no = card.debtor_no
WHERE card.debtor_no = @customer_number;

-- name: contact_persons
SELECT name AS display_name, role AS role
FROM contact_person
WHERE debtor_no = @customer_number
ORDER BY seq;

-- name: keys
SELECT 'BILLING_ACCOUNT' AS key_type, account_no AS value, 0 AS shared
FROM account
WHERE debtor_no = @customer_number
UNION ALL
SELECT own.medium, own.value, EXISTS (
    SELECT 1 FROM contact_point other
    WHERE other.medium = own.medium AND other.value = own.value AND other.debtor_no <> own.debtor_no)
FROM contact_point own
WHERE own.debtor_no = @customer_number;

-- name: find
SELECT card.debtor_no AS customer_number, card.display_name AS display_name, card.city AS place,
    'CUSTOMER_NUMBER' AS key_type, card.debtor_no AS value
FROM debtor_card card
WHERE card.debtor_no = @customer_number
UNION ALL
SELECT card.debtor_no, card.display_name, card.city, 'BILLING_ACCOUNT', account.account_no
FROM account
CROSS JOIN debtor_card card ON card.debtor_no = account.debtor_no
WHERE account.account_no IN (SELECT value FROM json_each(@billing_accounts))
UNION ALL
SELECT card.debtor_no, card.display_name, card.city, point.medium, point.value
FROM contact_point point
CROSS JOIN debtor_card card ON card.debtor_no = point.debtor_no
WHERE point.medium = 'EMAIL' AND point.value IN (SELECT value FROM json_each(@emails))
UNION ALL
SELECT card.debtor_no, card.display_name, card.city, point.medium, point.value
FROM contact_point point
CROSS JOIN debtor_card card ON card.debtor_no = point.debtor_no
WHERE point.medium = 'PHONE' AND point.value IN (SELECT value FROM json_each(@phones));

-- name: subjects
SELECT 'INVOICE_LINE' AS subject_type, line.line_id AS subject_id, invoice.debtor_no AS customer_number,
    line.invoice_no AS invoice, invoice.account_no AS billing_account, line.total_cents / 100.0 AS amount, 'EUR' AS currency
FROM invoice_line line
CROSS JOIN invoice ON invoice.invoice_no = line.invoice_no
WHERE line.line_id IN (SELECT value FROM json_each(@subject_ids))
UNION ALL
SELECT 'INVOICE', invoice_no, debtor_no, NULL, account_no, total_cents / 100.0, 'EUR'
FROM invoice
WHERE invoice_no IN (SELECT value FROM json_each(@subject_ids))
UNION ALL
SELECT 'BILLING_ACCOUNT', account_no, debtor_no, NULL, NULL, NULL, NULL
FROM account
WHERE account_no IN (SELECT value FROM json_each(@subject_ids))
UNION ALL
SELECT 'PRODUCT', connection_no, debtor_no, NULL, NULL, NULL, NULL
FROM connection
WHERE connection_no IN (SELECT value FROM json_each(@subject_ids));

-- name: interactions
WITH page AS (
    SELECT document_no, written_at, registered_at, medium, way, subject, remark, clerk, department, person, reply_to
    FROM correspondence
    WHERE debtor_no = @customer_number
        AND (written_at, document_no) < (coalesce(@before_time, '~'), coalesce(@before_id, ''))
    UNION ALL
    SELECT document_no, written_at, registered_at, medium, way, subject, remark, clerk, department, person, reply_to
    FROM correspondence
    WHERE document_no IN (SELECT value FROM json_each(@interaction_ids)) AND debtor_no IS NOT @customer_number
        AND (written_at, document_no) < (coalesce(@before_time, '~'), coalesce(@before_id, ''))
    ORDER BY written_at DESC, document_no DESC LIMIT @limit
)
SELECT document_no AS id, strftime('%Y-%m-%dT%H:%M:%SZ', written_at) AS occur_time,
    strftime('%Y-%m-%dT%H:%M:%SZ', registered_at) AS record_time, medium AS channel,
    CASE way WHEN 'IN' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction, 0 AS public, subject AS subject, remark AS summary,
    clerk AS agent, department AS team, person AS participant, reply_to AS related_id,
    CASE WHEN reply_to IS NOT NULL THEN 'ANSWERS' END AS relation, written_at AS page_time
FROM page
ORDER BY written_at DESC, document_no DESC;

-- name: messages
WITH page AS (
    SELECT document_no, written_at, way, clerk, person FROM correspondence
    WHERE debtor_no = @customer_number
        AND (written_at, document_no) < (coalesce(@before_time, '~'), coalesce(@before_id, ''))
    UNION ALL
    SELECT document_no, written_at, way, clerk, person FROM correspondence
    WHERE document_no IN (SELECT value FROM json_each(@interaction_ids)) AND debtor_no IS NOT @customer_number
        AND (written_at, document_no) < (coalesce(@before_time, '~'), coalesce(@before_id, ''))
    ORDER BY written_at DESC, document_no DESC LIMIT @limit
)
SELECT page.document_no AS interaction_id, page.document_no AS id,
    strftime('%Y-%m-%dT%H:%M:%SZ', page.written_at) AS occur_time,
    CASE page.way WHEN 'IN' THEN 'CUSTOMER' ELSE 'COMPANY' END AS author,
    CASE page.way WHEN 'IN' THEN page.person ELSE page.clerk END AS author_name, sheet.body AS text, 0 AS public
FROM page
CROSS JOIN correspondence_text sheet ON sheet.document_no = page.document_no
ORDER BY page.written_at, page.document_no;

-- name: interaction
SELECT document_no AS id, strftime('%Y-%m-%dT%H:%M:%SZ', written_at) AS occur_time,
    strftime('%Y-%m-%dT%H:%M:%SZ', registered_at) AS record_time, medium AS channel,
    CASE way WHEN 'IN' THEN 'INBOUND' ELSE 'OUTBOUND' END AS direction, 0 AS public, subject AS subject, remark AS summary,
    clerk AS agent, department AS team, person AS participant, reply_to AS related_id,
    CASE WHEN reply_to IS NOT NULL THEN 'ANSWERS' END AS relation, written_at AS page_time
FROM correspondence
WHERE document_no = @interaction_id
    AND (debtor_no = @customer_number OR document_no IN (SELECT value FROM json_each(@interaction_ids)));

-- name: interaction_messages
SELECT letter.document_no AS interaction_id, letter.document_no AS id,
    strftime('%Y-%m-%dT%H:%M:%SZ', letter.written_at) AS occur_time,
    CASE letter.way WHEN 'IN' THEN 'CUSTOMER' ELSE 'COMPANY' END AS author,
    CASE letter.way WHEN 'IN' THEN letter.person ELSE letter.clerk END AS author_name, sheet.body AS text, 0 AS public
FROM correspondence letter
CROSS JOIN correspondence_text sheet ON sheet.document_no = letter.document_no
WHERE letter.document_no = @interaction_id
    AND (letter.debtor_no = @customer_number OR letter.document_no IN (SELECT value FROM json_each(@interaction_ids)));

-- name: products
SELECT connection_no AS id, description AS display_name, state AS status, starts_on AS start_date, ends_on AS end_date,
    account_no AS billing_account
FROM connection
WHERE debtor_no = @customer_number
ORDER BY starts_on DESC, connection_no DESC LIMIT @limit;

-- name: invoices
SELECT invoice_no AS number, CASE is_credit WHEN 1 THEN 'CREDIT_NOTE' ELSE 'INVOICE' END AS type, credits AS corrects,
    dated AS invoice_date, due AS due_date, period_from AS period_start, period_to AS period_end,
    total_cents / 100.0 AS total, open_cents / 100.0 AS open_amount, 'EUR' AS currency, account_no AS billing_account
FROM invoice
WHERE debtor_no = @customer_number
ORDER BY dated DESC, invoice_no DESC LIMIT @limit;

-- name: invoice_lines
WITH page AS (
    SELECT invoice_no, dated FROM invoice
    WHERE debtor_no = @customer_number
    ORDER BY dated DESC, invoice_no DESC LIMIT @limit
)
SELECT line.invoice_no AS invoice_number, line.line_id AS id, line.description AS description,
    line.total_cents / 100.0 AS amount, line.vat_cents / 100.0 AS vat, 'EUR' AS currency,
    line.period_from AS period_start, line.period_to AS period_end, line.connection_no AS product, line.monthly AS recurring
FROM page
CROSS JOIN invoice_line line ON line.invoice_no = page.invoice_no
ORDER BY page.dated DESC, page.invoice_no DESC, line.line_no;

-- name: dunning_notices
SELECT dunning_no AS id, CASE level WHEN 1 THEN 'REMINDER' WHEN 2 THEN 'DEMAND' ELSE 'FINAL_NOTICE' END AS stage,
    issued_on AS issue_date, delivered_on AS deliver_date, sent_by AS delivery_channel,
    (SELECT json_group_array(item.invoice_no) FROM dunning_item item WHERE item.dunning_no = dunning.dunning_no) AS invoices,
    asked_cents / 100.0 AS amount, fee_cents / 100.0 AS fee, 'EUR' AS currency
FROM dunning
WHERE debtor_no = @customer_number
ORDER BY issued_on DESC, dunning_no DESC LIMIT @limit;

-- name: payments
SELECT receipt_no AS id, booked_on AS payment_date, method AS method, amount_cents / 100.0 AS amount, 'EUR' AS currency,
    (SELECT json_group_array(item.invoice_no) FROM receipt_item item WHERE item.receipt_no = receipt.receipt_no) AS invoices,
    returned_on AS return_date, return_code AS returned_reason
FROM receipt
WHERE debtor_no = @customer_number
ORDER BY booked_on DESC, receipt_no DESC LIMIT @limit;
