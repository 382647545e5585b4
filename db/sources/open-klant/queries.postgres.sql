-- Open Klant 2 on PostgreSQL, by the tables of its klantinteracties: a klantcontact is an interaction. Read from its public
-- models and migrations; db/README.md has the contracts. KeySpellings phone must be [ "e164", "national" ].
--
-- Customer number: Open Klant knows bsn, kvk_nummer, rsin, vestigingsnummer and `overig`. The company's own number is taken
-- to be the identificator whose free field `andere_partij_identificator` says `klantnummer` (or whose code does): change the
-- word where yours is another. The citizen service number is never read as a number, nor is anything else of the BRP: `bsn`
-- and `brp` are excluded at each place, and no block gives them. Partij.nummer is Open Klant's own and not used.
--
-- Mail addresses are compared in lower case. Addresses of a partij that is no longer active are not used: they may be
-- another's by now. A confidential klantcontact shows that it took place, and no content. Of a household, a klantcontact
-- with several betrokkenen names the first `klant`. What a person wrote is the customer's; what was said at the telephone
-- or the desk is the employee's note. `reactie` came with migration 0042: before it, the empty text of `older` takes its
-- place. An id that is no UUID finds nothing instead of failing.
--
-- Open Klant has no index on addresses, nor on an identificator's value alone. Without these, each read scans both tables:
--     CREATE INDEX CONCURRENTLY digitaaladres_by_adres ON klantinteracties_digitaaladres (lower(adres));
--     CREATE INDEX CONCURRENTLY partijidentificator_by_object_id
--         ON klantinteracties_partijidentificator (partij_identificator_object_id);

-- name: keys
SELECT own.key_type AS key_type, own.value AS value, EXISTS (
    SELECT 1 FROM klantinteracties_digitaaladres AS other
    JOIN klantinteracties_partij AS owner ON owner.id = other.partij_id AND owner.indicatie_actief
    WHERE lower(other.adres) = own.value AND other.partij_id <> own.partij_id) AS shared
FROM (
    SELECT DISTINCT address.partij_id, CASE address.soort_digitaal_adres WHEN 'email' THEN 'EMAIL' ELSE 'PHONE' END AS key_type,
        lower(btrim(address.adres)) AS value
    FROM klantinteracties_digitaaladres AS address
    JOIN klantinteracties_partij AS owner ON owner.id = address.partij_id AND owner.indicatie_actief
    WHERE address.partij_id = ANY(ARRAY(
            SELECT partij_id FROM klantinteracties_partijidentificator
            WHERE partij_identificator_object_id = @customer_number::text
                AND (andere_partij_identificator = 'klantnummer' OR partij_identificator_code_soort_object_id = 'klantnummer')
                AND partij_identificator_code_soort_object_id <> 'bsn' AND partij_identificator_code_register <> 'brp'))
        AND (address.soort_digitaal_adres = 'email' AND address.adres LIKE '%@%'
            OR address.soort_digitaal_adres = 'telefoonnummer' AND btrim(address.adres) ~ '^([+][1-9]|0)[0-9]{8,14}$')
) AS own
ORDER BY own.key_type, own.value;

