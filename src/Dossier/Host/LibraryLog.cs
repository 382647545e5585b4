using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Dossier.Host;

/// <summary>
/// What the gRPC library logs: warnings and errors, whatever the settings ask for, because below them it repeats the texts of errors, which
/// name what the caller asked for, and so the customer. And callers leave every day, in the middle of a call too. Whoever leaves before his message was read, or while his answer is written, is an
/// error with a whole stack in it (120 of 2,000 calls that were taken back within 5 ms), among which a real one
/// is not seen. A filter of the log sees a category and a level and no exception; so this stands before the library's log.
/// </summary>
internal sealed class LibraryLog(ILoggerFactory inner) : ILoggerFactory
{
    private const string Library = "Grpc";

    public static void Limit(IServiceCollection services) => services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(provider => new LibraryLog(new LoggerFactory(
        provider.GetServices<ILoggerProvider>(),
        provider.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>(),
        provider.GetService<IOptions<LoggerFactoryOptions>>(),
        provider.GetService<IExternalScopeProvider>()))));

    public ILogger CreateLogger(string categoryName) => inner.CreateLogger(categoryName) is var log && categoryName.StartsWith(Library, StringComparison.Ordinal) ? new Told(log) : log;

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    private sealed class Told(ILogger log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => log.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && log.IsEnabled(logLevel);

        // What our own methods throw never gets there, a file that cannot be read neither: CallInterceptor tells it.
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && exception is not (IOException or OperationCanceledException))
            {
                log.Log<TState>(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
