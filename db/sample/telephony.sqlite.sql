-- The story in telephony: customers 1042 to 1052. Moments are written with the offset of the Dutch clock and stored as unix seconds.

INSERT INTO known_caller (number, name, customer_no, noted_by, noted_at)
SELECT column1, column2, column3, column4, unixepoch(column5) FROM (VALUES
    ('0600001042', 'Marloes de Wit', '1042', 'fatima', '2026-07-22T15:10:00+02:00'),
    ('0600001043', 'Y. El Amrani', '1043', 'kees', '2026-08-21T11:30:00+02:00'),
    ('0600001044', 'J.W. van den Berg', '1044', 'kees', '2026-08-28T09:20:00+02:00'),
    ('0350001045', 'Anja IJzerman', '1045', 'fatima', '2025-11-12T10:00:00+01:00'),
    ('0350001045', 'Pieter IJzerman', '1046', 'ruben', '2026-02-05T14:00:00+01:00'),
    ('0600001047', 'Noëlle Çelik', '1047', 'ruben', '2026-05-12T10:20:00+02:00'),
    ('0600001048', 'mw. Hoekstra', NULL, NULL, '2026-04-09T13:40:00+02:00'),
    ('0600001049', 'Bram Peeters', '1049', 'fatima', '2026-04-22T13:10:00+02:00'),
    ('0570001050', 'Bakkerij ''t Hoekje', '1050', 'kees', '2025-06-17T08:40:00+02:00'),
    ('0600001050', 'Marjolein Terpstra', '1050', 'kees', '2026-07-17T16:00:00+02:00'),
    ('0600001051', 'R. Oldenkamp', '1051', 'ruben', '2026-07-30T11:05:00+02:00'),
    ('0500001052', 'mw. Van der Ploeg', '1052', 'fatima', '2025-10-02T09:50:00+02:00'));

-- call_id, number, way, start, waited_s, end, queue, agent, caller, reason, outcome, put through to, note, earlier call, what it was
INSERT INTO call (call_id, number, way, started_at, waited_s, ended_at, wrapped_at, queue, agent, caller_name, reason, outcome,
    put_through_to, note, earlier_call, earlier_is)
SELECT column1, column2, column3, unixepoch(column4), column5, unixepoch(column6), unixepoch(column6) + 45, column7, column8, column9,
    column10, column11, column12, column13, column14, column15