-- name: find
WITH matched AS (
    SELECT address.partij_id, NULL::integer AS betrokkene_id,
        CASE address.soort_digitaal_adres WHEN 'email' THEN 'EMAIL' ELSE 'PHONE' END AS key_type, lower(address.adres) AS value
    FROM klantinteracties_digitaaladres AS address
    JOIN klantinteracties_partij AS owner ON owner.id = address.partij_id AND owner.indicatie_actief
    WHERE lower(address.adres) = ANY(@emails::text[] || @phones::text[])
        AND address.soort_digitaal_adres IN ('email', 'telefoonnummer')
    UNION
    SELECT guest.partij_id, CASE WHEN guest.partij_id IS NULL THEN guest.id END,
        CASE address.soort_digitaal_adres WHEN 'email' THEN 'EMAIL' ELSE 'PHONE' END, lower(address.adres)
    FROM klantinteracties_digitaaladres AS address
    JOIN klantinteracties_betrokkene AS guest ON guest.id = address.betrokkene_id
    WHERE lower(address.adres) = ANY(@emails::text[] || @phones::text[])
        AND address.soort_digitaal_adres IN ('email', 'telefoonnummer')
    UNION
    SELECT partij_id, NULL, 'CUSTOMER_NUMBER', @customer_number::text
    FROM klantinteracties_partijidentificator
    WHERE partij_identificator_object_id = @customer_number::text AND partij_id IS NOT NULL
        AND (andere_partij_identificator = 'klantnummer' OR partij_identificator_code_soort_object_id = 'klantnummer')
        AND partij_identificator_code_soort_object_id <> 'bsn' AND partij_identificator_code_register <> 'brp'
)
SELECT DISTINCT own.number AS customer_number,
    coalesce(nullif(concat_ws(' ',
            coalesce(nullif(guest.contactnaam_voornaam, ''), nullif(guest.contactnaam_voorletters, '')),
            nullif(guest.contactnaam_voorvoegsel_achternaam, ''), nullif(guest.contactnaam_achternaam, '')), ''),
        nullif(concat_ws(' ',
            coalesce(nullif(persoon.contactnaam_voornaam, ''), nullif(persoon.contactnaam_voorletters, '')),
            nullif(persoon.contactnaam_voorvoegsel_achternaam, ''), nullif(persoon.contactnaam_achternaam, '')), ''),
        nullif(concat_ws(' ',
            coalesce(nullif(contactpersoon.contactnaam_voornaam, ''), nullif(contactpersoon.contactnaam_voorletters, '')),
            nullif(contactpersoon.contactnaam_voorvoegsel_achternaam, ''), nullif(contactpersoon.contactnaam_achternaam, '')), ''),
        nullif(organisatie.naam, '')) AS display_name,
    CASE WHEN partij.indicatie_geheimhouding IS NOT TRUE THEN nullif(partij.bezoekadres_stad, '') END AS place,
    matched.key_type AS key_type, matched.value AS value
FROM matched
LEFT JOIN klantinteracties_betrokkene AS guest ON guest.id = matched.betrokkene_id
LEFT JOIN klantinteracties_partij AS partij ON partij.id = matched.partij_id
LEFT JOIN klantinteracties_persoon AS persoon ON persoon.partij_id = partij.id
LEFT JOIN klantinteracties_contactpersoon AS contactpersoon ON contactpersoon.partij_id = partij.id
LEFT JOIN klantinteracties_organisatie AS organisatie ON organisatie.partij_id = partij.id
LEFT JOIN LATERAL (
    SELECT nullif(partij_identificator_object_id, '') AS number
    FROM klantinteracties_partijidentificator
    WHERE partij_id = partij.id AND (andere_partij_identificator = 'klantnummer' OR partij_identificator_code_soort_object_id = 'klantnummer')
        AND partij_identificator_code_soort_object_id <> 'bsn' AND partij_identificator_code_register <> 'brp'
    ORDER BY id LIMIT 1
) AS own ON true
ORDER BY key_type, value, customer_number, display_name;

