-- What `dossier check` asks a SQLite store beside its blocks.

-- name: relation
SELECT 'main' AS "schema", name FROM sqlite_schema WHERE type IN ('table', 'view') AND name = @name COLLATE NOCASE

-- name: plan
EXPLAIN QUERY PLAN
{block}
