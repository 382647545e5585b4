-- Least privilege for the registry on PostgreSQL, run by its owner after `dossier migrate`, and again after every later one.
-- The service needs to read, to add and to change what its statements change; it cannot alter tables, cannot delete history and
-- cannot touch the schema's steps or the epoch. Give the role a password or another way to log in: ALTER ROLE dossier_service PASSWORD …

DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'dossier_service') THEN
        CREATE ROLE dossier_service LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
END
$$;

-- Before PostgreSQL 15 everybody may create tables and functions there.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO dossier_service;
GRANT SELECT ON registry, schema_step, change_counter, customer, request, agreement, agreement_revision, acknowledgement,
    key_link, key_link_revision, change, decision, source_pause, agreement_subject, action, conflict, conflict_revision, sweep_lease,
    access_record, action_report TO dossier_service;
GRANT INSERT ON customer, request, agreement, agreement_subject, action, agreement_revision, acknowledgement, key_link, key_link_revision, change, decision,
    source_pause, conflict, conflict_revision, access_record, action_report TO dossier_service;
GRANT UPDATE (value) ON change_counter TO dossier_service;

-- FOR UPDATE on a customer's row needs the right to update some column of it.
GRANT UPDATE (create_time) ON customer TO dossier_service;
GRANT UPDATE ON agreement, action, acknowledgement, key_link, source_pause, conflict, sweep_lease TO dossier_service;
GRANT DELETE ON key_link TO dossier_service;