-- name: interactions
WITH party AS (
    SELECT partij_id AS id
    FROM klantinteracties_partijidentificator
    WHERE partij_identificator_object_id = @customer_number::text
        AND (andere_partij_identificator = 'klantnummer' OR partij_identificator_code_soort_object_id = 'klantnummer')
        AND partij_identificator_code_soort_object_id <> 'bsn' AND partij_identificator_code_register <> 'brp'
    UNION
    SELECT address.partij_id
    FROM klantinteracties_digitaaladres AS address
    JOIN klantinteracties_partij AS owner ON owner.id = address.partij_id AND owner.indicatie_actief
    WHERE lower(address.adres) = ANY(@emails::text[] || @phones::text[])
        AND address.soort_digitaal_adres IN ('email', 'telefoonnummer')
), contact AS (
    SELECT klantcontact_id AS id FROM klantinteracties_betrokkene WHERE partij_id = ANY(ARRAY(SELECT id FROM party))
    UNION
    SELECT guest.klantcontact_id
    FROM klantinteracties_digitaaladres AS address
    JOIN klantinteracties_betrokkene AS guest ON guest.id = address.betrokkene_id
    WHERE lower(address.adres) = ANY(@emails::text[] || @phones::text[])
        AND address.soort_digitaal_adres IN ('email', 'telefoonnummer')
), linked AS MATERIALIZED (
    SELECT CASE WHEN given ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN given::uuid END AS id FROM unnest(@interaction_ids::text[]) AS given
), page AS (
    (SELECT id, uuid, plaatsgevonden_op FROM klantinteracties_klantcontact
    WHERE id = ANY(ARRAY(SELECT id FROM contact))
        AND (plaatsgevonden_op, uuid) < (
            coalesce(@before_time::timestamptz, 'infinity'), coalesce(@before_id::uuid, '00000000-0000-0000-0000-000000000000'))
    ORDER BY plaatsgevonden_op DESC, uuid DESC LIMIT @limit)
    UNION
    (SELECT id, uuid, plaatsgevonden_op FROM klantinteracties_klantcontact
    WHERE uuid = ANY(ARRAY(SELECT id FROM linked))
        AND (plaatsgevonden_op, uuid) < (
            coalesce(@before_time::timestamptz, 'infinity'), coalesce(@before_id::uuid, '00000000-0000-0000-0000-000000000000'))
    ORDER BY plaatsgevonden_op DESC, uuid DESC LIMIT @limit)
    ORDER BY plaatsgevonden_op DESC, uuid DESC LIMIT @limit
)
SELECT klantcontact.uuid::text AS id, klantcontact.plaatsgevonden_op AS occur_time, channel.slug AS channel,
    CASE person.initiator WHEN true THEN 'INBOUND' WHEN false THEN 'OUTBOUND' END AS direction, false AS public,
    CASE WHEN NOT klantcontact.vertrouwelijk THEN nullif(klantcontact.onderwerp, '') ELSE 'Vertrouwelijk' END AS subject,
    CASE WHEN NOT klantcontact.vertrouwelijk THEN nullif(klantcontact.inhoud, '') END AS summary,
    desk.agent AS agent, desk.team AS team, person.name AS participant,
    earlier.uuid::text AS related_id, CASE WHEN earlier.uuid IS NOT NULL THEN 'PRECEDES' END AS relation
FROM page
JOIN klantinteracties_klantcontact AS klantcontact ON klantcontact.id = page.id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN spoken ~ '^(telefo|phone|bel)' THEN 'phone'
        WHEN spoken ~ '^e-?mail' THEN 'email'
        WHEN spoken ~ 'formulier' THEN 'contact-form'
        WHEN spoken ~ '^(brief|post)' THEN 'letter'
        WHEN spoken ~ '^(balie|loket)' THEN 'shop'
        WHEN spoken ~ '^(portaal|portal|website|mijn)' THEN 'web-portal'
        WHEN spoken ~ 'chat' THEN 'chat'
        WHEN spoken = 'twitter' THEN 'x'
        ELSE coalesce(nullif(btrim(regexp_replace(spoken, '[^a-z0-9]+', '-', 'g'), '-'), ''), 'other')
    END AS slug
    FROM (SELECT lower(btrim(klantcontact.kanaal)) AS spoken) AS kanaal
) AS channel
LEFT JOIN LATERAL (
    SELECT betrokkene.initiator,
        coalesce(nullif(concat_ws(' ',
            coalesce(nullif(betrokkene.contactnaam_voornaam, ''), nullif(betrokkene.contactnaam_voorletters, '')),
            nullif(betrokkene.contactnaam_voorvoegsel_achternaam, ''), nullif(betrokkene.contactnaam_achternaam, '')), ''),
            nullif(concat_ws(' ',
            coalesce(nullif(persoon.contactnaam_voornaam, ''), nullif(persoon.contactnaam_voorletters, '')),
            nullif(persoon.contactnaam_voorvoegsel_achternaam, ''), nullif(persoon.contactnaam_achternaam, '')), ''),
            nullif(concat_ws(' ',
            coalesce(nullif(contactpersoon.contactnaam_voornaam, ''), nullif(contactpersoon.contactnaam_voorletters, '')),
            nullif(contactpersoon.contactnaam_voorvoegsel_achternaam, ''), nullif(contactpersoon.contactnaam_achternaam, '')), ''),
            nullif(organisatie.naam, ''), nullif(betrokkene.organisatienaam, '')) AS name
    FROM klantinteracties_betrokkene AS betrokkene
    LEFT JOIN klantinteracties_persoon AS persoon ON persoon.partij_id = betrokkene.partij_id
    LEFT JOIN klantinteracties_contactpersoon AS contactpersoon ON contactpersoon.partij_id = betrokkene.partij_id
    LEFT JOIN klantinteracties_organisatie AS organisatie ON organisatie.partij_id = betrokkene.partij_id
    WHERE betrokkene.klantcontact_id = page.id
    ORDER BY betrokkene.rol = 'klant' DESC, betrokkene.id LIMIT 1
) AS person ON true
CROSS JOIN LATERAL (
    SELECT string_agg(actor.naam, ', ' ORDER BY actor.id) FILTER (WHERE actor.soort_actor <> 'organisatorische_eenheid') AS agent,
        string_agg(actor.naam, ', ' ORDER BY actor.id) FILTER (WHERE actor.soort_actor = 'organisatorische_eenheid') AS team
    FROM klantinteracties_actorklantcontact AS link
    JOIN klantinteracties_actor AS actor ON actor.id = link.actor_id
    WHERE link.klantcontact_id = page.id
) AS desk
LEFT JOIN LATERAL (
    SELECT was.uuid
    FROM klantinteracties_onderwerpobject AS object
    JOIN klantinteracties_klantcontact AS was ON was.id = object.was_klantcontact_id
    WHERE object.klantcontact_id = page.id
    ORDER BY was.plaatsgevonden_op DESC, was.uuid DESC LIMIT 1
) AS earlier ON true
ORDER BY page.plaatsgevonden_op DESC, page.uuid DESC;

