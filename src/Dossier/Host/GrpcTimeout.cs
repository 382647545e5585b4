using System.Globalization;

namespace Dossier.Host;

/// <summary>The header that carries a call's deadline: at most eight digits and a unit (PROTOCOL-HTTP2 of gRPC).</summary>
internal static class GrpcTimeout
{
    private const string Name = "grpc-timeout";
    private const long Most = 99_999_999;

    /// <summary>What the caller gave; null if nothing, or nothing that is a time.</summary>
    public static TimeSpan? Of(IHeaderDictionary headers)
    {
        if (headers[Name] is not [{ Length: >= 2 and <= 9 } told] || !long.TryParse(told.AsSpan(0, told.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
        {
            return null;
        }

        return told[^1] switch
        {
            'H' => TimeSpan.FromHours(Math.Min(amount, 24 * 365)),
            'M' => TimeSpan.FromMinutes(Math.Min(amount, 60 * 24 * 365)),
            'S' => TimeSpan.FromSeconds(amount),
            'm' => TimeSpan.FromMilliseconds(amount),
            'u' => TimeSpan.FromMicroseconds(amount),
            'n' => TimeSpan.FromTicks(amount / TimeSpan.NanosecondsPerTick),
            _ => null,
        };
    }

    /// <param name="headers">Of the call.</param>
    /// <param name="left">If nothing is left, a microsecond: the library takes 0 for no deadline.</param>
    public static void Set(IHeaderDictionary headers, TimeSpan left)
    {
        var micros = Math.Max(1, (long)left.TotalMicroseconds);
        headers[Name] = micros <= Most
            ? string.Create(CultureInfo.InvariantCulture, $"{micros}u")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Min(Most, micros / 1000)}m");
    }
}
