-- Invented rows for the tables of Open Klant. The customers are those of the sample; no number is a real person's.
INSERT INTO klantinteracties_actor (id, uuid, naam, soort_actor, indicatie_actief, actoridentificator_object_id, actoridentificator_code_objecttype, actoridentificator_code_register, actoridentificator_code_soort_object_id) VALUES
    (1, 'a0000000-0000-4000-8000-000000000001', 'Zoë Ünal', 'medewerker', true, '', '', '', ''),
    (2, 'a0000000-0000-4000-8000-000000000002', 'Klantcontactcentrum', 'organisatorische_eenheid', true, '', '', '', ''),
    (3, 'a0000000-0000-4000-8000-000000000003', 'Formulierenrobot', 'geautomatiseerde_actor', true, '', '', '', '');

INSERT INTO klantinteracties_partij (id, uuid, nummer, interne_notitie, soort_partij, indicatie_geheimhouding, voorkeurstaal, indicatie_actief, bezoekadres_stad) VALUES
    (1, 'b0000000-0000-4000-8000-000000000001', '0000000001', '', 'persoon', false, 'nld', true, 'Utrecht'),
    (2, 'b0000000-0000-4000-8000-000000000002', '0000000002', '', 'persoon', NULL, 'nld', true, ''),
    (3, 'b0000000-0000-4000-8000-000000000003', '0000000003', '', 'persoon', NULL, '', true, 'Hilversum'),
    (4, 'b0000000-0000-4000-8000-000000000004', '0000000004', '', 'persoon', NULL, '', true, 'Hilversum'),
    -- Must stay secret: no place.
    (5, 'b0000000-0000-4000-8000-000000000005', '0000000005', 'Niet doorgeven', 'persoon', true, 'nld', true, 'Den Haag'),
    (6, 'b0000000-0000-4000-8000-000000000006', NULL, '', 'organisatie', NULL, '', true, 'Deventer'),
    (7, 'b0000000-0000-4000-8000-000000000007', NULL, '', 'contactpersoon', NULL, '', true, ''),
    -- No longer active: had Marloes's number before her.
    (8, 'b0000000-0000-4000-8000-000000000008', '1042', '', 'persoon', NULL, '', false, 'Zeist');

INSERT INTO klantinteracties_persoon (partij_id, contactnaam_voorletters, contactnaam_voornaam, contactnaam_voorvoegsel_achternaam, contactnaam_achternaam) VALUES
    (1, 'M.', 'Marloes', 'de', 'Wit'), (2, 'Y.', 'Youssef', '', 'El Amrani'), (3, 'A.', 'Anja', '', 'IJzerman'), (4, 'P.', '', '', 'IJzerman'),
    (5, 'N.', 'Noëlle', '', 'Çelik'), (8, 'X.', 'Vorige', '', 'Houder');
INSERT INTO klantinteracties_organisatie (partij_id, naam) VALUES (6, 'Bakkerij ''t Hoekje');
INSERT INTO klantinteracties_contactpersoon (uuid, partij_id, werkte_voor_partij_id, contactnaam_voorletters, contactnaam_voornaam, contactnaam_voorvoegsel_achternaam, contactnaam_achternaam) VALUES
    ('c0000000-0000-4000-8000-000000000007', 7, 6, '', 'Fatma', '', 'Yılmaz');

INSERT INTO klantinteracties_partijidentificator (uuid, partij_id, andere_partij_identificator, partij_identificator_code_objecttype, partij_identificator_code_soort_object_id, partij_identificator_object_id, partij_identificator_code_register) VALUES
    ('d0000000-0000-4000-8000-000000000001', 1, 'klantnummer', '', '', '1042', ''),
    ('d0000000-0000-4000-8000-000000000002', 2, 'klantnummer', 'natuurlijk_persoon', 'overig', '1043', 'overig'),
    ('d0000000-0000-4000-8000-000000000003', 3, 'klantnummer', '', '', '1045', ''),
    ('d0000000-0000-4000-8000-000000000004', 4, '', '', 'klantnummer', '1046', ''),
    ('d0000000-0000-4000-8000-000000000005', 5, 'klantnummer', '', '', '1047', ''),
    ('d0000000-0000-4000-8000-000000000006', 6, 'klantnummer', '', '', '1050', ''),
    -- A citizen service number, right and mislabelled: found by neither. And a KvK number that is somebody's customer number.
    ('d0000000-0000-4000-8000-000000000007', 1, '', 'natuurlijk_persoon', 'bsn', '999990019', 'brp'),
    ('d0000000-0000-4000-8000-000000000008', 5, 'klantnummer', 'natuurlijk_persoon', 'bsn', '999990020', 'brp'),
    ('d0000000-0000-4000-8000-000000000009', 6, '', 'niet_natuurlijk_persoon', 'kvk_nummer', '1042', 'hr');