-- name: messages
WITH party AS (
    SELECT partij_id AS id
    FROM klantinteracties_partijidentificator
    WHERE partij_identificator_object_id = @customer_number::text
        AND (andere_partij_identificator = 'klantnummer' OR partij_identificator_code_soort_object_id = 'klantnummer')
        AND partij_identificator_code_soort_object_id <> 'bsn' AND partij_identificator_code_register <> 'brp'
    UNION
    SELECT address.partij_id
    FROM klantinteracties_digitaaladres AS address
    JOIN klantinteracties_partij AS owner ON owner.id = address.partij_id AND owner.indicatie_actief
    WHERE lower(address.adres) = ANY(@emails::text[] || @phones::text[])
        AND address.soort_digitaal_adres IN ('email', 'telefoonnummer')
), contact AS (
    SELECT klantcontact_id AS id FROM klantinteracties_betrokkene WHERE partij_id = ANY(ARRAY(SELECT id FROM party))
    UNION
    SELECT guest.klantcontact_id
    FROM klantinteracties_digitaaladres AS address
    JOIN klantinteracties_betrokkene AS guest ON guest.id = address.betrokkene_id
    WHERE lower(address.adres) = ANY(@emails::text[] || @phones::text[])
        AND address.soort_digitaal_adres IN ('email', 'telefoonnummer')
), linked AS MATERIALIZED (
    SELECT CASE WHEN given ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN given::uuid END AS id FROM unnest(@interaction_ids::text[]) AS given
), page AS (
    (SELECT id, uuid, plaatsgevonden_op FROM klantinteracties_klantcontact
    WHERE id = ANY(ARRAY(SELECT id FROM contact))
        AND (plaatsgevonden_op, uuid) < (
            coalesce(@before_time::timestamptz, 'infinity'), coalesce(@before_id::uuid, '00000000-0000-0000-0000-000000000000'))
    ORDER BY plaatsgevonden_op DESC, uuid DESC LIMIT @limit)
    UNION
    (SELECT id, uuid, plaatsgevonden_op FROM klantinteracties_klantcontact
    WHERE uuid = ANY(ARRAY(SELECT id FROM linked))
        AND (plaatsgevonden_op, uuid) < (
            coalesce(@before_time::timestamptz, 'infinity'), coalesce(@before_id::uuid, '00000000-0000-0000-0000-000000000000'))
    ORDER BY plaatsgevonden_op DESC, uuid DESC LIMIT @limit)
    ORDER BY plaatsgevonden_op DESC, uuid DESC LIMIT @limit
)
SELECT page.uuid::text AS interaction_id, said.id AS id, said.occur_time AS occur_time, said.author AS author,
    CASE said.author WHEN 'CUSTOMER' THEN person.name WHEN 'COMPANY' THEN desk.agent END AS author_name, said.text AS text, false AS public
