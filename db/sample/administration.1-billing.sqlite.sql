-- The story in administration: customers 1042 to 1052; their letters stand in the next file. All of it is invented.

INSERT INTO debtor (debtor_no, kind, first_name, particle, surname, company_name, street, house_no, postcode, city, secret, since) VALUES
    ('1042', 'PARTICULIER', 'Marloes', 'de', 'Wit', NULL, 'Lindenplein', '12', '3512 SA', 'Utrecht', 0, '2025-05-01'),
    ('1043', 'PARTICULIER', 'Youssef', NULL, 'El Amrani', NULL, 'Havenkade', '88', '3012 SD', 'Rotterdam', 0, '2025-06-01'),
    ('1044', 'PARTICULIER', 'Jan-Willem', 'van den', 'Berg', NULL, 'Rijnoever', '5', '2316 SS', 'Leiden', 0, '2025-05-01'),
    ('1045', 'PARTICULIER', 'Anja', NULL, 'IJzerman', NULL, 'Heidepad', '31', '1211 SA', 'Hilversum', 0, '2025-05-01'),
    ('1046', 'PARTICULIER', 'Pieter', NULL, 'IJzerman', NULL, 'Heidepad', '31', '1211 SA', 'Hilversum', 0, '2025-09-01'),
    ('1047', 'PARTICULIER', 'Noëlle', NULL, 'Çelik', NULL, 'Duinlaan', '204', '2511 SD', 'Den Haag', 0, '2025-07-01'),
    ('1048', 'PARTICULIER', 'Sietske', NULL, 'Hoekstra', NULL, 'Terppad', '9', '8911 SS', 'Leeuwarden', 0, '2026-02-01'),
    ('1049', 'PARTICULIER', 'Bram', NULL, 'Peeters', NULL, 'Mergelweg', '17', '6211 SA', 'Maastricht', 0, '2025-05-01'),
    ('1050', 'ZAKELIJK', NULL, NULL, NULL, 'Bakkerij ''t Hoekje', 'Korenmarkt', '2', '7411 SD', 'Deventer', 0, '2025-05-01'),
    ('1051', 'PARTICULIER', 'Rinus', NULL, 'Oldenkamp', NULL, 'Weverstraat', '66', '7511 SS', 'Enschede', 0, '2025-05-01'),
    ('1052', 'PARTICULIER', 'Truus', 'van der', 'Ploeg', NULL, 'Wierdelaan', '3', '9711 SA', 'Groningen', 0, '2025-05-01');

INSERT INTO contact_person (debtor_no, seq, name, role) VALUES
    ('1050', 1, 'Marjolein Terpstra', 'eigenaar'),
    ('1050', 2, 'Dirk-Jan Özdemir', 'boekhouding');

INSERT INTO representative (debtor_no, ground, name, street, house_no, postcode, city, since) VALUES
    ('1051', 'BEWIND', 'Bewindvoering Voorbeeld', 'Marktstraat', '40', '7511 SA', 'Enschede', '2026-07-20'),
    ('1052', 'ERFGENAAM', 'Hanneke van der Ploeg', 'Esdoornlaan', '21', '9711 SD', 'Groningen', '2026-09-30');

-- 1045 and 1046 are one household: one landline, one mail address.
INSERT INTO contact_point (debtor_no, medium, value) VALUES
    ('1042', 'PHONE', '+31600001042'), ('1042', 'EMAIL', 'marloes.dewit@example.org'),
    ('1043', 'PHONE', '+31600001043'), ('1043', 'EMAIL', 'youssef.elamrani@example.org'),
    ('1044', 'PHONE', '+31600001044'), ('1044', 'EMAIL', 'janwillem.vandenberg@example.org'),
    ('1045', 'PHONE', '+31350001045'), ('1045', 'EMAIL', 'familie.ijzerman@example.org'), ('1045', 'PHONE', '+31600001045'),
    ('1046', 'PHONE', '+31350001045'), ('1046', 'EMAIL', 'familie.ijzerman@example.org'), ('1046', 'PHONE', '+31600001046'),
    ('1047', 'PHONE', '+31600001047'), ('1047', 'EMAIL', 'noelle.celik@example.org'),
    ('1048', 'PHONE', '+31600001048'), ('1048', 'EMAIL', 'sietske.hoekstra@example.org'),
    ('1049', 'PHONE', '+31600001049'), ('1049', 'EMAIL', 'bram.peeters@example.org'),
    ('1050', 'PHONE', '+31570001050'), ('1050', 'PHONE', '+31600001050'), ('1050', 'EMAIL', 'administratie.hoekje@example.org'),
    ('1051', 'PHONE', '+31600001051'),
    ('1052', 'PHONE', '+31500001052'), ('1052', 'EMAIL', 'truus.vanderploeg@example.org');

