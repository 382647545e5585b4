-- Invented rows for the tables of Zammad. The customers are those of the sample; the moments are UTC.
INSERT INTO users (id, login, firstname, lastname, email, phone, mobile, city, note, customer_number, updated_by_id, created_by_id, created_at, updated_at) VALUES
    (1, '-', '-', '', '', '', '', '', '', NULL, 1, 1, '2025-01-06 08:00:00', '2025-01-06 08:00:00'),
    (11, 'daan@example.org', 'Daan', 'Visser', 'daan@example.org', '', '', '', '', NULL, 1, 1, '2025-01-06 08:00:00', '2025-01-06 08:00:00'),
    (12, 'zoe@example.org', 'Zoë', '', 'zoe@example.org', '', '', '', '', NULL, 1, 1, '2025-01-06 08:00:00', '2025-01-06 08:00:00'),
    (42, 'marloes.dewit@example.org', 'Marloes', 'de Wit', 'marloes.dewit@example.org', '', '+31600001042', 'Utrecht', '', '1042', 1, 1, '2025-02-03 09:00:00', '2026-08-11 17:42:00'),
    -- Known by a number typed as people write it; no customer number.
    (43, 'auto-1754000000-101', 'Youssef', 'El Amrani', '', '06 - 0000 1043 (werk)', '', '', '', NULL, 11, 11, '2026-10-07 18:05:00', '2026-10-07 18:05:00'),
    -- One household, one line.
    (45, 'familie.ijzerman@example.org', 'Anja', 'IJzerman', 'familie.ijzerman@example.org', '035-000 1045', '', 'Hilversum', '', '1045', 1, 1, '2025-03-03 09:00:00', '2025-03-03 09:00:00'),
    (46, 'pieter.ijzerman', 'Pieter', 'IJzerman', 'familie.ijzerman@example.org', '+31 (0)35 000 1045', '', 'Hilversum', '', '1046', 1, 1, '2025-03-03 09:00:00', '2025-03-03 09:00:00'),
    (47, 'noelle.celik@example.org', 'Noëlle', 'Çelik', 'noelle.celik@example.org', '0031600001047', '', 'Den Haag', '', '1047', 1, 1, '2025-03-03 09:00:00', '2025-03-03 09:00:00'),
    -- Somebody else's number stands in the note: Zammad lists it as known, and it must not find this user.
    (48, 'sietske.hoekstra@example.org', 'Sietske', 'Hoekstra', 'sietske.hoekstra@example.org', '', '', '', 'Belt soms namens 0600001042', '', 1, 1, '2025-03-03 09:00:00', '2025-03-03 09:00:00'),
    -- Social media: no mail, no number, no name, and a login of digits that is no customer number.
    (49, '1049', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1, '2026-09-01 10:00:00', '2026-09-01 10:00:00');

INSERT INTO groups (id, name, updated_by_id, created_by_id, created_at, updated_at) VALUES
    (1, 'Users', 1, 1, '2025-01-06 08:00:00', '2025-01-06 08:00:00'),
    (2, 'Klantenservice::Facturen', 1, 1, '2025-01-06 08:00:00', '2025-01-06 08:00:00');

INSERT INTO ticket_state_types (id, name, updated_by_id, created_by_id, created_at, updated_at)
SELECT id, name, 1, 1, '2025-01-06 08:00:00', '2025-01-06 08:00:00'
FROM (VALUES (1, 'new'), (2, 'open'), (3, 'pending reminder'), (4, 'pending action'), (5, 'closed'), (6, 'merged'), (7, 'removed')) AS seed (id, name);

INSERT INTO ticket_states (id, state_type_id, name, updated_by_id, created_by_id, created_at, updated_at)
SELECT id, state_type_id, name, 1, 1, '2025-01-06 08:00:00', '2025-01-06 08:00:00'
FROM (VALUES (1, 1, 'new'), (2, 2, 'open'), (3, 3, 'pending reminder'), (4, 5, 'closed'), (5, 6, 'merged'), (6, 7, 'removed'), (7, 4, 'pending close'))
    AS seed (id, state_type_id, name);

