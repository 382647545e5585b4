using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Dossier;

/// <summary>Checks that many requests share. Pure.</summary>
public static class Requests
{
    public const int DefaultPageSize = 50;
    public const int LargestPageSize = 200;

    /// <summary>How many values a filter takes.</summary>
    public const int MostInFilter = 20;

    /// <summary>50 for 0, 200 for more; negative is a violation.</summary>
    public static int PageSize(int asked, Violations violations)
    {
        if (asked < 0)
        {
            violations.Add("page_size", "must not be negative; 0 means 50, at most 200");
            return DefaultPageSize;
        }

        return asked == 0 ? DefaultPageSize : Math.Min(asked, LargestPageSize);
    }

    /// <summary>How many elements of a list are looked at: as many as it may have, and one that has more is a violation.</summary>
    public static int AtMost(int most, int count, string field, Violations violations)
    {
        if (count > most)
        {
            violations.Add(field, $"must be at most {most}, not {count}");
        }

        return Math.Min(most, count);
    }

    /// <summary>The values of a filter: at most 20, and each one that the contract has.</summary>
    public static void Known<T>(IReadOnlyList<T> values, string field, string what, Violations violations)
        where T : struct, System.Enum
    {
        for (int index = 0, most = AtMost(MostInFilter, values.Count, field, violations); index < most; index++)
        {
            if (EqualityComparer<T>.Default.Equals(values[index], default) || !System.Enum.IsDefined(values[index]))
            {
                violations.Add($"{field}[{index}]", $"is not {what}");
            }
        }
    }

    /// <summary>The systems of a filter, at most 20.</summary>
    public static void Systems(IReadOnlyList<string> names, string field, Violations violations)
    {
        for (int index = 0, most = AtMost(MostInFilter, names.Count, field, violations); index < most; index++)
        {
            if (!ResourceNames.TrySystem(names[index], out _))
            {
                violations.Add($"{field}[{index}]", ResourceNames.SystemRule);
            }
        }
    }

    /// <summary>The message without what this service does not know in it: what a caller of a later contract may send is neither checked nor bounded.</summary>
    public static T Understood<T>(this T message)
        where T : IMessage<T>, new() =>
        new MessageParser<T>(() => new T()).WithDiscardUnknownFields(true).ParseFrom(message.ToByteString());

    /// <summary>The request id in lower case.</summary>
    public static string RequestId(string asked, Violations violations)
    {
        // The parser would forgive blanks around it.
        if (asked.Length == 36 && Guid.TryParseExact(asked, "D", out var id))
        {
            return id.ToString("D");
        }

        violations.Add("request_id", asked.Length == 0 ? "is required: a UUID, kept when the call is repeated" : "must be a UUID (8-4-4-4-12 hexadecimal digits)");
        return "";
    }

    /// <summary>The customer number; empty if the name is none.</summary>
    public static string Customer(string name, string field, Violations violations)
    {
        if (ResourceNames.TryCustomer(name, out var customer))
        {
            return customer;
        }

        violations.Add(field, ResourceNames.CustomerRule);
        return "";
    }

    public static DateTimeOffset? Moment(Timestamp? time, string field, Violations violations)
    {
        if (time is null)
        {
            return null;
        }

        // Timestamp's own conversion throws outside 0001-9999 or with bad nanos.
        if (time.Seconds is < -62135596800 or > 253402300799 || time.Nanos is < 0 or > 999_999_999)
        {
            violations.Add(field, "must be a moment between the years 1 and 9999 with nanos 0-999999999");
            return null;
        }

        return time.ToDateTimeOffset();
    }

    public static void Sequence(long asked, Violations violations)
    {
        if (asked < 0)
        {
            violations.Add("min_registry_sequence", "must not be negative");
        }
    }

    public static void Slug(string text, string field, bool required, Violations violations)
    {
        if (text.Length == 0 ? required : !ResourceNames.IsSlug(text))
        {
            violations.Add(field, "must be 1-32 of [a-z0-9-]");
        }
    }

    public static void Text(string text, string field, int least, int most, Violations violations)
    {
        if (text.Length < least || text.Length > most)
        {
            violations.Add(field, $"must be {least}-{most} characters, not {text.Length}");
        }
        else if (text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')))
        {
            violations.Add(field, "must not hold control characters");
        }
    }

    /// <summary>A copy without its request_id: what the fingerprint is taken over.</summary>
    public static T Without<T>(this T request, Action<T> clear)
        where T : IDeepCloneable<T>
    {
        var copy = request.Clone();
        clear(copy);
        return copy;
    }
}
