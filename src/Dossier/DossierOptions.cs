using System.ComponentModel;

namespace Dossier;

/// <summary>
/// Every setting of the service, read from appsettings.json in the current folder, environment variables that start
/// with DOSSIER_ (two underscores for a colon) and the command line. README's table is compared with this file by a test.
/// </summary>
public sealed class DossierOptions
{
    [Description("Address to listen on: HTTP/2; https with TLS, http on loopback only.")]
    public string Listen { get; set; } = "http://127.0.0.1:5080";

    [Description("The certificate of https, and who vouches for those of callers.")]
    public TlsOptions Tls { get; set; } = new();

    [Description("Tokens of callers.")]
    public JwtOptions Jwt { get; set; } = new();

    [Description("How much it takes on at once.")]
    public LimitOptions Limits { get; set; } = new();

    [Description("How it stops.")]
    public DrainOptions Drain { get; set; } = new();

    [Description("Health for probes.")]
    public HealthOptions Health { get; set; } = new();

    [Description("Metrics for who fetches them.")]
    public MetricsOptions Metrics { get; set; } = new();

    [Description("Folder of the embedded registry and the sample stores.")]
    public string DataDirectory { get; set; } = "data";

    [Description("The company's time zone: days (due dates, `until`) begin and end in it.")]
    public string TimeZone { get; set; } = "Europe/Amsterdam";

    [Description("The shared registry.")]
    public RegistryOptions Registry { get; set; } = new();

    [Description("The channel stores by name; the three sample stores if there is none.")]
    public Dictionary<string, SourceOptions> Sources { get; set; } = new(StringComparer.Ordinal);

    [Description("The calling systems by name; webcare, telephony, administration, shop, partner and local if there is none.")]
    public Dictionary<string, SystemOptions> Systems { get; set; } = new(StringComparer.Ordinal);

    [Description("Purposes that x-dossier-purpose may state, by name, beside `service`.")]
    public Dictionary<string, PurposeOptions> Purposes { get; set; } = new(StringComparer.Ordinal);

    [Description("Records of who read or changed what.")]
    public AccessOptions Access { get; set; } = new();

    [Description("Recent calls, kept for `dossier traces`.")]
    public TraceOptions Traces { get; set; } = new();

    [Description("The sweep for conflicts in the background.")]
    public SweepOptions Sweep { get; set; } = new();

    [Description("Telephone numbers.")]
    public PhoneOptions Phone { get; set; } = new();

    [Description("Watchers.")]
    public WatchOptions Watch { get; set; } = new();

    [Description("The sample data's clock.")]
    public DemoOptions Demo { get; set; } = new();
}

public sealed class TlsOptions
{
    [Description("PEM file of the service's certificate and its chain; a renewed one is taken over while running.")]
    public string Certificate { get; set; } = "";

    [Description("PEM file of its private key.")]
    public string Key { get; set; } = "";

    [Description("PEM file of the authorities that vouch for callers' certificates: of each the whole chain, up to one that issued itself.")]
    public string ClientAuthority { get; set; } = "";

    [Description("TLS on loopback beside `Listen`, on the port after it, with a development certificate kept in `DataDirectory`; `--dev-tls` sets it.")]
    public bool Development { get; set; }
}

public sealed class JwtOptions
{
    [Description("Issuer of callers' tokens; its keys are found through its discovery document.")]
    public string Issuer { get; set; } = "";

    [Description("Audience that tokens must be for.")]
    public string Audience { get; set; } = "";

    [Description("Claims that name the client, the first that is there; `client_id` and `azp` if there is none.")]
    public List<string> ClientClaims { get; set; } = [];

    [Description("Claim that proves the agent, in place of x-dossier-agent.")]
    public string AgentClaim { get; set; } = "";

    [Description("How long the issuer's keys are used before they are read again.")]
    public TimeSpan KeysFor { get; set; } = TimeSpan.FromHours(1);
}

public sealed class LimitOptions
{
    /// <summary>Bytes of a request's message.</summary>
    public const int LargestMessage = 4 * 1024 * 1024;

