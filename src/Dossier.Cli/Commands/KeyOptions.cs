using System.CommandLine;

namespace Dossier.Cli.Commands;

/// <summary>The options that name a key of a customer.</summary>
internal sealed class KeyOptions
{
    private readonly Option<string[]> _phone = Arg.Texts("--phone", "A telephone number: +31612345678, 0031612345678 or 0612345678", "number");
    private readonly Option<string[]> _email = Arg.Texts("--email", "An e-mail address", "address");
    private readonly Option<string[]> _customerNumber = Arg.Texts("--customer-number", "The company's own customer number", "number");
    private readonly Option<string[]> _billingAccount = Arg.Texts("--billing-account", "A billing account, as administration prints it", "number");
    private readonly Option<string[]> _social = Arg.Texts("--social", "A person on a page: facebook/voorbeeldtelecom/ID", "platform/page/id");
    private readonly Option<string[]> _interaction = Arg.Texts("--interaction", "One interaction of a store, by your word: sources/telephony/interactions/ID", "name");
    private readonly string _choices;

    /// <param name="command">Takes the options.</param>
    /// <param name="customerNumber">A customer number is a key too; not where a key is linked to one, which an interaction can be.</param>
    public KeyOptions(Command command, bool customerNumber = true)
    {
        foreach (var option in new[] { _phone, _email, _customerNumber, _billingAccount, _social, _interaction })
        {
            if (option != (customerNumber ? _interaction : _customerNumber))
            {
                command.Options.Add(option);
            }
        }
        _choices = customerNumber
            ? "--phone, --email, --customer-number, --billing-account or --social"
            : "--phone, --email, --billing-account, --social or --interaction";
    }

    /// <summary>The keys that were given; at least one.</summary>
    public IReadOnlyList<CustomerKey> ReadAll(ParseResult line)
    {
        var keys = new List<CustomerKey>();
        keys.AddRange(Given(line, _phone).Select(phone => new CustomerKey { Phone = phone }));
        keys.AddRange(Given(line, _email).Select(email => new CustomerKey { Email = email }));
        keys.AddRange(Given(line, _customerNumber).Select(number => new CustomerKey { CustomerNumber = number }));
        keys.AddRange(Given(line, _billingAccount).Select(account => new CustomerKey { BillingAccount = account }));
        keys.AddRange(Given(line, _social).Select(social => new CustomerKey { SocialId = ParseSocial(social) }));
        keys.AddRange(Given(line, _interaction).Select(name => new CustomerKey { Interaction = Names.StoredInteraction(name) }));
        return keys.Count > 0 ? keys : throw CommandException.Usage($"give a key: {_choices}");
    }

    /// <summary>The one key that was given.</summary>
    public CustomerKey ReadOne(ParseResult line) =>
        ReadAll(line) is [var only] ? only : throw CommandException.Usage($"give one key only: {_choices}");

    /// <summary>Finds the link of a key as a person types it: the service stores telephone numbers as E.164.</summary>
    public static KeyLink? Find(IEnumerable<KeyLink> links, CustomerKey key)
    {
        var matching = links.Where(link => Same(link.Key, key)).ToList();
        return matching.Count == 1 ? matching[0] : matching.Find(link => link.Key.Equals(key));
    }

    private static bool Same(CustomerKey? stored, CustomerKey typed) => (stored?.KeyCase, typed.KeyCase) switch
    {
        (CustomerKey.KeyOneofCase.Phone, CustomerKey.KeyOneofCase.Phone) => SamePhone(stored!.Phone, typed.Phone),
        (CustomerKey.KeyOneofCase.Email, CustomerKey.KeyOneofCase.Email) =>
            string.Equals(stored!.Email, typed.Email.Trim(), StringComparison.OrdinalIgnoreCase),
        (CustomerKey.KeyOneofCase.SocialId, CustomerKey.KeyOneofCase.SocialId) =>
            stored!.SocialId.Platform == typed.SocialId.Platform && stored.SocialId.Page == typed.SocialId.Page
            && stored.SocialId.Id == typed.SocialId.Id,
        _ => typed.Equals(stored),
    };

    private static bool SamePhone(string stored, string typed)
    {
        var digits = string.Concat(typed.Where(char.IsAsciiDigit));
        if (typed.TrimStart().StartsWith('+') || digits.StartsWith("00", StringComparison.Ordinal))
        {
            return stored == "+" + (typed.TrimStart().StartsWith('+') ? digits : digits[2..]);
        }
        // A national number: the country is the service's setting, so the end must do; country codes have 1-3 digits.
        var national = digits.TrimStart('0');
        return national.Length > 5 && stored.EndsWith(national, StringComparison.Ordinal) && stored.Length - national.Length is >= 2 and <= 4;
    }

    private static SocialId ParseSocial(string text)
    {
        var parts = text.Split('/', 3);
        return parts.Length == 3 && parts.All(part => part.Length > 0)
            ? new SocialId { Platform = parts[0], Page = parts[1], Id = parts[2] }
            : throw CommandException.Usage($"--social {text}: write it as platform/page/id, for example facebook/voorbeeldtelecom/ID");
    }

    private static string[] Given(ParseResult line, Option<string[]> option) => line.GetValue(option) ?? [];
}
