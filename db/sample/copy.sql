-- How the sample stores get from SQLite to another vendor. {table} is a table of db/sources/<source>/schema.<vendor>.sql.

-- name: tables
SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid

-- name: rows
SELECT * FROM "{table}"

-- name: postgres_columns
SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = @table

-- name: sqlserver_shape
SELECT TOP 0 * FROM [{table}]
