namespace Dossier;

/// <summary>Where a connection string comes from: the settings, a file (a mounted secret) or an environment variable. Never logged.</summary>
internal static class ConnectionText
{
    /// <summary>The connection string, or what is wrong, in words that hold nothing of it.</summary>
    public static (string Text, string? Problem) Read(string section, string text, string file, string variable)
    {
        if (new[] { text, file, variable }.Count(given => given.Length > 0) > 1)
        {
            return ("", $"{section}: set one of ConnectionString, ConnectionStringFile and ConnectionStringVariable");
        }

        if (file.Length > 0)
        {
            try
            {
                return (File.ReadAllText(file).Trim(), null);
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                return ("", $"{section}:ConnectionStringFile '{file}' cannot be read");
            }
        }

        if (variable.Length > 0)
        {
            return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
                ? (value, null)
                : ("", $"{section}:ConnectionStringVariable '{variable}' is not set");
        }

        return (text, null);
    }
}