FROM page
CROSS JOIN (SELECT ''::text AS reactie) AS older
CROSS JOIN LATERAL (
    SELECT kanaal, inhoud, reactie FROM klantinteracties_klantcontact WHERE id = page.id AND NOT vertrouwelijk
) AS klantcontact
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN spoken ~ '^(telefo|phone|bel)' THEN 'phone'
        WHEN spoken ~ '^e-?mail' THEN 'email'
        WHEN spoken ~ 'formulier' THEN 'contact-form'
        WHEN spoken ~ '^(brief|post)' THEN 'letter'
        WHEN spoken ~ '^(balie|loket)' THEN 'shop'
        WHEN spoken ~ '^(portaal|portal|website|mijn)' THEN 'web-portal'
        WHEN spoken ~ 'chat' THEN 'chat'
        WHEN spoken = 'twitter' THEN 'x'
        ELSE coalesce(nullif(btrim(regexp_replace(spoken, '[^a-z0-9]+', '-', 'g'), '-'), ''), 'other')
    END AS slug
    FROM (SELECT lower(btrim(klantcontact.kanaal)) AS spoken) AS kanaal
) AS channel
LEFT JOIN LATERAL (
    SELECT betrokkene.initiator,
        coalesce(nullif(concat_ws(' ',
            coalesce(nullif(betrokkene.contactnaam_voornaam, ''), nullif(betrokkene.contactnaam_voorletters, '')),
            nullif(betrokkene.contactnaam_voorvoegsel_achternaam, ''), nullif(betrokkene.contactnaam_achternaam, '')), ''),
            nullif(concat_ws(' ',
            coalesce(nullif(persoon.contactnaam_voornaam, ''), nullif(persoon.contactnaam_voorletters, '')),
            nullif(persoon.contactnaam_voorvoegsel_achternaam, ''), nullif(persoon.contactnaam_achternaam, '')), ''),
            nullif(concat_ws(' ',
            coalesce(nullif(contactpersoon.contactnaam_voornaam, ''), nullif(contactpersoon.contactnaam_voorletters, '')),
            nullif(contactpersoon.contactnaam_voorvoegsel_achternaam, ''), nullif(contactpersoon.contactnaam_achternaam, '')), ''),
            nullif(organisatie.naam, ''), nullif(betrokkene.organisatienaam, '')) AS name
    FROM klantinteracties_betrokkene AS betrokkene
    LEFT JOIN klantinteracties_persoon AS persoon ON persoon.partij_id = betrokkene.partij_id
    LEFT JOIN klantinteracties_contactpersoon AS contactpersoon ON contactpersoon.partij_id = betrokkene.partij_id
    LEFT JOIN klantinteracties_organisatie AS organisatie ON organisatie.partij_id = betrokkene.partij_id
    WHERE betrokkene.klantcontact_id = page.id
    ORDER BY betrokkene.rol = 'klant' DESC, betrokkene.id LIMIT 1
) AS person ON true
CROSS JOIN LATERAL (
    SELECT string_agg(actor.naam, ', ' ORDER BY actor.id) FILTER (WHERE actor.soort_actor <> 'organisatorische_eenheid') AS agent,
        string_agg(actor.naam, ', ' ORDER BY actor.id) FILTER (WHERE actor.soort_actor = 'organisatorische_eenheid') AS team
    FROM klantinteracties_actorklantcontact AS link
    JOIN klantinteracties_actor AS actor ON actor.id = link.actor_id
    WHERE link.klantcontact_id = page.id
) AS desk
CROSS JOIN LATERAL (
    SELECT page.uuid || '.inhoud' AS id, page.plaatsgevonden_op AS occur_time, 1 AS place,
        CASE WHEN person.initiator AND channel.slug NOT IN ('phone', 'shop') THEN 'CUSTOMER' ELSE 'COMPANY' END AS author,
        klantcontact.inhoud AS text
    WHERE klantcontact.inhoud <> ''
    UNION ALL
    SELECT page.uuid || '.reactie', page.plaatsgevonden_op, 2, 'COMPANY', klantcontact.reactie
    WHERE klantcontact.reactie <> ''
    UNION ALL
    SELECT taak.uuid::text, taak.toegewezen_op, 3, 'SYSTEM',
        '[internal] ' || taak.gevraagde_handeling || coalesce(': ' || nullif(taak.toelichting, ''), '')
            || CASE taak.status WHEN 'verwerkt' THEN ' (verwerkt)' ELSE ' (te verwerken)' END
    FROM klantinteracties_internetaak AS taak
    WHERE taak.klantcontact_id = page.id
) AS said
ORDER BY said.occur_time, page.uuid, said.place, said.id;

