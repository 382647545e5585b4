@echo off
rem Runs the dossier command; dotnet builds it first if something has changed.
dotnet run --project "%~dp0src\Dossier.Cli" -- %*