INSERT INTO klantinteracties_klantcontact (id, uuid, nummer, referentienummer, kanaal, onderwerp, inhoud, reactie, indicatie_contact_gelukt, hoofd_onderwerp_type, verdere_actie_ondernomen, taal, vertrouwelijk, plaatsgevonden_op, metadata) VALUES
    (1, 'e0000000-0000-4000-8000-000000000001', '0000000001', NULL, 'E-mail', 'Twee facturen voor augustus 🤔', 'Ik heb twee facturen gekregen, allebei € 27,50.', 'De tweede hoeft u niet te betalen.', true, '', false, 'nld', false, '2026-08-11 19:42:00.123456+02', '{}'),
    (2, 'e0000000-0000-4000-8000-000000000002', '0000000002', NULL, 'Telefoon', '', 'Klant zegt een afspraak te hebben.', '', NULL, '', false, 'nld', false, '2026-09-07 10:12:00+02', '{}'),
    -- Confidential.
    (3, 'e0000000-0000-4000-8000-000000000003', NULL, NULL, 'balie', 'Schuldhulp', 'Mag niemand zien', 'Ook niet', NULL, '', false, 'nld', true, '2026-09-08 10:00:00+02', '{}'),
    -- Nobody known took part: found by the address of the betrokkene.
    (4, 'e0000000-0000-4000-8000-000000000004', NULL, NULL, 'Contactformulier', 'Vraag', 'Hallo <b>daar</b>', '', NULL, '', false, 'nld', false, '2026-08-11 19:42:00.123456+02', '{}'),
    -- Two of one household took part; the company began.
    (5, 'e0000000-0000-4000-8000-000000000005', NULL, '12345', 'Pop-up bus!', 'Verhuizing', '', '', false, '', true, 'nld', false, '2026-05-01 09:00:00+02', '{}'),
    (6, 'e0000000-0000-4000-8000-000000000006', NULL, NULL, 'telefoon', 'Vorige houder', 'Van een ander', '', NULL, '', false, 'nld', false, '2024-05-01 09:00:00+02', '{}'),
    -- Without any betrokkene.
    (7, 'e0000000-0000-4000-8000-000000000007', NULL, NULL, '', 'Los', 'Niemand', '', NULL, '', false, 'nld', false, '2026-06-01 09:00:00+02', '{}'),
    (8, 'e0000000-0000-4000-8000-000000000008', NULL, NULL, 'telefoon', 'Termijnregeling', 'Gebeld', '', true, '', false, 'nld', false, '2026-06-02 09:00:00+02', '{}');

INSERT INTO klantinteracties_betrokkene (id, uuid, partij_id, klantcontact_id, rol, organisatienaam, initiator, contactnaam_voorletters, contactnaam_voornaam, contactnaam_voorvoegsel_achternaam, contactnaam_achternaam) VALUES
    (1, 'f0000000-0000-4000-8000-000000000001', 1, 1, 'klant', '', true, '', '', '', ''),
    (2, 'f0000000-0000-4000-8000-000000000002', 1, 2, 'klant', '', true, 'M.', 'Marloes', 'de', 'Wit'),
    (3, 'f0000000-0000-4000-8000-000000000003', 1, 3, 'klant', '', true, '', '', '', ''),
    (4, 'f0000000-0000-4000-8000-000000000004', NULL, 4, 'klant', '', true, '', 'M', 'de', 'Wit'),
    (5, 'f0000000-0000-4000-8000-000000000005', 4, 5, 'vertegenwoordiger', '', false, '', '', '', ''),
    (6, 'f0000000-0000-4000-8000-000000000006', 3, 5, 'klant', '', false, '', '', '', ''),
    (7, 'f0000000-0000-4000-8000-000000000007', 8, 6, 'klant', '', true, '', '', '', ''),
    -- The same partij twice in one klantcontact.
    (8, 'f0000000-0000-4000-8000-000000000008', 1, 1, 'vertegenwoordiger', '', false, '', '', '', ''),
    (9, 'f0000000-0000-4000-8000-000000000009', 7, 8, 'vertegenwoordiger', 'Bakkerij ''t Hoekje', true, '', '', '', ''),
    (10, 'f0000000-0000-4000-8000-000000000010', 6, 8, 'klant', '', true, '', '', '', '');

