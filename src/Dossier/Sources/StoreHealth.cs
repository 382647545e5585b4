using Dossier.V1;

namespace Dossier.Sources;

/// <summary>How the last read of a store went.</summary>
public sealed record StoreHealth(SourceState State, DateTimeOffset? LastSuccess, DateTimeOffset? LastFailureTime, string LastFailure);
