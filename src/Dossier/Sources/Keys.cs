using Dossier.V1;

namespace Dossier.Sources;

/// <summary>Keys of customers: how they are normalised at the door, stored, and spelled for a store. Pure.</summary>
public static class Keys
{
    private static readonly HashSet<string> Withheld = new(StringComparer.OrdinalIgnoreCase)
    {
        "", "anonymous", "private", "restricted", "unknown", "unavailable", "withheld", "anoniem",
    };

    private const int MostHandle = 128;

    /// <summary>A handle as a source gives it, made fit: it is a label, for which no key is left out.</summary>
    public static string Label(string handle)
    {
        var clean = string.Concat(handle.Where(c => !char.IsControl(c)));
        return clean.Length <= MostHandle ? clean
            : clean[..(char.IsHighSurrogate(clean[MostHandle - 1]) ? MostHandle - 1 : MostHandle)];
    }

    public static bool IsWithheld(CustomerKey? key) =>
        key?.KeyCase == CustomerKey.KeyOneofCase.Phone && Withheld.Contains(key.Phone.Trim());

    public static KeyType TypeOf(CustomerKey key) => key.KeyCase switch
    {
        CustomerKey.KeyOneofCase.CustomerNumber => KeyType.CustomerNumber,
        CustomerKey.KeyOneofCase.BillingAccount => KeyType.BillingAccount,
        CustomerKey.KeyOneofCase.Email => KeyType.Email,
        CustomerKey.KeyOneofCase.Phone => KeyType.Phone,
        CustomerKey.KeyOneofCase.SocialId => KeyType.SocialId,
        CustomerKey.KeyOneofCase.Interaction => KeyType.Interaction,
        _ => KeyType.Unspecified,
    };

    /// <summary>The key as the registry stores and answers it; null, with every violation named, if it is none.</summary>
    public static CustomerKey? Normalise(CustomerKey? key, string field, string defaultCountry, Violations violations)
    {
        switch (key?.KeyCase ?? CustomerKey.KeyOneofCase.None)
        {
            case CustomerKey.KeyOneofCase.CustomerNumber when ResourceNames.IsCustomerNumber(key!.CustomerNumber):
            case CustomerKey.KeyOneofCase.BillingAccount when ResourceNames.IsForeignId(key!.BillingAccount):
                return key!.Clone();
            case CustomerKey.KeyOneofCase.CustomerNumber:
                violations.Add($"{field}.customer_number", "must be 1-64 of [A-Za-z0-9._~-]");
                return null;
            case CustomerKey.KeyOneofCase.BillingAccount:
                violations.Add($"{field}.billing_account", "must be 1-64 characters without control characters");
                return null;
            case CustomerKey.KeyOneofCase.Email:
                if (Email(key!.Email) is { } email)
                {
                    return new CustomerKey { Email = email };
                }

                violations.Add($"{field}.email", "must be a mail address of at most 254 characters");
                return null;
            case CustomerKey.KeyOneofCase.Phone:
                if (Phone(key!.Phone, defaultCountry) is { } phone)
                {
                    return new CustomerKey { Phone = phone };
                }

                violations.Add($"{field}.phone", "must be E.164 (+31612345678), international (0031612345678) or national (0612345678)");
                return null;
            case CustomerKey.KeyOneofCase.SocialId:
                return Social(key!.SocialId, field, violations);
            case CustomerKey.KeyOneofCase.Interaction when ResourceNames.TryStoredInteraction(key!.Interaction, out _, out _):
                return key!.Clone();
            case CustomerKey.KeyOneofCase.Interaction:
                violations.Add($"{field}.interaction", "must be sources/{source}/interactions/{id}, the end of the interaction's name");
                return null;
            default:
                violations.Add(field, "must hold exactly one key");
                return null;
        }
    }

    /// <summary>E.164, or null.</summary>
    public static string? Phone(string text, string defaultCountry)
    {
        Span<char> digits = stackalloc char[24];
        var count = 0;
        var plus = false;

        // +31 (0)6 … is how people write it: the 0 is for callers at home.
        var spelled = text.Trim();
        if (spelled.StartsWith('+') || spelled.StartsWith("00", StringComparison.Ordinal))
        {
            spelled = spelled.Replace("(0)", "", StringComparison.Ordinal);
        }

        foreach (var c in spelled)
        {
            if (char.IsAsciiDigit(c) && count < digits.Length)
            {
                digits[count++] = c;
            }
            else if (c == '+' && count == 0 && !plus)
            {
                plus = true;
            }
            else if (c is not (' ' or '-' or '.' or '(' or ')' or '/' or '\u00a0'))
            {
                return null;
            }
        }

        ReadOnlySpan<char> number = digits[..count];
        string? international = null;
        if (plus)
        {
            international = number.ToString();
        }
        else if (number.StartsWith("00"))
        {
            international = number[2..].ToString();
        }
        else if (number.StartsWith("0"))
        {
            international = string.Concat(defaultCountry, number[1..]);
        }

        return international is { Length: >= 8 and <= 15 } && international[0] != '0' ? "+" + international : null;
    }

    /// <summary>Lower case, or null.</summary>
    public static string? Email(string text)
    {
        var email = text.Trim().ToLowerInvariant();
        var at = email.IndexOf('@', StringComparison.Ordinal);
        return email.Length <= 254 && at > 0 && at == email.LastIndexOf('@') && at < email.Length - 1
            && !email.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            ? email
            : null;
    }

