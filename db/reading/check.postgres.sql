-- What `dossier check` asks a PostgreSQL store beside its blocks, and the rights that it prints.

-- A catalogue read and not to_regclass() alone, which refuses a schema that the login may not use yet.
-- name: relation
SELECT namespace.nspname::text AS schema, class.relname::text AS name
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f') AND class.relname = @name
    AND CASE WHEN @schema::text IS NULL THEN class.oid = to_regclass(quote_ident(@name)) ELSE namespace.nspname = @schema::text END

-- name: login
SELECT current_user::text AS login, current_database()::text AS database, rolsuper AS superuser
FROM pg_catalog.pg_roles
WHERE rolname = current_user

-- name: rights
SELECT privilege
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS privilege
WHERE class.relname = @name AND namespace.nspname = @schema AND has_table_privilege(class.oid, privilege)

-- The registry's needs: the rights that its permission script gives, and the login has not (the script was not run after a migrate).
-- name: lacks
SELECT needed.privilege || ' on ' || needed.relation
FROM unnest(@tables::text[], @rights::text[]) AS needed (relation, privilege)
WHERE NOT coalesce(
    CASE needed.privilege
        WHEN 'DELETE' THEN has_table_privilege(to_regclass(quote_ident(needed.relation)), needed.privilege)
        ELSE has_any_column_privilege(to_regclass(quote_ident(needed.relation)), needed.privilege)
    END,
    false)
ORDER BY needed.relation, needed.privilege

-- name: clock
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint

-- name: grant_connect
GRANT CONNECT ON DATABASE {database} TO {login}

-- name: grant_schema
GRANT USAGE ON SCHEMA {schema} TO {login}

-- name: grant_tables
GRANT SELECT ON {tables} TO {login}

-- With scans and whole-table joins off the planner takes an index wherever one fits; the size of the table on the day of
-- the check does not matter then. Read only and rolled back: EXPLAIN may evaluate functions.
-- name: plan_begin
BEGIN TRANSACTION READ ONLY;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off

-- name: plan
EXPLAIN (FORMAT JSON)
{block}

-- name: plan_end
ROLLBACK