INSERT INTO klantinteracties_digitaaladres (uuid, partij_id, betrokkene_id, soort_digitaal_adres, is_standaard_adres, adres, omschrijving, referentie) VALUES
    ('90000000-0000-4000-8000-000000000001', 1, NULL, 'email', true, 'Marloes.deWit@example.org', 'privé', ''),
    ('90000000-0000-4000-8000-000000000002', 1, NULL, 'telefoonnummer', true, '+31600001042', '', ''),
    ('90000000-0000-4000-8000-000000000003', NULL, 4, 'email', false, 'marloes.dewit@example.org', '', ''),
    ('90000000-0000-4000-8000-000000000004', 3, NULL, 'telefoonnummer', true, '0350001045', '', ''),
    ('90000000-0000-4000-8000-000000000005', 4, NULL, 'telefoonnummer', true, '0350001045', '', ''),
    ('90000000-0000-4000-8000-000000000006', 5, NULL, 'email', true, 'noelle.celik@example.org', '', ''),
    ('90000000-0000-4000-8000-000000000007', 5, NULL, 'overig', true, '@noëlle', 'schermnaam', ''),
    ('90000000-0000-4000-8000-000000000008', 8, NULL, 'telefoonnummer', true, '+31600001042', '', ''),
    ('90000000-0000-4000-8000-000000000009', 2, NULL, 'telefoonnummer', true, '0600001043', '', ''),
    ('90000000-0000-4000-8000-000000000010', 2, NULL, 'telefoonnummer', false, '1400', 'geen eigen nummer', '');

INSERT INTO klantinteracties_actorklantcontact (uuid, actor_id, klantcontact_id) VALUES
    ('80000000-0000-4000-8000-000000000001', 1, 1), ('80000000-0000-4000-8000-000000000002', 2, 1), ('80000000-0000-4000-8000-000000000003', 1, 2),
    ('80000000-0000-4000-8000-000000000004', 3, 4), ('80000000-0000-4000-8000-000000000005', 2, 5);

INSERT INTO klantinteracties_internetaak (uuid, klantcontact_id, nummer, gevraagde_handeling, toelichting, status, toegewezen_op, afgehandeld_op) VALUES
    ('70000000-0000-4000-8000-000000000001', 1, '0000000001', 'Terugbellen', 'Binnen vier werkuren', 'te_verwerken', '2026-08-12 09:00:00+02', NULL),
    ('70000000-0000-4000-8000-000000000002', 3, '0000000002', 'Geheim', '', 'verwerkt', '2026-09-08 11:00:00+02', '2026-09-09 11:00:00+02');

INSERT INTO klantinteracties_onderwerpobject (uuid, klantcontact_id, was_klantcontact_id, onderwerpobjectidentificator_object_id, onderwerpobjectidentificator_code_objecttype, onderwerpobjectidentificator_code_register, onderwerpobjectidentificator_code_soort_object_id) VALUES
    ('60000000-0000-4000-8000-000000000001', 2, 1, '', '', '', ''),
    ('60000000-0000-4000-8000-000000000002', 1, NULL, '202608-004217', 'factuur', 'administratie', 'nummer');

-- Noëlle: 60 klantcontacten, two at each moment.
INSERT INTO klantinteracties_klantcontact (id, uuid, kanaal, onderwerp, inhoud, reactie, hoofd_onderwerp_type, verdere_actie_ondernomen, taal, vertrouwelijk, plaatsgevonden_op, metadata)
SELECT 100 + n, ('e1000000-0000-4000-8000-' || lpad((n * 7919 % 1000)::text, 12, '0'))::uuid, 'chat', 'Koekjes ' || n, 'Vraag ' || n, '', '', false, 'nld', false,
    timestamptz '2026-01-01 09:00+01' + n / 2 * interval '1 day', '{}'
FROM generate_series(1, 60) AS n;
INSERT INTO klantinteracties_betrokkene (id, uuid, partij_id, klantcontact_id, rol, organisatienaam, initiator, contactnaam_voorletters, contactnaam_voornaam, contactnaam_voorvoegsel_achternaam, contactnaam_achternaam)
SELECT 100 + n, ('f1000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 5, 100 + n, 'klant', '', true, '', '', '', '' FROM generate_series(1, 60) AS n;
SELECT setval(pg_get_serial_sequence('klantinteracties_betrokkene', 'id'), 1000), setval(pg_get_serial_sequence('klantinteracties_klantcontact', 'id'), 1000);
