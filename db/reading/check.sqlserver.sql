-- What `dossier check` asks a SQL Server store beside its blocks, and the rights that it prints.

-- A table function is a relation too: SELECT on it is what a caller needs.
-- name: relation
SELECT SCHEMA_NAME(schema_id) AS [schema], name
FROM sys.objects
WHERE object_id = OBJECT_ID(@name) AND type IN ('U', 'V', 'SN', 'IF', 'TF')

-- name: login
SELECT USER_NAME() AS [login], DB_NAME() AS [database]

-- All that the login may do, in words. Metadata shows a login what it has some right on, so a harmless one has a short list.
-- name: rights
SELECT N'the server' AS [on], permission_name AS [right]
FROM sys.fn_my_permissions(NULL, N'SERVER')
UNION ALL
SELECT N'the database', permission_name
FROM sys.fn_my_permissions(NULL, N'DATABASE')
UNION ALL
SELECT N'schema ' + held.name, mine.permission_name
FROM sys.schemas AS held
CROSS APPLY sys.fn_my_permissions(QUOTENAME(held.name), N'SCHEMA') AS mine
WHERE held.name NOT IN (N'sys', N'INFORMATION_SCHEMA', N'guest') AND held.name NOT LIKE N'db[_]%'
UNION ALL
SELECT SCHEMA_NAME(held.schema_id) + N'.' + held.name, mine.permission_name
FROM sys.objects AS held
CROSS APPLY sys.fn_my_permissions(QUOTENAME(SCHEMA_NAME(held.schema_id)) + N'.' + QUOTENAME(held.name), N'OBJECT') AS mine
WHERE held.type IN ('U', 'V', 'SN', 'IF', 'TF', 'FN', 'P', 'FS', 'FT', 'PC', 'SO') AND mine.subentity_name = N''

-- name: clock
SELECT DATEDIFF_BIG(millisecond, '1970-01-01', SYSUTCDATETIME())

-- name: grant_connect
GRANT CONNECT TO [{login}]

-- name: grant_table
GRANT SELECT ON OBJECT::[{schema}].[{table}] TO [{login}]

-- Alone in its batch: the server asks for that.
-- name: plan_begin
SET SHOWPLAN_XML ON

-- name: plan_end
SET SHOWPLAN_XML OFF
