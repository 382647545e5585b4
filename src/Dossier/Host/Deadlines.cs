using Grpc.Core;

namespace Dossier.Host;

/// <summary>The caller's deadline as a budget.</summary>
public static class Deadlines
{
    public static TimeSpan? Left(this ServerCallContext context) => context.Deadline == DateTime.MaxValue
        ? null
        : context.Deadline - TimeProvider.System.GetUtcNow().UtcDateTime;

    public static Budget ToBudget(this ServerCallContext context) => Budget.Until(context.Left());
}
