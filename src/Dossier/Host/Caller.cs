using Dossier.V1;
using Grpc.Core;

namespace Dossier.Host;

/// <summary>Who calls: the system by its authenticated identity, the agent and the purpose by what it states.</summary>
public sealed record Caller(string System, string Agent, string Purpose)
{
    public const string SystemKey = "x-dossier-system";
    public const string AgentKey = "x-dossier-agent";
    public const string PurposeKey = "x-dossier-purpose";

    private const string DefaultSystem = "local";
    private const string DefaultPurpose = "service";
    private static readonly object StateKey = new();

    /// <summary>The caller that the interceptor has put beside the call.</summary>
    public static Caller Of(ServerCallContext context) => (Caller)context.UserState[StateKey];

    /// <summary>A change needs an agent.</summary>
    public void RequireAgent(Violations violations)
    {
        if (Agent.Length == 0)
        {
            violations.Add($"metadata.{AgentKey}", "is required for a change: 1-64 of [A-Za-z0-9._@-]", ErrorReason.AgentMissing);
        }
    }

    /// <summary>Reads the caller from the metadata of a call on the open loopback listener.</summary>
    /// <exception cref="DossierException">A value is malformed or not configured.</exception>
    public static void Identify(ServerCallContext context, DossierOptions options)
    {
        var violations = new Violations();
        var system = Value(context, SystemKey, DefaultSystem);
        var agent = Value(context, AgentKey, "");
        var purpose = Value(context, PurposeKey, DefaultPurpose);
        if (!options.Systems.ContainsKey(system))
        {
            violations.Add(
                $"metadata.{SystemKey}", $"must be a configured system: {string.Join(", ", options.Systems.Keys.Order(StringComparer.Ordinal))}", ErrorReason.InvalidMetadata);
        }

        if (agent.Length > 64 || !agent.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '@' or '-'))
        {
            violations.Add($"metadata.{AgentKey}", "must be 1-64 of [A-Za-z0-9._@-]", ErrorReason.InvalidMetadata);
        }

        if (purpose != DefaultPurpose && !options.Purposes.Contains(purpose))
        {
            violations.Add(
                $"metadata.{PurposeKey}", $"must be a configured purpose: {string.Join(", ", options.Purposes.Prepend(DefaultPurpose))}", ErrorReason.InvalidMetadata);
        }

        violations.Throw();
        context.UserState[StateKey] = new Caller(system, agent, purpose);
    }

    private static string Value(ServerCallContext context, string key, string missing) =>
        context.RequestHeaders.GetValue(key) is { Length: > 0 } value ? value : missing;
}