-- name: interaction
WITH party AS (
    SELECT partij_id AS id
    FROM klantinteracties_partijidentificator
    WHERE partij_identificator_object_id = @customer_number::text
        AND (andere_partij_identificator = 'klantnummer' OR partij_identificator_code_soort_object_id = 'klantnummer')
        AND partij_identificator_code_soort_object_id <> 'bsn' AND partij_identificator_code_register <> 'brp'
    UNION
    SELECT address.partij_id
    FROM klantinteracties_digitaaladres AS address
    JOIN klantinteracties_partij AS owner ON owner.id = address.partij_id AND owner.indicatie_actief
    WHERE lower(address.adres) = ANY(@emails::text[] || @phones::text[])
        AND address.soort_digitaal_adres IN ('email', 'telefoonnummer')
), contact AS (
    SELECT klantcontact_id AS id FROM klantinteracties_betrokkene WHERE partij_id = ANY(ARRAY(SELECT id FROM party))
    UNION
    SELECT guest.klantcontact_id
    FROM klantinteracties_digitaaladres AS address
    JOIN klantinteracties_betrokkene AS guest ON guest.id = address.betrokkene_id
    WHERE lower(address.adres) = ANY(@emails::text[] || @phones::text[])
        AND address.soort_digitaal_adres IN ('email', 'telefoonnummer')
), linked AS MATERIALIZED (
    SELECT CASE WHEN given ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN given::uuid END AS id FROM unnest(@interaction_ids::text[]) AS given
), page AS (
    SELECT id, uuid, plaatsgevonden_op FROM klantinteracties_klantcontact
    WHERE uuid = CASE WHEN @interaction_id::text ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN @interaction_id::uuid END
        AND (id = ANY(ARRAY(SELECT id FROM contact)) OR uuid = ANY(ARRAY(SELECT id FROM linked)))
)
SELECT klantcontact.uuid::text AS id, klantcontact.plaatsgevonden_op AS occur_time, channel.slug AS channel,
    CASE person.initiator WHEN true THEN 'INBOUND' WHEN false THEN 'OUTBOUND' END AS direction, false AS public,
    CASE WHEN NOT klantcontact.vertrouwelijk THEN nullif(klantcontact.onderwerp, '') ELSE 'Vertrouwelijk' END AS subject,
    CASE WHEN NOT klantcontact.vertrouwelijk THEN nullif(klantcontact.inhoud, '') END AS summary,
    desk.agent AS agent, desk.team AS team, person.name AS participant,
    earlier.uuid::text AS related_id, CASE WHEN earlier.uuid IS NOT NULL THEN 'PRECEDES' END AS relation