INSERT INTO ticket_article_types (id, name, communication, updated_by_id, created_by_id, created_at, updated_at)
SELECT id, name, name <> 'note', 1, 1, '2025-01-06 08:00:00', '2025-01-06 08:00:00'
FROM (VALUES (1, 'email'), (2, 'sms'), (3, 'chat'), (4, 'fax'), (5, 'phone'), (6, 'twitter status'), (7, 'twitter direct-message'),
    (8, 'facebook feed post'), (9, 'facebook feed comment'), (10, 'note'), (11, 'web'), (12, 'telegram personal-message'),
    (13, 'facebook direct-message'), (14, 'whatsapp message')) AS seed (id, name);

INSERT INTO ticket_article_senders (id, name, updated_by_id, created_by_id, created_at, updated_at)
SELECT id, name, 1, 1, '2025-01-06 08:00:00', '2025-01-06 08:00:00'
FROM (VALUES (1, 'Agent'), (2, 'Customer'), (3, 'System')) AS seed (id, name);

INSERT INTO tickets (id, group_id, priority_id, state_id, number, title, owner_id, customer_id, close_at, last_close_at, create_article_type_id, create_article_sender_id, updated_by_id, created_by_id, created_at, updated_at) VALUES
    (101, 2, 2, 4, '67101', 'Twee facturen voor augustus 🤔', 11, 42, '2026-08-12 08:00:00', '2026-08-13 09:30:00.250', 1, 2, 11, 42, '2026-08-11 17:42:00.123', '2026-08-13 09:30:00.250'),
    (102, 2, 2, 2, '67102', '-', 1, 42, NULL, NULL, 5, 2, 11, 11, '2026-09-07 08:12:00', '2026-09-07 08:31:00'),
    -- Merged into 101: its articles stand there.
    (103, 2, 2, 5, '67103', 'Nogmaals: dubbele factuur', 1, 42, NULL, NULL, 1, 2, 11, 42, '2026-08-11 18:00:00', '2026-08-12 07:00:00'),
    -- Removed by an administrator.
    (104, 2, 2, 6, '67104', 'Geheim', 1, 42, NULL, NULL, 1, 2, 11, 42, '2026-08-20 10:00:00', '2026-08-20 10:00:00'),
    -- Imported: nothing is known of its first article.
    (105, 1, 2, 4, '67105', 'Oude vraag', 12, 42, NULL, NULL, NULL, NULL, 1, 1, '2025-04-08 10:00:00', '2025-04-08 10:00:00'),
    -- Same moment as 101: the id decides.
    (106, 2, 2, 2, '67106', 'Openbaar bericht', 11, 42, NULL, NULL, 9, 2, 11, 42, '2026-08-11 17:42:00.123', '2026-08-11 18:21:00'),
    -- No article at all.
    (107, 2, 2, 1, '67107', 'Leeg', 1, 42, NULL, NULL, NULL, NULL, 11, 11, '2026-09-08 08:00:00', '2026-09-08 08:00:00'),
    (111, 2, 2, 2, '67111', 'Dubbele factuur september', 11, 43, NULL, NULL, 5, 2, 11, 11, '2026-10-07 18:05:00', '2026-10-07 18:05:00'),
    (121, 1, 2, 4, '67121', 'Verhuizing', 11, 45, '2026-05-02 09:00:00', NULL, 11, 2, 11, 45, '2026-05-01 09:00:00', '2026-05-02 09:00:00'),
    (122, 1, 2, 2, '67122', 'Storing', 12, 46, NULL, NULL, 14, 2, 12, 46, '2026-05-03 09:00:00', '2026-05-03 09:00:00'),
    (131, 1, 2, 2, '67131', 'Vraag zonder naam', 1, 49, NULL, NULL, 12, 2, 1, 49, '2026-09-01 10:00:00', '2026-09-01 10:00:00'),
    (132, 1, 2, 2, '67132', 'Hoekstra', 1, 48, NULL, NULL, 5, 1, 1, 11, '2026-06-01 10:00:00', '2026-06-01 10:00:00');

