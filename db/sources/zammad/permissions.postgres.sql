-- What an administrator of Zammad's PostgreSQL runs, with psql, so that the service can read what queries.postgres.sql reads and nothing else:
--   psql -d zammad -f permissions.postgres.sql
-- It may be run again. Optional: -v reader=… (dossier_zammad), -v schema=… (public), -v connections=… (16: the source's
-- MaxConnections for each instance of the service).
-- The role has no password yet: give it one with \password, or let pg_hba.conf ask for a client certificate.
\set ON_ERROR_STOP on
\if :{?reader}
\else
\set reader dossier_zammad
\endif
\if :{?schema}
\else
\set schema public
\endif
\if :{?connections}
\else
\set connections 16
\endif

SELECT current_database() AS database, EXISTS (
    SELECT 1 FROM information_schema.columns
    WHERE table_schema = :'schema' AND table_name = 'users' AND column_name = 'customer_number') AS has_customer_number
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
GRANT SELECT (id, firstname, lastname, email, phone, mobile, city) ON :"schema".users TO :"reader";
\if :has_customer_number
GRANT SELECT (customer_number) ON :"schema".users TO :"reader";
\endif
GRANT SELECT (user_id, caller_id, level, object) ON :"schema".cti_caller_ids TO :"reader";
GRANT SELECT (id, number, title, state_id, group_id, owner_id, customer_id, create_article_type_id, create_article_sender_id,
    close_at, last_close_at, created_at) ON :"schema".tickets TO :"reader";
GRANT SELECT (id, ticket_id, type_id, sender_id, content_type, body, internal, origin_by_id, created_by_id, created_at)
    ON :"schema".ticket_articles TO :"reader";
GRANT SELECT (id, name, state_type_id) ON :"schema".ticket_states TO :"reader";
GRANT SELECT (id, name) ON :"schema".ticket_state_types, :"schema".ticket_article_types, :"schema".ticket_article_senders,
    :"schema".groups TO :"reader";

COMMIT;