    /// <summary>A telephone number as a store spells it: <c>e164</c>, <c>national</c> or <c>digits</c>.</summary>
    public static string Spell(string e164, string spelling, string defaultCountry) => spelling.ToLowerInvariant() switch
    {
        "e164" => e164,
        "digits" => e164[1..],
        "national" when e164.AsSpan(1).StartsWith(defaultCountry) => "0" + e164[(1 + defaultCountry.Length)..],
        "national" => "00" + e164[1..],
        _ => throw new ArgumentException($"'{spelling}' is not a spelling: use e164, national or digits.", nameof(spelling)),
    };

    /// <summary>The normalised key as one text; the same key always gives the same text.</summary>
    public static string Encode(CustomerKey key) => key.KeyCase switch
    {
        CustomerKey.KeyOneofCase.CustomerNumber => key.CustomerNumber,
        CustomerKey.KeyOneofCase.BillingAccount => key.BillingAccount,
        CustomerKey.KeyOneofCase.Email => key.Email,
        CustomerKey.KeyOneofCase.Phone => key.Phone,
        CustomerKey.KeyOneofCase.SocialId =>
            $"{key.SocialId.Platform}/{Uri.EscapeDataString(key.SocialId.Page)}/{Uri.EscapeDataString(key.SocialId.Id)}",
        CustomerKey.KeyOneofCase.Interaction => key.Interaction["sources/".Length..].Replace("/interactions/", "/", StringComparison.Ordinal),
        _ => "",
    };

    public static CustomerKey Decode(KeyType type, string value, string? handle = null)
    {
        switch (type)
        {
            case KeyType.CustomerNumber:
                return new CustomerKey { CustomerNumber = value };
            case KeyType.BillingAccount:
                return new CustomerKey { BillingAccount = value };
            case KeyType.Email:
                return new CustomerKey { Email = value };
            case KeyType.Phone:
                return new CustomerKey { Phone = value };
            case KeyType.Interaction:
                return new CustomerKey { Interaction = $"sources/{value.Replace("/", "/interactions/", StringComparison.Ordinal)}" };
            case KeyType.SocialId:
                var parts = value.Split('/');
                return new CustomerKey
                {
                    SocialId = new SocialId
                    {
                        Platform = parts[0],
                        Page = Uri.UnescapeDataString(parts[1]),
                        Id = Uri.UnescapeDataString(parts[2]),
                        Handle = handle ?? "",
                    },
                };
            default:
                throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    private static CustomerKey? Social(SocialId social, string field, Violations violations)
    {
        var before = violations.Count;
        if (!ResourceNames.IsSlug(social.Platform))
        {
            violations.Add($"{field}.social_id.platform", "must be 1-32 of [a-z0-9-]");
        }

        if (!ResourceNames.IsForeignId(social.Page))
        {
            violations.Add($"{field}.social_id.page", "must be 1-64 characters without control characters");
        }

        if (social.Id.Length is 0 or > 128 || social.Id.Any(char.IsControl))
        {
            violations.Add($"{field}.social_id.id", "must be 1-128 characters without control characters");
        }

        if (social.Handle.Length > MostHandle || social.Handle.Any(char.IsControl))
        {
            violations.Add($"{field}.social_id.handle", "must be at most 128 characters without control characters");
        }

        return violations.Count == before ? new CustomerKey { SocialId = social.Clone() } : null;
    }
}

/// <summary>The keys by which the stores are read: those of one customer that nobody else has.</summary>
public sealed class KeySet
{
    // Byte for byte: a comparison by culture takes texts that differ by an invisible character for one.
    private static readonly Comparer<(KeyType Type, string Value)> Order = Comparer<(KeyType Type, string Value)>.Create(
        (one, other) => one.Type != other.Type ? ((int)one.Type).CompareTo((int)other.Type) : string.CompareOrdinal(one.Value, other.Value));

    // In order, each once. Not a SortedSet: there are a handful, and each look at one allocates a stack.
    private readonly List<(KeyType Type, string Value)> keys = [];

    public IEnumerable<(KeyType Type, string Value)> All => keys;

    public void Add(KeyType type, string value)
    {
        var place = keys.BinarySearch((type, value), Order);
        if (place < 0)
        {
            keys.Insert(~place, (type, value));
        }
    }

    public IEnumerable<string> Of(KeyType type) => keys.Where(key => key.Type == type).Select(key => key.Value);

    public bool Has(KeyType type)
    {
        foreach (var key in keys)
        {
            if (key.Type == type)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>There is a key of the type that a source can be read by: a linked interaction belongs to one source.</summary>
    public bool Has(KeyType type, string source) => Has(type) && (type != KeyType.Interaction || InteractionsOf(source).Any());

    /// <summary>The store's own ids of the interactions of one source that people have linked.</summary>
    public IEnumerable<string> InteractionsOf(string source) => !Has(KeyType.Interaction) ? [] : Of(KeyType.Interaction)
        .Where(value => value.StartsWith(source + "/", StringComparison.Ordinal))
        .Select(value => ResourceNames.DecodeForeign(value[(source.Length + 1)..]))
        .OfType<string>();

    /// <summary>The two sets hold the same keys of these types.</summary>
    public bool SameFor(IReadOnlySet<KeyType> types, KeySet other) => keys.SequenceEqual(other.keys)
        || keys.Where(key => types.Contains(key.Type)).SequenceEqual(other.keys.Where(key => types.Contains(key.Type)));
}