INSERT INTO ticket_articles (id, ticket_id, type_id, sender_id, "from", "to", subject, content_type, body, internal, updated_by_id, created_by_id, origin_by_id, created_at, updated_at) VALUES
    (1001, 101, 1, 2, 'Marloes de Wit <marloes.dewit@example.org>', 'klantenservice@example.org', NULL, 'text/html',
        '<style>p { color: red }</style><div>Hoi,<br>ik heb twee facturen gekregen, allebei &euro;&nbsp;27,50.</div><div>Dat klopt toch niet? <b>&lt;boos&gt;</b> 🤔</div><script>alert(1)</script>',
        false, 42, 42, NULL, '2026-08-11 17:42:00.123', '2026-08-11 17:42:00.123'),
    (1002, 101, 10, 1, 'Daan Visser', NULL, NULL, 'text/plain', 'Niet aan de klant zeggen: fout in de verlenging.', true, 11, 11, NULL, '2026-08-11 17:50:00', '2026-08-11 17:50:00'),
    (1003, 101, 1, 1, 'Klantenservice <klantenservice@example.org>', 'marloes.dewit@example.org', 'Re: facturen', 'text/html',
        '<p>De tweede factuur (202608-004217) hoef je niet te betalen.</p><p>Groet, Daan &amp; team</p>', false, 11, 11, NULL, '2026-08-11 18:21:00', '2026-08-11 18:21:00'),
    (1004, 101, 1, 2, 'Marloes de Wit <marloes.dewit@example.org>', NULL, 'Nogmaals', 'text/plain', '1 < 2 & dat <blijft> zo staan', false, 42, 42, NULL, '2026-08-11 18:00:00', '2026-08-12 07:00:00'),
    (1005, 103, 10, 1, 'Daan Visser', NULL, NULL, 'text/plain', 'merged', false, 11, 11, NULL, '2026-08-12 07:00:00', '2026-08-12 07:00:00'),
    (1006, 104, 1, 2, 'marloes.dewit@example.org', NULL, NULL, 'text/plain', 'Mag niemand zien', false, 42, 42, NULL, '2026-08-20 10:00:00', '2026-08-20 10:00:00'),
    (1007, 102, 5, 2, 'Marloes de Wit', NULL, '', 'text/plain', 'Klant zegt via Facebook afspraak te hebben over factuur aug.', false, 11, 11, 42, '2026-09-07 08:12:00', '2026-09-07 08:12:00'),
    (1008, 102, 1, 3, 'Systeem', NULL, NULL, 'text/plain', 'Uw vraag is ontvangen.', false, 1, 1, NULL, '2026-09-07 08:12:01', '2026-09-07 08:12:01'),
    (1009, 105, 1, 1, NULL, NULL, NULL, 'text/plain', '', false, 1, 1, NULL, '2025-04-08 10:00:00', '2025-04-08 10:00:00'),
    (1010, 106, 9, 2, 'Marloes', NULL, NULL, 'text/html', 'Wie heeft <i>ook</i> twee facturen?', false, 42, 42, NULL, '2026-08-11 17:42:00.123', '2026-08-11 17:42:00.123'),
    (1011, 106, 10, 1, 'Daan Visser', NULL, NULL, 'text/plain', 'Privébericht gestuurd', true, 11, 11, NULL, '2026-08-11 18:21:00', '2026-08-11 18:21:00'),
    (1012, 111, 5, 2, 'Youssef El Amrani', NULL, NULL, 'text/plain', 'Belt over 202609-004388', false, 11, 11, 43, '2026-10-07 18:05:00', '2026-10-07 18:05:00'),
    (1013, 121, 11, 2, 'Anja IJzerman', NULL, NULL, 'text/plain', 'Wij verhuizen', false, 45, 45, NULL, '2026-05-01 09:00:00', '2026-05-01 09:00:00'),
    (1014, 122, 14, 2, 'Pieter IJzerman', NULL, NULL, 'text/plain', 'Geen internet 😡', false, 46, 46, NULL, '2026-05-03 09:00:00', '2026-05-03 09:00:00'),
    (1015, 131, 12, 2, '@iemand', NULL, NULL, 'text/plain', 'Hallo?', false, 49, 49, NULL, '2026-09-01 10:00:00', '2026-09-01 10:00:00'),
    (1016, 132, 5, 1, 'Daan Visser', NULL, NULL, 'text/plain', 'Teruggebeld', false, 11, 11, NULL, '2026-06-01 10:00:00', '2026-06-01 10:00:00'),
    -- Longer than anyone reads: a mail with its whole history.
    (1017, 132, 1, 2, 'sietske.hoekstra@example.org', NULL, NULL, 'text/plain', repeat('Zie onder. ', 20000), false, 48, 48, NULL, '2026-06-02 10:00:00', '2026-06-02 10:00:00'),
    -- Made to keep a pattern busy: a back reference needed over 10 s for it.
    (1018, 132, 1, 2, 'sietske.hoekstra@example.org', NULL, NULL, 'text/html', repeat('<style></script>', 6000), false, 48, 48, NULL, '2026-06-03 10:00:00', '2026-06-03 10:00:00');

