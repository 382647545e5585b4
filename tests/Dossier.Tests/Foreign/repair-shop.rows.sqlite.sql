-- Invented rows for the repair shop. The clients are customers of the sample.
INSERT INTO client (client_no, shown_name, town, dealer_ref, tel, mail) VALUES
    (1, 'Marloes de Wit', 'Utrecht', '1042', 31600001042, 'Marloes.deWit@example.org'),
    (2, 'Youssef El Amrani', NULL, NULL, 31600001043, NULL),
    (3, 'Anja IJzerman', 'Hilversum', '1045', 31350001045, 'familie.ijzerman@example.org'),
    (4, 'Pieter IJzerman', 'Hilversum', '1046', 31350001045, 'familie.ijzerman@example.org'),
    (5, 'Noëlle Çelik', 'Den Haag', '1047', 31600001047, 'noelle.celik@example.org'),
    (6, 'Onbekend 📱', NULL, NULL, NULL, NULL),
    (7, 'Vergeten', NULL, '', 0, '');

INSERT INTO mechanic (mechanic_no, nick) VALUES (1, 'Bé'), (2, 'Schroef');

INSERT INTO visit (visit_no, client_no, kind, way, stage, started_ms, left_ms, typed_ms, complaint, diagnosis, mechanic, follows) VALUES
    (1, 1, 1, 0, 50, 1786470120123, 1786470720000, 1786470720001, 'Scherm gebarsten', 'Scherm vervangen', 1, NULL),
    -- The same millisecond: the number decides.
    (2, 1, 3, 1, 40, 1786470120123, NULL, 1786470120123, NULL, NULL, 2, 1),
    -- A kind, a stage and a mechanic that nobody knows any more.
    (3, 1, 9, NULL, 77, 1754900000000, NULL, 1754900000000, '', NULL, 8, NULL),
    -- Before 1970: a clock that was never set.
    (4, 1, 1, 0, 99, -3600000, NULL, 1786470120123, 'Klok stond verkeerd', NULL, 1, NULL),
    (5, 2, 2, 0, 20, 1791396300000, NULL, 1791396300000, 'Belt over de batterij', NULL, 1, NULL),
    (6, 3, 1, 0, 50, 1777618800000, 1777619400000, 1777619400000, 'Toetsenbord plakt', 'Koffie', 2, NULL),
    (7, 4, 4, 0, 30, 1777705200000, NULL, 1777705200000, 'Waar blijft hij?', NULL, NULL, NULL),
    (8, 6, 1, 0, 10, 1777705200000, NULL, 1777705200000, 'Gevonden toestel', NULL, 1, NULL);
INSERT INTO visit (visit_no, client_no, kind, way, stage, started_ms, typed_ms, complaint, mechanic)
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 60)
SELECT 100 + n, 5, 1, 0, 50, 1767254400000 + n / 2 * 86400000, 1767254400000, 'Koekje in de gleuf ' || n, 1 FROM n;

INSERT INTO line (visit_no, line_no, by, said_ms, said) VALUES
    (1, 1, 0, 1786470120123, 'Hij viel. 😢'), (1, 2, 1, 1786470180000, 'Over tien minuten klaar.'), (1, 3, 2, 1786470700000, 'TEST OK'),
    (2, 1, 1, 1786470120123, NULL), (6, 1, 0, 1777618800000, 'Het was thee'), (8, 1, 0, 1777705200000, 'Niet van mij');
INSERT INTO line (visit_no, line_no, by, said_ms, said) SELECT visit_no, 1, 0, started_ms, complaint FROM visit WHERE visit_no > 100;

INSERT INTO device (serial, client_no, model, state, bought_day, gone_day) VALUES
    ('SN-0001', 1, 'Toestel Één', 0, 20181, NULL), ('SN-0002', 1, 'Toestel Twee', 1, 20181, NULL), ('SN-0000', 1, 'Oud ding', 2, NULL, 20454),
    ('SN-0003', 5, 'Koektrommel', 7, 20500, NULL);
