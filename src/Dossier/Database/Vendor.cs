using System.Data.Common;
using System.Net.Sockets;
using System.Security.Authentication;
using Google.Protobuf;

namespace Dossier.Database;

/// <summary>A database product: its SQL stands in db/**/&lt;folder&gt;, and what it does otherwise than the others stands in its class.</summary>
public abstract class Vendor
{
    public static IReadOnlyList<Vendor> All { get; } = [new SqliteVendor(), new PostgresVendor(), new SqlServerVendor()];

    /// <summary>The value of a Provider setting: Sqlite, PostgreSql or SqlServer.</summary>
    public abstract string Name { get; }

    /// <summary>The name in paths below db/: <c>registry/postgres/…</c>, <c>queries.postgres.sql</c>.</summary>
    public abstract string Folder { get; }

    /// <summary>The name by OpenTelemetry's conventions (<c>db.system.name</c>).</summary>
    public abstract string SystemName { get; }

    /// <summary>What a connection string looks like, for messages.</summary>
    public abstract string Example { get; }

    /// <summary>What a store can be asked about itself, for a check.</summary>
    public abstract Inspection Inspection { get; }

    /// <summary>A result says the types of its columns before there is a row.</summary>
    public virtual bool TypesColumns => true;

    /// <summary>The server tells other instances of changes, so that they need not look as often.</summary>
    public virtual bool TellsChanges => false;

    /// <summary>More than one transaction may write at once.</summary>
    public abstract bool ConcurrentWriters { get; }

    /// <summary>The database is a file on this machine: a read needs a core, and nothing travels.</summary>
    public virtual bool InFile => false;

    /// <summary>The vendor that a setting names; null if there is none.</summary>
    public static Vendor? Find(string provider) => All.FirstOrDefault(vendor => string.Equals(vendor.Name, provider, StringComparison.OrdinalIgnoreCase));

    public static string Names => string.Join(", ", All.Select(vendor => vendor.Name));

    /// <summary>Why a connection string cannot be used; null if it can be tried. Says nothing of its contents.</summary>
    public string? Problem(string connectionString)
    {
        try
        {
            return Place(connectionString).Length > 0 ? null : $"lacks the place of the database; it must look like '{Example}'";
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or KeyNotFoundException or OverflowException or NotSupportedException or InvalidOperationException)
        {
            // The driver's own message repeats what it could not read, which may be a password.
            return $"cannot be read; it must look like '{Example}'";
        }
    }

    /// <summary>The database that a connection string points at: a file's path, or a server's name.</summary>
    protected abstract string Place(string connectionString);

    /// <summary>Opens connections to one database; none is opened before it is needed.</summary>
    /// <exception cref="InvalidOperationException">The driver can read the connection string and does not take it. The message holds nothing of its values.</exception>
    public ConnectionPool Connect(ConnectionSettings settings)
    {
        try
        {
            return Open(settings);
        }
        catch (Exception refused) when (refused is ArgumentException or NotSupportedException or InvalidOperationException or FormatException)
        {
            // Drivers say ConnectionIdleLifetime of what is written Connection Idle Lifetime.
            var said = refused.Message.Replace(" ", "", StringComparison.Ordinal);
            var keys = new DbConnectionStringBuilder { ConnectionString = settings.ConnectionString }.Keys.Cast<string>()
                .Where(key => said.Contains(key.Replace(" ", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase)).ToList();
            throw new InvalidOperationException(
                $"The connection string of {settings.Application} is not taken by its driver ({refused.GetType().Name}){(keys.Count > 0 ? $"; look at {string.Join(", ", keys)}" : "")}", refused);
        }
    }

    /// <summary>The same, as the driver says it.</summary>
    protected abstract ConnectionPool Open(ConnectionSettings settings);

    /// <summary>Puts one parameter of a query file's block on a command, in the vendor's types.</summary>
    public abstract void AddParameter(DbCommand command, string name, SqlValue value);

    /// <summary>The server or the driver gave up waiting.</summary>
    public abstract bool IsTimeout(DbException failure);

    /// <summary>The statement itself is wrong: it does not parse, or names what is not there.</summary>
    public abstract bool IsBroken(DbException failure);

    /// <summary>What went wrong, for operators: a message that may repeat values of rows is left out.</summary>
    public abstract string Explain(DbException failure);

    /// <summary>Whether this vendor's driver threw it.</summary>
    public abstract bool Threw(DbException failure);

    /// <summary>
    /// What went wrong, for logs and spans: our own words and those of drivers and sockets as they are. Of anything else the kind alone; what
    /// could not be parsed, or was not in a dictionary, is often repeated in the message.
    /// </summary>
    public static string Tell(Exception failure) => failure switch
    {
        DbException driver => All.FirstOrDefault(vendor => vendor.Threw(driver))?.Explain(driver) ?? driver.GetType().Name,
        IOException or SocketException or AuthenticationException or UnauthorizedAccessException or TimeoutException
            or InvalidOperationException or InvalidCastException or OperationCanceledException => failure.Message,
        _ when failure.GetType().Assembly == typeof(Vendor).Assembly => failure.Message,
        _ => failure.GetType().Name,
    };

    /// <summary>The transaction lost against another one and may be tried again as a whole.</summary>
    public abstract bool IsConflict(DbException failure);

    /// <summary>
    /// The database answered, and refused what it was given: a value of which it can make nothing, a rule of a table; or gave a row of which we can
    /// make nothing. That says nothing of the database.
    /// </summary>
    public static bool IsRefusal(Exception failure) => failure is InvalidProtocolBufferException || failure is DbException driver && All.Any(vendor => vendor.Refused(driver));

    /// <summary>Whether this vendor refused a value.</summary>
    protected abstract bool Refused(DbException failure);
}

/// <summary>How one database is used.</summary>
/// <param name="ConnectionString">As it was configured; its pooling, time-outs and name are overruled.</param>
/// <param name="Application">Whom the server's administrator sees: <c>dossier/webcare</c>.</param>
/// <param name="ReadOnly">The barrier that keeps a query file from writing.</param>
/// <param name="MaxConnections">The most connections at once.</param>
/// <param name="Deadline">What the driver and the server are told to give up after, at the latest.</param>
public sealed record ConnectionSettings(string ConnectionString, string Application, bool ReadOnly, int MaxConnections, TimeSpan Deadline);

/// <summary>The value of one parameter of a query file.</summary>
/// <param name="Value">A text, a list of texts, a whole number, a moment, or null.</param>
/// <param name="ColumnType">The type of the column that it is compared with, by the source's KeyTypes; null for the vendor's text.</param>
public readonly record struct SqlValue(object? Value, string? ColumnType = null);
