-- What a store's owner runs, with psql, so that the service can read a sample store and do nothing else. Once for each store:
--   psql -d <database> -v store=webcare -f permissions.postgres.sql        (or telephony, or administration)
-- It may be run again. Optional: -v reader=… (dossier_reader), -v schema=… (public), -v connections=… (32: the source's
-- MaxConnections for each instance of the service, over all stores of this cluster; roles belong to the cluster).
-- The role has no password yet: give it one with \password, or let pg_hba.conf ask for a client certificate.
\set ON_ERROR_STOP on
\if :{?reader}
\else
\set reader dossier_reader
\endif
\if :{?schema}
\else
\set schema public
\endif
\if :{?connections}
\else
\set connections 32
\endif
\if :{?store}
\else
\echo 'Say which store this is: -v store=webcare, telephony or administration'
\set store
\endif

SELECT :'store' = 'webcare' AS is_webcare, :'store' = 'telephony' AS is_telephony, :'store' = 'administration' AS is_administration,
    current_database() AS database
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

\if :is_webcare
GRANT SELECT ON :"schema".contact, :"schema".profile, :"schema".thread, :"schema".post TO :"reader";
\elif :is_telephony
GRANT SELECT ON :"schema".known_caller, :"schema".call TO :"reader";
\elif :is_administration
-- The view and not its table: a street and a house number need not be readable for a name and a place.
GRANT SELECT ON :"schema".debtor_card, :"schema".contact_person, :"schema".representative, :"schema".contact_point,
    :"schema".account, :"schema".connection, :"schema".invoice, :"schema".invoice_line, :"schema".receipt, :"schema".receipt_item,
    :"schema".dunning, :"schema".dunning_item, :"schema".correspondence, :"schema".correspondence_text TO :"reader";
\else
DO $$ BEGIN RAISE EXCEPTION 'no such store: nothing was granted'; END $$;
\endif

COMMIT;
