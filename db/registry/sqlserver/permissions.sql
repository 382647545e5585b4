-- The registry's two users on SQL Server. An administrator runs this twice with sqlcmd, in the registry's database: before
-- `dossier migrate` for the users, and after it for the rights on the tables (grants on tables that are not there yet fail).
--   sqlcmd -I -d registry -v owner_password="…" service_password="…" -i permissions.sql
-- dossier_owner runs the schema steps and renews the epoch; dossier_service serves, changes no table's shape, and deletes only the links
-- that a source no longer tells of.

-- A read of several statements sees one state without holding up those who write.
ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON;
GO
IF SUSER_ID(N'dossier_owner') IS NULL CREATE LOGIN dossier_owner WITH PASSWORD = N'$(owner_password)', CHECK_POLICY = ON;
IF SUSER_ID(N'dossier_service') IS NULL CREATE LOGIN dossier_service WITH PASSWORD = N'$(service_password)', CHECK_POLICY = ON;
IF USER_ID(N'dossier_owner') IS NULL CREATE USER dossier_owner FOR LOGIN dossier_owner WITH DEFAULT_SCHEMA = dbo;
IF USER_ID(N'dossier_service') IS NULL CREATE USER dossier_service FOR LOGIN dossier_service WITH DEFAULT_SCHEMA = dbo;
GO
-- A table in a schema belongs to the schema's owner, whoever made it: so rights on the schema, not on tables.
GRANT CREATE TABLE TO dossier_owner;
GRANT ALTER, SELECT, INSERT, UPDATE ON SCHEMA::dbo TO dossier_owner;
GO
GRANT SELECT ON dbo.schema_step TO dossier_service;
GRANT SELECT ON dbo.registry TO dossier_service;
GRANT SELECT, UPDATE ON dbo.change_counter TO dossier_service;
GRANT SELECT, INSERT ON dbo.customer TO dossier_service;
GRANT SELECT, INSERT ON dbo.request TO dossier_service;
GRANT SELECT, INSERT, UPDATE ON dbo.agreement TO dossier_service;
GRANT SELECT, INSERT ON dbo.agreement_revision TO dossier_service;
GRANT SELECT, INSERT ON dbo.agreement_subject TO dossier_service;
GRANT SELECT, INSERT, UPDATE ON dbo.action TO dossier_service;
GRANT SELECT, INSERT, UPDATE ON dbo.acknowledgement TO dossier_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.key_link TO dossier_service;
GRANT SELECT, INSERT ON dbo.key_link_revision TO dossier_service;
GRANT SELECT, INSERT, UPDATE ON dbo.source_pause TO dossier_service;
GRANT SELECT, INSERT, UPDATE ON dbo.conflict TO dossier_service;
GRANT SELECT, INSERT ON dbo.conflict_revision TO dossier_service;
GRANT SELECT, UPDATE ON dbo.sweep_lease TO dossier_service;
GRANT SELECT, INSERT ON dbo.access_record TO dossier_service;
GRANT SELECT, INSERT ON dbo.action_report TO dossier_service;
GRANT SELECT, INSERT ON dbo.change TO dossier_service;
GRANT INSERT ON dbo.decision TO dossier_service;
GO