    /// <summary>Bytes of a message to health and reflection, which ask nobody who he is.</summary>
    public const int LargestQuestion = 16 * 1024;

    /// <summary>Streams of health and reflection that are open at once, of all callers.</summary>
    public const int OpenQuestions = 1_000;

    /// <summary>Bytes of a request's headers, names and values of all together: a token and a good deal more.</summary>
    public const int LargestHeaders = 32 * 1024;

    [Description("Calls that read dossiers, interactions and customers at once; one more is answered RESOURCE_EXHAUSTED at once.")]
    public int Reads { get; set; } = 128;

    [Description("Calls that list agreements, conflicts, sources and records at once.")]
    public int Lists { get; set; } = 128;

    [Description("Calls that change something at once.")]
    public int Changes { get; set; } = 128;

    [Description("Calls of the guard at once; a stream of checks is one for as long as it is open.")]
    public int Checks { get; set; } = 128;

    [Description("Calls of each of these kinds that one system may have at once.")]
    public int PerCaller { get; set; } = 64;

    [Description("Calls of one system that read or check at the same time; its others wait for their turn. `0`: twice the cores.")]
    public int AtWork { get; set; }

    [Description("Watchers that are open at once.")]
    public int Watchers { get; set; } = 2_000;

    [Description("Watchers that one system may have open at once.")]
    public int WatchersPerCaller { get; set; } = 200;

    [Description("Deadline of a call whose caller gave none; streams have none then.")]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(30);
}

public sealed class DrainOptions
{
    [Description("How long calls are still served after health says NOT_SERVING, when the service is told to stop.")]
    public TimeSpan Delay { get; set; }
}

public sealed class HealthOptions
{
    [Description("Address of a port that serves grpc.health.v1 and nothing else, without TLS and credentials, for probes.")]
    public string Listen { get; set; } = "";
}

public sealed class MetricsOptions
{
    [Description("Address of a port that serves the metrics as text at `/metrics` and nothing else, without TLS and credentials, for Prometheus or curl.")]
    public string Listen { get; set; } = "";
}

public sealed class PurposeOptions
{
    [Description("Sections that may be read for the purpose, for example `INVOICES`; all if there is none.")]
    public List<string> Sections { get; set; } = [];
}