FROM page
JOIN klantinteracties_klantcontact AS klantcontact ON klantcontact.id = page.id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN spoken ~ '^(telefo|phone|bel)' THEN 'phone'
        WHEN spoken ~ '^e-?mail' THEN 'email'
        WHEN spoken ~ 'formulier' THEN 'contact-form'
        WHEN spoken ~ '^(brief|post)' THEN 'letter'
        WHEN spoken ~ '^(balie|loket)' THEN 'shop'
        WHEN spoken ~ '^(portaal|portal|website|mijn)' THEN 'web-portal'
        WHEN spoken ~ 'chat' THEN 'chat'
        WHEN spoken = 'twitter' THEN 'x'
        ELSE coalesce(nullif(btrim(regexp_replace(spoken, '[^a-z0-9]+', '-', 'g'), '-'), ''), 'other')
    END AS slug
    FROM (SELECT lower(btrim(klantcontact.kanaal)) AS spoken) AS kanaal
) AS channel
LEFT JOIN LATERAL (
    SELECT betrokkene.initiator,
        coalesce(nullif(concat_ws(' ',
            coalesce(nullif(betrokkene.contactnaam_voornaam, ''), nullif(betrokkene.contactnaam_voorletters, '')),
            nullif(betrokkene.contactnaam_voorvoegsel_achternaam, ''), nullif(betrokkene.contactnaam_achternaam, '')), ''),
            nullif(concat_ws(' ',
            coalesce(nullif(persoon.contactnaam_voornaam, ''), nullif(persoon.contactnaam_voorletters, '')),
            nullif(persoon.contactnaam_voorvoegsel_achternaam, ''), nullif(persoon.contactnaam_achternaam, '')), ''),
            nullif(concat_ws(' ',
            coalesce(nullif(contactpersoon.contactnaam_voornaam, ''), nullif(contactpersoon.contactnaam_voorletters, '')),
            nullif(contactpersoon.contactnaam_voorvoegsel_achternaam, ''), nullif(contactpersoon.contactnaam_achternaam, '')), ''),
            nullif(organisatie.naam, ''), nullif(betrokkene.organisatienaam, '')) AS name
    FROM klantinteracties_betrokkene AS betrokkene
    LEFT JOIN klantinteracties_persoon AS persoon ON persoon.partij_id = betrokkene.partij_id
    LEFT JOIN klantinteracties_contactpersoon AS contactpersoon ON contactpersoon.partij_id = betrokkene.partij_id
    LEFT JOIN klantinteracties_organisatie AS organisatie ON organisatie.partij_id = betrokkene.partij_id
    WHERE betrokkene.klantcontact_id = page.id
    ORDER BY betrokkene.rol = 'klant' DESC, betrokkene.id LIMIT 1
) AS person ON true
CROSS JOIN LATERAL (
    SELECT string_agg(actor.naam, ', ' ORDER BY actor.id) FILTER (WHERE actor.soort_actor <> 'organisatorische_eenheid') AS agent,
        string_agg(actor.naam, ', ' ORDER BY actor.id) FILTER (WHERE actor.soort_actor = 'organisatorische_eenheid') AS team
    FROM klantinteracties_actorklantcontact AS link
    JOIN klantinteracties_actor AS actor ON actor.id = link.actor_id
    WHERE link.klantcontact_id = page.id
) AS desk
LEFT JOIN LATERAL (
    SELECT was.uuid
    FROM klantinteracties_onderwerpobject AS object
    JOIN klantinteracties_klantcontact AS was ON was.id = object.was_klantcontact_id
    WHERE object.klantcontact_id = page.id
    ORDER BY was.plaatsgevonden_op DESC, was.uuid DESC LIMIT 1
) AS earlier ON true
ORDER BY page.plaatsgevonden_op DESC, page.uuid DESC;

-- name: interaction_messages
WITH party AS (
    SELECT partij_id AS id
    FROM klantinteracties_partijidentificator
    WHERE partij_identificator_object_id = @customer_number::text
        AND (andere_partij_identificator = 'klantnummer' OR partij_identificator_code_soort_object_id = 'klantnummer')
        AND partij_identificator_code_soort_object_id <> 'bsn' AND partij_identificator_code_register <> 'brp'
    UNION
    SELECT address.partij_id
    FROM klantinteracties_digitaaladres AS address
    JOIN klantinteracties_partij AS owner ON owner.id = address.partij_id AND owner.indicatie_actief
    WHERE lower(address.adres) = ANY(@emails::text[] || @phones::text[])
        AND address.soort_digitaal_adres IN ('email', 'telefoonnummer')
), contact AS (
    SELECT klantcontact_id AS id FROM klantinteracties_betrokkene WHERE partij_id = ANY(ARRAY(SELECT id FROM party))
    UNION
    SELECT guest.klantcontact_id
    FROM klantinteracties_digitaaladres AS address
    JOIN klantinteracties_betrokkene AS guest ON guest.id = address.betrokkene_id
    WHERE lower(address.adres) = ANY(@emails::text[] || @phones::text[])
        AND address.soort_digitaal_adres IN ('email', 'telefoonnummer')
), linked AS MATERIALIZED (
    SELECT CASE WHEN given ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN given::uuid END AS id FROM unnest(@interaction_ids::text[]) AS given
), page AS (
    SELECT id, uuid, plaatsgevonden_op FROM klantinteracties_klantcontact
    WHERE uuid = CASE WHEN @interaction_id::text ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN @interaction_id::uuid END
        AND (id = ANY(ARRAY(SELECT id FROM contact)) OR uuid = ANY(ARRAY(SELECT id FROM linked)))
)
SELECT page.uuid::text AS interaction_id, said.id AS id, said.occur_time AS occur_time, said.author AS author,
    CASE said.author WHEN 'CUSTOMER' THEN person.name WHEN 'COMPANY' THEN desk.agent END AS author_name, said.text AS text, false AS public
