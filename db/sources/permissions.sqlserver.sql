-- The user by which Dossier reads the three sample stores on SQL Server: SELECT on exactly what the query files name, and nothing else.
-- An administrator runs this with sqlcmd; each store is a database of its own.
--   sqlcmd -I -v password="…" webcare="webcare" telephony="telephony" administration="administration" -i permissions.sqlserver.sql
-- A store that may keep row versions (ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON) is read without waiting for those who write.
-- No database hands a scalar function or a procedure to this role: what a query file calls may write.
IF SUSER_ID(N'dossier_reader') IS NULL CREATE LOGIN dossier_reader WITH PASSWORD = N'$(password)', CHECK_POLICY = ON;
GO
USE [$(webcare)];
GO
IF USER_ID(N'dossier_reader') IS NULL CREATE USER dossier_reader FOR LOGIN dossier_reader WITH DEFAULT_SCHEMA = dbo;
IF DATABASE_PRINCIPAL_ID(N'dossier_reading') IS NULL CREATE ROLE dossier_reading;
ALTER ROLE dossier_reading ADD MEMBER dossier_reader;
DENY EXECUTE ON SCHEMA::dbo TO dossier_reading;
GRANT SELECT ON dbo.contact TO dossier_reading;
GRANT SELECT ON dbo.profile TO dossier_reading;
GRANT SELECT ON dbo.thread TO dossier_reading;
GRANT SELECT ON dbo.post TO dossier_reading;
GO
USE [$(telephony)];
GO
IF USER_ID(N'dossier_reader') IS NULL CREATE USER dossier_reader FOR LOGIN dossier_reader WITH DEFAULT_SCHEMA = dbo;
IF DATABASE_PRINCIPAL_ID(N'dossier_reading') IS NULL CREATE ROLE dossier_reading;
ALTER ROLE dossier_reading ADD MEMBER dossier_reader;
DENY EXECUTE ON SCHEMA::dbo TO dossier_reading;
GRANT SELECT ON dbo.known_caller TO dossier_reading;
GRANT SELECT ON dbo.call TO dossier_reading;
GO
USE [$(administration)];
GO
IF USER_ID(N'dossier_reader') IS NULL CREATE USER dossier_reader FOR LOGIN dossier_reader WITH DEFAULT_SCHEMA = dbo;
IF DATABASE_PRINCIPAL_ID(N'dossier_reading') IS NULL CREATE ROLE dossier_reading;
ALTER ROLE dossier_reading ADD MEMBER dossier_reader;
DENY EXECUTE ON SCHEMA::dbo TO dossier_reading;
-- The view is enough: addresses in the table below it stay out of reach.
GRANT SELECT ON dbo.debtor_card TO dossier_reading;
GRANT SELECT ON dbo.contact_person TO dossier_reading;
GRANT SELECT ON dbo.representative TO dossier_reading;
GRANT SELECT ON dbo.contact_point TO dossier_reading;
GRANT SELECT ON dbo.account TO dossier_reading;
GRANT SELECT ON dbo.connection TO dossier_reading;
GRANT SELECT ON dbo.invoice TO dossier_reading;
GRANT SELECT ON dbo.invoice_line TO dossier_reading;
GRANT SELECT ON dbo.dunning TO dossier_reading;
GRANT SELECT ON dbo.dunning_item TO dossier_reading;
GRANT SELECT ON dbo.receipt TO dossier_reading;
GRANT SELECT ON dbo.receipt_item TO dossier_reading;
GRANT SELECT ON dbo.correspondence TO dossier_reading;
GRANT SELECT ON dbo.correspondence_text TO dossier_reading;
GO