public sealed class WatchOptions
{
    [Description("How long a watcher may leave a message unread before it is ended with WATCH_TOO_SLOW.")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    [Description("How long that end waits for the watcher to read on and hear of it, before its stream is reset.")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromMinutes(1);
}

public sealed class RegistryOptions
{
    [Description("Database product of the registry: Sqlite, PostgreSql or SqlServer.")]
    public string Provider { get; set; } = "Sqlite";

    [Description("Connection string of the registry; with Sqlite `Data Source=<DataDirectory>/registry.db` if empty.")]
    public string ConnectionString { get; set; } = "";

    [Description("File that holds the connection string instead.")]
    public string ConnectionStringFile { get; set; } = "";

    [Description("Environment variable that holds the connection string instead.")]
    public string ConnectionStringVariable { get; set; } = "";

    [Description("Connection string of a replica for Get and List; the primary answers while it is behind or down.")]
    public string ReadConnectionString { get; set; } = "";

    [Description("File that holds the replica's connection string instead.")]
    public string ReadConnectionStringFile { get; set; } = "";

    [Description("How long one read or change of the registry may take.")]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromSeconds(2);

    [Description("Registry reads that may run at once.")]
    public int MaxConnections { get; set; } = 16;

    [Description("The most changes, of whichever callers, that are committed in one transaction; 1 commits each by itself.")]
    public int Group { get; set; } = 64;
}

public sealed class SourceOptions
{
    [Description("Database product of the store: Sqlite, PostgreSql or SqlServer.")]
    public string Provider { get; set; } = "Sqlite";

    [Description("Connection string of the store; pooling, time-outs and application name are set by the service.")]
    public string ConnectionString { get; set; } = "";

    [Description("File that holds the connection string instead; a change is taken over while running.")]
    public string ConnectionStringFile { get; set; } = "";

    [Description("Environment variable that holds the connection string instead.")]
    public string ConnectionStringVariable { get; set; } = "";

    [Description("The query file: a path on disk, or below db/ in the program (`db/sources/webcare/queries.sqlite.sql`).")]
    public string Queries { get; set; } = "";

    [Description("Hard deadline for one read of the store; it is TIMED_OUT then.")]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromMilliseconds(400);

    [Description("Calls that may read the store at once.")]
    public int MaxConnections { get; set; } = 8;

    [Description("The company's customers stand here: it decides whether a customer exists.")]
    public bool CustomerSource { get; set; }

    [Description("Spellings of telephone numbers in the store, by key type `phone`: e164, national, digits.")]
    public Dictionary<string, List<string>> KeySpellings { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    [Description("Types of the store's key columns, by customer_number, billing_account, email, phone, interaction or subject: text, varchar, nvarchar, char, integer, bigint, uuid.")]
    public Dictionary<string, string> KeyTypes { get; set; } = new(StringComparer.Ordinal);

    [Description("The sections to read, for example `invoices`; all that the query file offers if there is none.")]
    public List<string> Sections { get; set; } = [];

    /// <summary>What could not be read of these settings; it disables the source.</summary>
    internal string? Problem { get; set; }
}

public sealed class SystemOptions
{
    [Description("Effects of agreements that the system must acknowledge, for example CREDIT_INVOICE; `*` for all but REMARK. Where no system is configured there are administration, which must acknowledge what touches money, webcare, telephony, shop, partner and local.")]
    public List<string> MustAcknowledge { get; set; } = [];

    [Description("Within what time the system must have applied them.")]
    public TimeSpan Within { get; set; } = TimeSpan.FromDays(2);

    [Description("Effects that the system may not grant by itself: such an agreement is PROPOSED; `*` for all but REMARK.")]
    public List<string> NeedsApproval { get; set; } = [];

    [Description("Highest amount of one agreement that the system may grant by itself, all effects and subjects together; no limit if not set.")]
    public decimal? ApprovalLimit { get; set; }

    [Description("What the system may do, once callers must prove who they are: the scopes below.")]
    public List<string> Scopes { get; set; } = [];

    [Description("Its API keys as `dossier keys new` prints them: sha256: and the hash.")]
    public List<string> Keys { get; set; } = [];

    [Description("Its clients at the issuer of tokens.")]
    public List<string> Clients { get; set; } = [];

    [Description("Names in its client certificates (SAN), `dns:…` or `uri:…`, for which Tls:ClientAuthority vouches.")]
    public List<string> Certificates { get; set; } = [];

    [Description("SHA-256 thumbprints of its client certificates; with Certificates both must hold.")]
    public List<string> Thumbprints { get; set; } = [];
}

public sealed class AccessOptions
{
    [Description("An answer waits until its access record is in the registry: a crash loses none, and without the registry nothing is read.")]
    public bool Required { get; set; }

    [Description("Access records that may wait to be written; a call waits for room, none is dropped.")]
    public int Queue { get; set; } = 10_000;
}

public sealed class TraceOptions
{
    [Description("Slow, incomplete and failed calls that are kept in memory for `dossier traces`; 0 for none.")]
    public int Keep { get; set; } = 300;

    [Description("Calls that take at least this long are slow.")]
    public TimeSpan SlowerThan { get; set; } = TimeSpan.FromMilliseconds(250);
}

public sealed class SweepOptions
{
    [Description("How often the customers with agreements or open conflicts are swept for conflicts, by one instance at a time; 00:00:00 for never.")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(5);

    [Description("Customers that the sweep reads in a second, at most and one after the other.")]
    public int CustomersPerSecond { get; set; } = 20;
}

public sealed class PhoneOptions
{
    [Description("Calling code of the country in which national telephone numbers are read.")]
    public string DefaultCountry { get; set; } = "31";
}

public sealed class DemoOptions
{
    [Description("Moment at which the clock starts when only the sample stores are configured; refused beside other stores.")]
    public DateTimeOffset? Now { get; set; }
}