FROM page
CROSS JOIN (SELECT ''::text AS reactie) AS older
CROSS JOIN LATERAL (
    SELECT kanaal, inhoud, reactie FROM klantinteracties_klantcontact WHERE id = page.id AND NOT vertrouwelijk
) AS klantcontact
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN spoken ~ '^(telefo|phone|bel)' THEN 'phone'
        WHEN spoken ~ '^e-?mail' THEN 'email'
        WHEN spoken ~ 'formulier' THEN 'contact-form'
        WHEN spoken ~ '^(brief|post)' THEN 'letter'
        WHEN spoken ~ '^(balie|loket)' THEN 'shop'
        WHEN spoken ~ '^(portaal|portal|website|mijn)' THEN 'web-portal'
        WHEN spoken ~ 'chat' THEN 'chat'
        WHEN spoken = 'twitter' THEN 'x'
        ELSE coalesce(nullif(btrim(regexp_replace(spoken, '[^a-z0-9]+', '-', 'g'), '-'), ''), 'other')
    END AS slug
    FROM (SELECT lower(btrim(klantcontact.kanaal)) AS spoken) AS kanaal
) AS channel
LEFT JOIN LATERAL (
    SELECT betrokkene.initiator,
        coalesce(nullif(concat_ws(' ',
            coalesce(nullif(betrokkene.contactnaam_voornaam, ''), nullif(betrokkene.contactnaam_voorletters, '')),
            nullif(betrokkene.contactnaam_voorvoegsel_achternaam, ''), nullif(betrokkene.contactnaam_achternaam, '')), ''),
            nullif(concat_ws(' ',
            coalesce(nullif(persoon.contactnaam_voornaam, ''), nullif(persoon.contactnaam_voorletters, '')),
            nullif(persoon.contactnaam_voorvoegsel_achternaam, ''), nullif(persoon.contactnaam_achternaam, '')), ''),
            nullif(concat_ws(' ',
            coalesce(nullif(contactpersoon.contactnaam_voornaam, ''), nullif(contactpersoon.contactnaam_voorletters, '')),
            nullif(contactpersoon.contactnaam_voorvoegsel_achternaam, ''), nullif(contactpersoon.contactnaam_achternaam, '')), ''),
            nullif(organisatie.naam, ''), nullif(betrokkene.organisatienaam, '')) AS name
    FROM klantinteracties_betrokkene AS betrokkene
    LEFT JOIN klantinteracties_persoon AS persoon ON persoon.partij_id = betrokkene.partij_id
    LEFT JOIN klantinteracties_contactpersoon AS contactpersoon ON contactpersoon.partij_id = betrokkene.partij_id
    LEFT JOIN klantinteracties_organisatie AS organisatie ON organisatie.partij_id = betrokkene.partij_id
    WHERE betrokkene.klantcontact_id = page.id
    ORDER BY betrokkene.rol = 'klant' DESC, betrokkene.id LIMIT 1
) AS person ON true
CROSS JOIN LATERAL (
    SELECT string_agg(actor.naam, ', ' ORDER BY actor.id) FILTER (WHERE actor.soort_actor <> 'organisatorische_eenheid') AS agent,
        string_agg(actor.naam, ', ' ORDER BY actor.id) FILTER (WHERE actor.soort_actor = 'organisatorische_eenheid') AS team
    FROM klantinteracties_actorklantcontact AS link
    JOIN klantinteracties_actor AS actor ON actor.id = link.actor_id
    WHERE link.klantcontact_id = page.id
) AS desk
CROSS JOIN LATERAL (
    SELECT page.uuid || '.inhoud' AS id, page.plaatsgevonden_op AS occur_time, 1 AS place,
        CASE WHEN person.initiator AND channel.slug NOT IN ('phone', 'shop') THEN 'CUSTOMER' ELSE 'COMPANY' END AS author,
        klantcontact.inhoud AS text
    WHERE klantcontact.inhoud <> ''
    UNION ALL
    SELECT page.uuid || '.reactie', page.plaatsgevonden_op, 2, 'COMPANY', klantcontact.reactie
    WHERE klantcontact.reactie <> ''
    UNION ALL
    SELECT taak.uuid::text, taak.toegewezen_op, 3, 'SYSTEM',
        '[internal] ' || taak.gevraagde_handeling || coalesce(': ' || nullif(taak.toelichting, ''), '')
            || CASE taak.status WHEN 'verwerkt' THEN ' (verwerkt)' ELSE ' (te verwerken)' END
    FROM klantinteracties_internetaak AS taak
    WHERE taak.klantcontact_id = page.id
) AS said
ORDER BY said.occur_time, page.uuid, said.place, said.id;