FROM (VALUES
    ('20251114-00231', '0600001042', 'IN', '2025-11-14T14:05:00+01:00', 95, '2025-11-14T14:12:30+01:00', 'klantenservice', 'ruben', 'Marloes de Wit', 'Databundel', 'SOLVED', NULL, 'Vraagt hoe ze haar verbruik ziet. App uitgelegd.', NULL, NULL),
    ('20260722-00518', '0600001042', 'IN', '2026-07-22T15:01:00+02:00', 140, '2026-07-22T15:12:00+02:00', 'verkoop', 'fatima', 'Marloes de Wit', 'Verlenging', 'SOLVED', NULL, 'Verlengt Sim Only 20 GB per 1 augustus, zelfde prijs.', NULL, NULL),
    ('20260907-00147', '0600001042', 'IN', '2026-09-07T10:12:00+02:00', 400, '2026-09-07T10:31:00+02:00', 'klantenservice', 'kees', 'Marloes de Wit', 'Factuur augustus', 'HUNG_UP', 'administratie', 'Klant zegt via Facebook afspraak te hebben over factuur aug. Kan niets terugvinden. Uitgelegd dat factuur openstaat.', NULL, NULL),
    ('20260113-00377', '0600001043', 'IN', '2026-01-13T16:22:00+01:00', 60, '2026-01-13T16:27:00+01:00', 'klantenservice', 'fatima', 'Y. El Amrani', 'Buitenland', 'SOLVED', NULL, 'Vraagt of de bundel in Frankrijk werkt. Ja, binnen de EU.', NULL, NULL),
    ('20260821-00466', '0600001043', 'IN', '2026-08-21T11:20:00+02:00', 130, '2026-08-21T11:31:00+02:00', 'verkoop', 'kees', 'Y. El Amrani', 'Verlenging', 'SOLVED', NULL, 'Verlengt Sim Only 20 GB per 1 september, zelfde prijs.', NULL, NULL),
    ('20260828-00102', '0600001044', 'IN', '2026-08-28T09:14:00+02:00', 210, '2026-08-28T09:26:00+02:00', 'klantenservice', 'kees', 'J.W. van den Berg', 'Dubbele incasso', 'OPEN', NULL, 'Twee keer € 32,50 afgeschreven op 24 aug. Heeft er zelf één teruggeboekt. Doorgezet naar debiteuren.', NULL, NULL),
    ('20260907-00312', '0600001044', 'IN', '2026-09-07T13:40:00+02:00', 335, '2026-09-07T13:52:00+02:00', 'klantenservice', 'ruben', 'J.W. van den Berg', 'Herinnering na terugboeking', 'OPEN', NULL, 'Krijgt een herinnering over factuur 202608-003219, terwijl augustus betaald is. Geen notitie van debiteuren te zien.', '20260828-00102', 'SAME'),
    ('20251112-00188', '0350001045', 'IN', '2025-11-12T09:52:00+01:00', 75, '2025-11-12T10:01:00+01:00', 'klantenservice', 'fatima', 'Anja IJzerman', 'Tv-ontvanger', 'SOLVED', NULL, 'Ontvanger opnieuw opgestart, beeld is terug.', NULL, NULL),
    ('20260205-00290', '0350001045', 'IN', '2026-02-05T13:50:00+01:00', 180, '2026-02-05T14:02:00+01:00', 'klantenservice', 'ruben', 'Pieter IJzerman', 'Simkaart', 'SOLVED', NULL, 'Nieuwe simkaart aangevraagd voor mobiel van meneer.', NULL, NULL),
    ('20260616-00221', '0600001045', 'IN', '2026-06-16T10:30:00+02:00', 90, '2026-06-16T10:36:00+02:00', 'klantenservice', 'fatima', 'Anja IJzerman', 'Wifi', 'SOLVED', NULL, 'Kanaal van de wifi gewisseld, sneller nu.', NULL, NULL),
    ('20260701-00175', '0600001046', 'IN', '2026-07-01T09:41:00+02:00', 45, '2026-07-01T09:46:00+02:00', 'klantenservice', 'kees', 'Pieter IJzerman', 'Factuur juni', 'SOLVED', NULL, 'Vraagt naar de vervaldatum. Uitgelegd.', NULL, NULL),
    ('20260512-00141', '0600001047', 'IN', '2026-05-12T10:05:00+02:00', 260, '2026-05-12T10:21:00+02:00', 'klantenservice', 'ruben', 'Noëlle Çelik', 'Cookies op de website', 'OPEN', 'webteam', 'Wil weten welke cookies MijnVoorbeeld plaatst zonder toestemming. Weet ik niet.', NULL, NULL),
    ('20260512-00142', '0600001047', 'IN', '2026-05-12T10:21:00+02:00', 480, '2026-05-12T10:33:00+02:00', 'webteam', 'daphne', 'Noëlle Çelik', 'Cookies op de website', 'OPEN', NULL, 'Gevraagd het te mailen, dan kijken we ernaar.', '20260512-00141', 'FROM'),
    ('20260601-00266', '0600001047', 'OUT', '2026-06-01T11:02:00+02:00', 0, '2026-06-01T11:24:00+02:00', 'klachten', 'willemijn', 'Noëlle Çelik', 'Klacht over cookievraag', 'SOLVED', NULL, 'Excuses gemaakt, uitgelegd welke cookies er zijn. € 10,00 tegemoetkoming toegezegd, brief volgt.', '20260512-00142', 'CALLED_BACK'),
    ('20260409-00254', '0600001048', 'IN', '2026-04-09T13:31:00+02:00', 150, '2026-04-09T13:42:00+02:00', 'klantenservice', 'fatima', 'mw. Hoekstra', 'Korting via werkgever', 'OPEN', NULL, 'Portaal zegt ontvangen, op de factuur nog niets. Winkel moet inboeken.', NULL, NULL),
    ('20260608-00233', '0600001048', 'IN', '2026-06-08T10:48:00+02:00', 370, '2026-06-08T11:00:00+02:00', 'klantenservice', 'kees', 'mw. Hoekstra', 'Korting via werkgever', 'OPEN', 'winkel Leeuwarden', 'Vierde factuur zonder korting. Winkel gebeld: staat op de lijst.', '20260409-00254', 'SAME'),
    ('20260422-00301', '0600001049', 'IN', '2026-04-22T13:02:00+02:00', 190, '2026-04-22T13:14:00+02:00', 'klantenservice', 'fatima', 'Bram Peeters', 'Storing internet', 'CALL_BACK', NULL, 'Lijn valt weg. Toegezegd: binnen één uur teruggebeld door techniek.', NULL, NULL),
    ('20260424-00388', '0600001049', 'IN', '2026-04-24T15:44:00+02:00', 425, '2026-04-24T15:58:00+02:00', 'klantenservice', 'ruben', 'Bram Peeters', 'Niet teruggebeld', 'CALL_BACK', NULL, 'Nooit teruggebeld op 22 april. Nieuwe toezegging: binnen vier werkuren, maandag is Koningsdag.', '20260422-00301', 'SAME'),
    ('20260428-00119', '0600001049', 'OUT', '2026-04-28T09:40:00+02:00', 0, '2026-04-28T10:03:00+02:00', 'techniek', 'joost', 'Bram Peeters', 'Storing internet', 'SOLVED', NULL, 'Teruggebeld. Modem op afstand ingesteld, lijn is stabiel.', '20260424-00388', 'CALLED_BACK'),
    ('20250617-00080', '0570001050', 'IN', '2025-06-17T08:31:00+02:00', 40, '2025-06-17T08:42:00+02:00', 'zakelijk', 'kees', 'Bakkerij ''t Hoekje', 'Tweede toestel', 'SOLVED', NULL, 'Toestel in de winkel gekoppeld.', NULL, NULL),
    ('20260717-00492', '0600001050', 'IN', '2026-07-17T15:48:00+02:00', 120, '2026-07-17T16:03:00+02:00', 'zakelijk', 'kees', 'Marjolein Terpstra', 'Factuur juli', 'OPEN', NULL, 'Kan € 412,50 niet in één keer betalen. Gevraagd om brief met voorstel.', NULL, NULL),
    ('20260730-00207', '0600001051', 'IN', '2026-07-30T10:52:00+02:00', 240, '2026-07-30T11:07:00+02:00', 'klantenservice', 'ruben', 'R. Oldenkamp', 'Herinnering', 'OPEN', NULL, 'Zegt dat een bewindvoerder zijn post doet. Gevraagd om een brief van de bewindvoerder.', NULL, NULL),
    ('20251002-00116', '0500001052', 'IN', '2025-10-02T09:38:00+02:00', 110, '2025-10-02T09:52:00+02:00', 'klantenservice', 'fatima', 'mw. Van der Ploeg', 'Afstandsbediening', 'SOLVED', NULL, 'Nieuwe afstandsbediening gestuurd.', NULL, NULL),
    ('20260925-00344', '0500001052', 'IN', '2026-09-25T14:11:00+02:00', 310, '2026-09-25T14:20:00+02:00', 'klantenservice', 'kees', 'Hanneke van der Ploeg', 'Overlijden', 'OPEN', NULL, 'Dochter meldt overlijden van moeder, kreeg een herinnering op haar naam. Gevraagd om akte.', NULL, NULL));