INSERT INTO account (account_no, debtor_no, pay_by, iban, opened_on) VALUES
    ('BA-001042', '1042', 'ideal', NULL, '2025-05-01'),
    ('BA-001043', '1043', 'ideal', NULL, '2025-06-01'),
    ('BA-001044', '1044', 'direct-debit', 'NL38TEST0000001044', '2025-05-01'),
    ('BA-001045', '1045', 'direct-debit', 'NL11TEST0000001045', '2025-05-01'),
    ('BA-001046', '1046', 'ideal', NULL, '2025-09-01'),
    ('BA-001047', '1047', 'direct-debit', 'NL54TEST0000001047', '2025-07-01'),
    ('BA-001048', '1048', 'direct-debit', 'NL27TEST0000001048', '2026-02-01'),
    ('BA-001049', '1049', 'ideal', NULL, '2025-05-01'),
    ('BA-001050', '1050', 'transfer', NULL, '2025-05-01'),
    ('BA-001051', '1051', 'transfer', NULL, '2025-05-01'),
    ('BA-001052', '1052', 'transfer', NULL, '2025-05-01');

INSERT INTO connection (debtor_no, starts_on, connection_no, account_no, description, state, ends_on) VALUES
    ('1042', '2025-05-01', 'SIM-001042', 'BA-001042', 'Sim Only 20 GB', 'active', NULL),
    ('1043', '2025-06-01', 'SIM-001043', 'BA-001043', 'Sim Only 20 GB', 'active', NULL),
    ('1044', '2025-05-01', 'SIM-001044', 'BA-001044', 'Sim Only Onbeperkt', 'active', NULL),
    ('1045', '2025-05-01', 'INT-001045', 'BA-001045', 'Internet & TV 500', 'active', NULL),
    ('1046', '2025-09-01', 'SIM-001046', 'BA-001046', 'Sim Only 5 GB', 'active', NULL),
    ('1047', '2025-07-01', 'INT-001047', 'BA-001047', 'Internet 200', 'active', NULL),
    ('1048', '2026-02-01', 'SIM-001048', 'BA-001048', 'Sim Only 20 GB', 'active', NULL),
    ('1049', '2025-05-01', 'INT-001049', 'BA-001049', 'Internet & TV 1000', 'active', NULL),
    ('1050', '2025-05-01', 'ZAK-001050', 'BA-001050', 'Zakelijk Internet & Bellen', 'active', NULL),
    ('1051', '2025-05-01', 'SIM-001051', 'BA-001051', 'Sim Only 10 GB', 'active', NULL),
    ('1052', '2025-05-01', 'INT-001052', 'BA-001052', 'Internet & TV 500', 'active', NULL);

-- The plain months: one invoice on the 3rd of each month since the connection started, of one line.
CREATE TEMP TABLE month_price (debtor_no TEXT PRIMARY KEY, cents INTEGER NOT NULL);
INSERT INTO month_price VALUES ('1042', 2750), ('1043', 2750), ('1044', 3250), ('1045', 4500), ('1046', 1950), ('1047', 3995),
    ('1048', 2750), ('1049', 5250), ('1050', 13750), ('1051', 2400), ('1052', 4500);
-- Months that the story tells itself, below.
CREATE TEMP TABLE told (debtor_no TEXT NOT NULL, month TEXT NOT NULL);
INSERT INTO told VALUES ('1042', '2026-08-01'), ('1043', '2026-09-01'), ('1044', '2026-08-01'), ('1050', '2026-07-01');
-- Months that were not paid.
CREATE TEMP TABLE unpaid (debtor_no TEXT NOT NULL, month TEXT NOT NULL);
INSERT INTO unpaid VALUES ('1051', '2026-07-01'), ('1051', '2026-08-01'), ('1051', '2026-09-01'), ('1051', '2026-10-01'),
    ('1052', '2026-09-01'), ('1052', '2026-10-01');