-- Noëlle: 60 tickets, two at each moment.
INSERT INTO tickets (id, group_id, priority_id, state_id, number, title, owner_id, customer_id, create_article_type_id, create_article_sender_id, updated_by_id, created_by_id, created_at, updated_at)
SELECT 200 + n, 1, 2, 4, (68000 + n)::text, 'Vraag ' || n || ' over koekjes', 12, 47, 1, 2, 12, 47,
    timestamp '2026-01-01 09:00' + n / 2 * interval '1 day', timestamp '2026-01-01 09:00' + n / 2 * interval '1 day'
FROM generate_series(1, 60) AS n;
INSERT INTO ticket_articles (id, ticket_id, type_id, sender_id, "from", content_type, body, updated_by_id, created_by_id, created_at, updated_at)
SELECT 2000 + n * 2 + reply, 200 + n, 1, 2 - reply, 'Noëlle Çelik', 'text/plain', CASE reply WHEN 0 THEN 'Vraag ' ELSE 'Antwoord ' END || n, 12, CASE reply WHEN 0 THEN 47 ELSE 12 END,
    timestamp '2026-01-01 09:00' + n / 2 * interval '1 day' + reply * interval '1 hour', timestamp '2026-01-01 09:00' + n / 2 * interval '1 day' + reply * interval '1 hour'
FROM generate_series(1, 60) AS n CROSS JOIN generate_series(0, 1) AS reply;

-- As Zammad keeps them: digits with a country code, and 49 before what was typed without one.
INSERT INTO cti_caller_ids (caller_id, level, object, o_id, user_id, created_at, updated_at) VALUES
    ('31600001042', 'known', 'User', 42, 42, '2025-02-03 09:00:00', '2025-02-03 09:00:00'),
    ('49600001043', 'known', 'User', 43, 43, '2026-10-07 18:05:00', '2026-10-07 18:05:00'),
    ('49350001045', 'known', 'User', 45, 45, '2025-03-03 09:00:00', '2025-03-03 09:00:00'),
    ('31350001045', 'known', 'User', 46, 46, '2025-03-03 09:00:00', '2025-03-03 09:00:00'),
    ('31600001047', 'known', 'User', 47, 47, '2025-03-03 09:00:00', '2025-03-03 09:00:00'),
    ('49600001042', 'known', 'User', 48, 48, '2025-03-03 09:00:00', '2025-03-03 09:00:00'),
    ('31600001042', 'maybe', 'Ticket', 132, 48, '2026-06-01 10:00:00', '2026-06-01 10:00:00');

SELECT setval(pg_get_serial_sequence('users', 'id'), 1000), setval(pg_get_serial_sequence('tickets', 'id'), 1000),
    setval(pg_get_serial_sequence('ticket_articles', 'id'), 10000);
