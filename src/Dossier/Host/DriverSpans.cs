using System.Diagnostics;

namespace Dossier.Host;

/// <summary>
/// What the PostgreSQL driver may tell of a call in its spans. It would put the error's own message there as an event, and a server's message
/// repeats the value that it could not read, which is a customer's; and the text of a query and how the server is reached, in every span.
/// </summary>
internal static class DriverSpans
{
    public const string Source = "Npgsql";

    // It makes no spans: it is asked what to say of an exception wherever somebody else has one made.
    private static readonly ActivityListener Words = new()
    {
        ShouldListenTo = static source => source.Name == Source,
        ExceptionRecorder = static (_, exception, ref tags) =>
        {
            tags.Add("exception.type", exception.GetType().FullName);
            tags.Add("exception.message", (exception as System.Data.Common.DbException)?.SqlState ?? "");
            tags.Add("exception.stacktrace", "");
        },
    };

    /// <summary>From now on, for the whole process.</summary>
    public static void KeepContentOut() => ActivitySource.AddActivityListener(Words);

    public static bool IsTold(string tag) => tag is not ("db.query.text" or "db.npgsql.data_source");
}