CREATE TEMP TABLE plain AS
WITH RECURSIVE month (first) AS (
    SELECT '2025-05-01' UNION ALL SELECT date(first, '+1 month') FROM month WHERE first < '2026-10-01'
)
SELECT connection.debtor_no, connection.account_no, connection.connection_no, connection.description, account.pay_by, month.first,
    date(month.first, '+1 month', '-1 day') AS last, date(month.first, '+2 days') AS dated, price.cents,
    CAST(round(price.cents * 21 / 121.0) AS INTEGER) AS vat,
    printf('%s-%06d', strftime('%Y%m', month.first), 2000 + connection.debtor_no) AS invoice_no,
    CASE account.pay_by WHEN 'direct-debit' THEN date(month.first, '+23 days')
        ELSE date(month.first, printf('+%d days', 5 + connection.debtor_no % 3)) END AS paid_on
FROM month
JOIN connection ON connection.starts_on <= month.first
JOIN account ON account.account_no = connection.account_no
JOIN month_price price ON price.debtor_no = connection.debtor_no
WHERE NOT EXISTS (SELECT 1 FROM told WHERE told.debtor_no = connection.debtor_no AND told.month = month.first);
UPDATE plain SET paid_on = NULL
WHERE paid_on > '2026-10-08' OR (debtor_no, first) IN (SELECT debtor_no, month FROM unpaid);

INSERT INTO invoice (debtor_no, dated, invoice_no, account_no, credits, is_credit, due, period_from, period_to, net_cents, vat_cents,
    total_cents, open_cents)
SELECT debtor_no, dated, invoice_no, account_no, NULL, 0, date(dated, '+14 days'), first, last, cents - vat, vat, cents,
    CASE WHEN paid_on IS NULL THEN cents ELSE 0 END
FROM plain;
INSERT INTO invoice_line (invoice_no, line_no, line_id, connection_no, description, monthly, period_from, period_to, vat_cents, total_cents)
SELECT invoice_no, 1, invoice_no || '-1', connection_no, description, 1, first, last, vat, cents FROM plain;
INSERT INTO receipt (debtor_no, booked_on, receipt_no, method, amount_cents, returned_on, return_code)
SELECT debtor_no, paid_on, 'P' || invoice_no, pay_by, cents, NULL, NULL FROM plain WHERE paid_on IS NOT NULL;
INSERT INTO receipt_item (receipt_no, invoice_no, cents)
SELECT 'P' || invoice_no, invoice_no, cents FROM plain WHERE paid_on IS NOT NULL;
DROP TABLE plain;
DROP TABLE unpaid;
DROP TABLE told;
DROP TABLE month_price;

-- The invoices of the story: 1042 and 1043 and 1044 were billed twice for one month; 1050 bought equipment; 1047 got a goodwill credit.
INSERT INTO invoice (debtor_no, dated, invoice_no, account_no, credits, is_credit, due, period_from, period_to, net_cents, vat_cents,
    total_cents, open_cents) VALUES
    ('1042', '2026-08-03', '202608-003184', 'BA-001042', NULL, 0, '2026-08-17', '2026-08-01', '2026-08-31', 2273, 477, 2750, 0),
    ('1042', '2026-08-06', '202608-004217', 'BA-001042', NULL, 0, '2026-08-20', '2026-08-01', '2026-08-31', 2273, 477, 2750, 2750),
    ('1043', '2026-09-03', '202609-003201', 'BA-001043', NULL, 0, '2026-09-17', '2026-09-01', '2026-09-30', 2273, 477, 2750, 0),
    ('1043', '2026-09-07', '202609-004388', 'BA-001043', NULL, 0, '2026-09-21', '2026-09-01', '2026-09-30', 2273, 477, 2750, 2750),
    ('1044', '2026-08-03', '202608-003219', 'BA-001044', NULL, 0, '2026-08-17', '2026-08-01', '2026-08-31', 2686, 564, 3250, 3250),
    ('1044', '2026-08-06', '202608-004226', 'BA-001044', NULL, 0, '2026-08-20', '2026-08-01', '2026-08-31', 2686, 564, 3250, 0),
    ('1047', '2026-06-04', 'C202606-000047', 'BA-001047', NULL, 1, NULL, NULL, NULL, -826, -174, -1000, 0),
    ('1050', '2026-07-03', '202607-003050', 'BA-001050', NULL, 0, '2026-07-17', '2026-07-01', '2026-07-31', 34091, 7159, 41250, 41250);
