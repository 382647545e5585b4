using Dossier.V1;
using Grpc.Core;

namespace Dossier.Host;

/// <summary>Who calls: the system by its authenticated identity, the agent and the purpose by what it states.</summary>
public sealed record Caller(string System, string Agent, string Purpose)
{
    /// <summary>What it may do.</summary>
    public Scopes Scopes { get; init; } = Scopes.All;

    /// <summary>What this call may read.</summary>
    public Permitted Reading { get; init; } = Permitted.All;

    /// <summary>When the credential that proves it ends; null if it does not.</summary>
    public DateTimeOffset? ProvedUntil { get; init; }

    /// <summary>A token's claim proves the agent.</summary>
    public bool AgentProved { get; init; }

    public const string SystemKey = "x-dossier-system";
    public const string AgentKey = "x-dossier-agent";
    public const string PurposeKey = "x-dossier-purpose";

    internal const string DefaultSystem = "local";
    private const string DefaultPurpose = "service";
    private static readonly object StateKey = new();

    /// <summary>The caller that the interceptor has put beside the call.</summary>
    public static Caller Of(ServerCallContext context) => (Caller)context.UserState[StateKey];

    /// <summary>
    /// Cancels when the credential ends: what a call may do in a moment it may not do for ever, and a stream has no end of its own. Of one that
    /// ends in more than 20 days nothing is done: no timer is that long, and no connection.
    /// </summary>
    public void EndWithCredential(CancellationTokenSource stream)
    {
        if (ProvedUntil - TimeProvider.System.GetUtcNow() is { } left && left < TimeSpan.FromDays(20))
        {
            stream.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    /// <summary>A change needs an agent.</summary>
    public void RequireAgent(Violations violations)
    {
        if (Agent.Length == 0)
        {
            violations.Add($"metadata.{AgentKey}", "is required for a change: 1-64 of [A-Za-z0-9._@-]", ErrorReason.AgentMissing);
        }
    }

    /// <summary>Puts beside a call who calls, once that is proved and may call the method.</summary>
    /// <exception cref="DossierException">It is not proved or not permitted, for its purpose or at all, or a value is malformed or not configured.</exception>
    public static async ValueTask IdentifyAsync(ServerCallContext context, Authentication authentication, DossierOptions options)
    {
        var identity = authentication.Open ? null
            : AdmissionAtTheDoor.IdentityOf(context.GetHttpContext()) ?? await authentication.IdentifyAsync(context.GetHttpContext(), context.CancellationToken);
        if (identity is not null && Scopes.OfMethods.GetValueOrDefault(context.Method) is var scope && (scope is null || !identity.Scopes.Has(scope)))
        {
            throw Denied(identity.System, scope ?? "", context.Method);
        }

        var caller = Read(context, identity, options);
        context.UserState[StateKey] = caller;
        if (Scopes.SectionOfMethods.TryGetValue(context.Method, out var section) && !caller.Reading.IsOfPurpose(section))
        {
            throw TooNarrow(caller.Purpose, section, context.Method);
        }
    }

    /// <summary>The refusal of what a scope would have allowed.</summary>
    public static DossierException Denied(string system, string scope, string what) => new(
        StatusCode.PermissionDenied,
        ErrorReason.ScopeMissing,
        $"{what} takes the scope {scope}, which {ResourceNames.System(system)} does not have.",
        metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["scope"] = scope });

    /// <summary>The refusal of what the caller may do, but not for this purpose.</summary>
    public static DossierException TooNarrow(string purpose, Section section, string what) => new(
        StatusCode.PermissionDenied,
        ErrorReason.PurposeTooNarrow,
        $"{what} is of the section {section.Word()}, which the purpose {purpose} may not see.",
        metadata: new Dictionary<string, string>(StringComparer.Ordinal) { ["section"] = section.Word(), ["purpose"] = purpose });

    private static Caller Read(ServerCallContext context, Identity? identity, DossierOptions options)
    {
        var violations = new Violations();
        var system = identity?.System ?? Value(context, SystemKey, DefaultSystem);
        var stated = Value(context, AgentKey, "");
        var agent = identity?.Agent ?? stated;
        var purpose = Value(context, PurposeKey, DefaultPurpose);
        if (identity is not null && context.RequestHeaders.GetValue(SystemKey) is not null)
        {
            violations.Add($"metadata.{SystemKey}", "must not be sent: the system follows from the credentials", ErrorReason.InvalidMetadata);
        }
        else if (!options.Systems.ContainsKey(system))
        {
            violations.Add(
                $"metadata.{SystemKey}", $"must be a configured system: {string.Join(", ", options.Systems.Keys.Order(StringComparer.Ordinal))}", ErrorReason.InvalidMetadata);
        }

        if (agent.Length > 64 || !agent.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '@' or '-'))
        {
            violations.Add($"metadata.{AgentKey}", "must be 1-64 of [A-Za-z0-9._@-]", ErrorReason.InvalidMetadata);
        }
        else if (stated.Length > 0 && stated != agent)
        {
            violations.Add($"metadata.{AgentKey}", "must be the agent whom the token names, or left out", ErrorReason.InvalidMetadata);
        }

        if (purpose != DefaultPurpose && !options.Purposes.ContainsKey(purpose))
        {
            violations.Add(
                $"metadata.{PurposeKey}", $"must be a configured purpose: {string.Join(", ", options.Purposes.Keys.Order(StringComparer.Ordinal).Prepend(DefaultPurpose))}", ErrorReason.InvalidMetadata);
        }

        violations.Throw();
        var scopes = identity?.Scopes ?? Scopes.All;
        return new Caller(system, agent, purpose)
        {
            Scopes = scopes,
            Reading = new Permitted(scopes, SectionsOf(options.Purposes.GetValueOrDefault(purpose))),
            AgentProved = identity?.Agent is not null,
            ProvedUntil = identity?.Until,
        };
    }

    private static HashSet<Section>? SectionsOf(PurposeOptions? purpose) => purpose is { Sections.Count: > 0 }
        ? Enum.GetValues<Section>().Skip(1).Where(section => purpose.Sections.Contains(section.Word())).ToHashSet()
        : null;

    private static string Value(ServerCallContext context, string key, string missing) =>
        context.RequestHeaders.GetValue(key) is { Length: > 0 } value ? value : missing;
}
