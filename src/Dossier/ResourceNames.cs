using System.Buffers.Text;
using System.Text;

namespace Dossier;

/// <summary>Resource names of the contract: how they are written and read.</summary>
public static class ResourceNames
{
    public const string Registry = "sources/registry";

    public const string CustomerRule = "must be customers/{customer} with {customer} 1-64 of [A-Za-z0-9._~-]";

    public static string Customer(string customer) => $"customers/{customer}";

    public static string DossierOf(string customer) => $"customers/{customer}/dossier";

    public static string Agreement(string customer, string id) => $"customers/{customer}/agreements/{id}";

    public static string Conflict(string customer, string id) => $"customers/{customer}/conflicts/{id}";

    public static string Action(string customer, string id) => $"customers/{customer}/actions/{id}";

    public static string Source(string source) => $"sources/{source}";

    public static string System(string system) => $"systems/{system}";

    public static string Interaction(string customer, string source, string storeId) =>
        $"customers/{customer}/sources/{source}/interactions/{EscapeId(storeId)}";

    public const string SystemRule = "must be systems/{system} with {system} 1-32 of [a-z0-9-]";

    public static bool TryCustomer(string? name, out string customer) => TryPart(name, "customers/", "", out customer);

    public static bool TryDossier(string? name, out string customer) => TryPart(name, "customers/", "/dossier", out customer);

    public static bool TryAgreement(string? name, out string customer, out string id)
    {
        customer = id = "";
        var parts = (name ?? "").Split('/');
        if (parts.Length != 4 || parts[0] != "customers" || parts[2] != "agreements"
            || !IsCustomerNumber(parts[1]) || !Guid.TryParseExact(parts[3], "D", out var uuid) || uuid.ToString("D") != parts[3])
        {
            return false;
        }

        (customer, id) = (parts[1], parts[3]);
        return true;
    }

    /// <summary>{conflict} is 24 hexadecimal digits in lower case: a hash.</summary>
    public static bool TryConflict(string? name, out string customer, out string id)
    {
        customer = id = "";
        var parts = (name ?? "").Split('/');
        if (parts.Length != 4 || parts[0] != "customers" || parts[2] != "conflicts" || !IsCustomerNumber(parts[1]) || parts[3].Length != 24 || !parts[3].All(char.IsAsciiHexDigitLower))
        {
            return false;
        }

        (customer, id) = (parts[1], parts[3]);
        return true;
    }

    public static bool TrySystem(string? name, out string system)
    {
        system = name is not null && name.StartsWith("systems/", StringComparison.Ordinal) ? name["systems/".Length..] : "";
        return IsSlug(system);
    }

    public static bool TryInteraction(string? name, out string customer, out string source, out string storeId)
    {
        customer = source = storeId = "";
        var parts = (name ?? "").Split('/');
        if (parts.Length != 6 || parts[0] != "customers" || parts[2] != "sources" || parts[4] != "interactions"
            || !IsCustomerNumber(parts[1]) || !IsSlug(parts[3]) || !TryUnescapeId(parts[5], out storeId))
        {
            return false;
        }

        (customer, source) = (parts[1], parts[3]);
        return true;
    }

    /// <summary>The end of an interaction's name, which says where it is stored and not whose it is.</summary>
    public static bool TryStoredInteraction(string? name, out string source, out string storeId) =>
        TryInteraction($"customers/any/{name}", out _, out source, out storeId);

    /// <summary>The store's own id; null if the text is none.</summary>
    public static string? DecodeForeign(string text) => TryUnescapeId(text, out var id) ? id : null;

    public static bool TrySource(string? name, out string source)
    {
        source = name is not null && name.StartsWith("sources/", StringComparison.Ordinal) ? name["sources/".Length..] : "";
        return IsSlug(source);
    }

    public static bool IsCustomerNumber(string text) =>
        text.Length is >= 1 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '~' or '-');

    /// <summary>1-32 of [a-z0-9-].</summary>
    public static bool IsSlug(string text) =>
        text.Length is >= 1 and <= 32 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>An id that systems print: 1-64 characters, none of them a control character, no blank at either end.</summary>
    public static bool IsForeignId(string text) =>
        text.Length is >= 1 and <= 64 && !text.Any(char.IsControl) && !char.IsWhiteSpace(text[0]) && !char.IsWhiteSpace(text[^1]);

    private static bool TryPart(string? name, string before, string after, out string part)
    {
        part = "";
        if (name is null || name.Length <= before.Length + after.Length
            || !name.StartsWith(before, StringComparison.Ordinal) || !name.EndsWith(after, StringComparison.Ordinal))
        {
            return false;
        }

        part = name[before.Length..(name.Length - after.Length)];
        return IsCustomerNumber(part);
    }

    // What mail and the like give as an id: 998 bytes are the longest line of a message.
    private const int LongestEscaped = 1_400;

    private static bool IsPlainId(string id) =>
        id.Length is >= 1 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static string EscapeId(string id) =>
        IsPlainId(id) ? id : "~" + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id));

    private static bool TryUnescapeId(string text, out string id)
    {
        id = text;
        if (!text.StartsWith('~'))
        {
            return IsPlainId(text);
        }

        if (text.Length > LongestEscaped)
        {
            return false;
        }

        try
        {
            id = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Base64Url.DecodeFromChars(text.AsSpan(1)));
            return id.Length > 0 && EscapeId(id) == text;
        }
        catch (Exception malformed) when (malformed is FormatException or ArgumentException)
        {
            return false;
        }
    }
}