INSERT INTO invoice_line (invoice_no, line_no, line_id, connection_no, description, monthly, period_from, period_to, vat_cents, total_cents) VALUES
    ('202608-003184', 1, '202608-003184-1', 'SIM-001042', 'Sim Only 20 GB', 1, '2026-08-01', '2026-08-31', 477, 2750),
    ('202608-004217', 1, '202608-004217-1', 'SIM-001042', 'Sim Only 20 GB (verlenging per 1 augustus)', 1, '2026-08-01', '2026-08-31', 477, 2750),
    ('202609-003201', 1, '202609-003201-1', 'SIM-001043', 'Sim Only 20 GB', 1, '2026-09-01', '2026-09-30', 477, 2750),
    ('202609-004388', 1, '202609-004388-1', 'SIM-001043', 'Sim Only 20 GB (verlenging per 1 september)', 1, '2026-09-01', '2026-09-30', 477, 2750),
    ('202608-003219', 1, '202608-003219-1', 'SIM-001044', 'Sim Only Onbeperkt', 1, '2026-08-01', '2026-08-31', 564, 3250),
    ('202608-004226', 1, '202608-004226-1', 'SIM-001044', 'Sim Only Onbeperkt (verlenging per 1 augustus)', 1, '2026-08-01', '2026-08-31', 564, 3250),
    ('C202606-000047', 1, 'C202606-000047-1', 'INT-001047', 'Tegemoetkoming uit coulance', 0, NULL, NULL, -174, -1000),
    ('202607-003050', 1, '202607-003050-1', 'ZAK-001050', 'Zakelijk Internet & Bellen', 1, '2026-07-01', '2026-07-31', 2386, 13750),
    ('202607-003050', 2, '202607-003050-2', 'ZAK-001050', 'Router en vier telefoons, eenmalig', 0, NULL, NULL, 4773, 27500);

-- 1044: both collected on 24 August; on the 28th the customer had the first one reversed (MD06). The second is paid, so that its open
-- amount is 0: whoever credits it owes a refund.
INSERT INTO receipt (debtor_no, booked_on, receipt_no, method, amount_cents, returned_on, return_code) VALUES
    ('1042', '2026-08-14', 'P202608-003184', 'ideal', 2750, NULL, NULL),
    ('1043', '2026-09-10', 'P202609-003201', 'ideal', 2750, NULL, NULL),
    ('1044', '2026-08-24', 'P202608-003219', 'direct-debit', 3250, '2026-08-28', 'MD06'),
    ('1044', '2026-08-24', 'P202608-004226', 'direct-debit', 3250, NULL, NULL),
    ('1047', '2026-06-05', 'PC202606-000047', 'transfer', -1000, NULL, NULL);
INSERT INTO receipt_item (receipt_no, invoice_no, cents) VALUES
    ('P202608-003184', '202608-003184', 2750),
    ('P202609-003201', '202609-003201', 2750),
    ('P202608-003219', '202608-003219', 3250),
    ('P202608-004226', '202608-004226', 3250),
    ('PC202606-000047', 'C202606-000047', -1000);

INSERT INTO dunning (debtor_no, issued_on, dunning_no, level, delivered_on, sent_by, asked_cents, fee_cents) VALUES
    ('1042', '2026-08-27', 'H26-002118', 1, '2026-08-27', 'email', 2750, 0),
    ('1042', '2026-09-03', 'H26-002264', 3, '2026-09-05', 'letter', 2750, 4000),
    ('1044', '2026-09-04', 'H26-002291', 1, '2026-09-04', 'email', 3250, 0),
    ('1044', '2026-09-18', 'H26-002407', 2, '2026-09-22', 'letter', 3250, 0),
    ('1051', '2026-07-24', 'H26-001873', 1, '2026-07-28', 'letter', 2400, 0),
    ('1051', '2026-08-25', 'H26-002090', 3, '2026-08-27', 'letter', 2400, 4000),
    ('1052', '2026-09-24', 'H26-002466', 1, '2026-09-26', 'letter', 4500, 0);
INSERT INTO dunning_item (dunning_no, invoice_no) VALUES
    ('H26-002118', '202608-004217'),
    ('H26-002264', '202608-004217'),
    ('H26-002291', '202608-003219'),
    ('H26-002407', '202608-003219'),
    ('H26-001873', '202607-003051'),
    ('H26-002090', '202607-003051'),
    ('H26-002466', '202609-003052');
