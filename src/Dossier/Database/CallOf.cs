namespace Dossier.Database;

/// <summary>For which system a call runs, and its turn at the cores; none for what the service does by itself.</summary>
internal static class CallOf
{
    private static readonly AsyncLocal<Running?> Current = new();

    public static string System => Current.Value?.System ?? "";

    public static FairShare.Turn? Turn => Current.Value?.Turn;

    /// <summary>From here on, in this call.</summary>
    public static void Begin(string system) => Current.Value = new Running(system);

    /// <summary>The call that has begun has its turn.</summary>
    public static void IsAtWork(FairShare.Turn turn)
    {
        if (Current.Value is { } running)
        {
            running.Turn = turn;
        }
    }

    /// <summary>It waits for a server or a disk until what this gives is disposed.</summary>
    public static Elsewhere WaitElsewhere() => new(Turn);

    public readonly struct Elsewhere : IDisposable
    {
        private readonly FairShare.Turn? turn;

        public Elsewhere(FairShare.Turn? turn)
        {
            this.turn = turn;
            turn?.Pause();
        }

        public void Dispose() => turn?.Resume();
    }

    private sealed class Running(string system)
    {
        public string System { get; } = system;

        public FairShare.Turn? Turn { get; set; }
    }
}
