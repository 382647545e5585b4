-- What an administrator of Open Klant's PostgreSQL runs, with psql, so that the service can read what queries.postgres.sql reads, and no
-- citizen service number:
--   psql -d openklant -f permissions.postgres.sql
-- It may be run again. Optional: -v reader=… (dossier_open_klant), -v schema=… (public), -v connections=… (16: the source's
-- MaxConnections for each instance of the service).
-- The role has no password yet: give it one with \password, or let pg_hba.conf ask for a client certificate.
--
-- It puts a policy on klantinteracties_partijidentificator. Open Klant owns that table and is not subject to it. Any other role
-- that reads the table and neither owns it nor is a superuser (reporting, pg_dump by a role of its own) needs a policy of its
-- own from then on, or reads no row.
\set ON_ERROR_STOP on
\if :{?reader}
\else
\set reader dossier_open_klant
\endif
\if :{?schema}
\else
\set schema public
\endif
\if :{?connections}
\else
\set connections 16
\endif

SELECT current_database() AS database
\gset

BEGIN;

SELECT format('CREATE ROLE %I', :'reader') WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = :'reader')
\gexec

-- NOINHERIT: a role that someone grants to it later adds nothing by itself.
ALTER ROLE :"reader" WITH LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT :connections;

-- A second barrier only, since a session may undo it; the first is that the role has SELECT and no more.
ALTER ROLE :"reader" SET default_transaction_read_only = on;

GRANT CONNECT ON DATABASE :"database" TO :"reader";
GRANT USAGE ON SCHEMA :"schema" TO :"reader";
GRANT SELECT ON :"schema".klantinteracties_klantcontact, :"schema".klantinteracties_betrokkene,
    :"schema".klantinteracties_digitaaladres, :"schema".klantinteracties_persoon, :"schema".klantinteracties_organisatie,
    :"schema".klantinteracties_contactpersoon, :"schema".klantinteracties_actor, :"schema".klantinteracties_actorklantcontact,
    :"schema".klantinteracties_internetaak, :"schema".klantinteracties_onderwerpobject,
    :"schema".klantinteracties_partijidentificator TO :"reader";
GRANT SELECT (id, indicatie_actief, indicatie_geheimhouding, bezoekadres_stad) ON :"schema".klantinteracties_partij TO :"reader";

SET LOCAL client_min_messages = warning;
DROP POLICY IF EXISTS dossier_without_bsn ON :"schema".klantinteracties_partijidentificator;
CREATE POLICY dossier_without_bsn ON :"schema".klantinteracties_partijidentificator FOR SELECT TO :"reader"
    USING (partij_identificator_code_soort_object_id <> 'bsn' AND partij_identificator_code_register <> 'brp');
ALTER TABLE :"schema".klantinteracties_partijidentificator ENABLE ROW LEVEL SECURITY;

COMMIT;
