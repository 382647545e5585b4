using System.Data;
using System.Data.Common;
using System.Text.Json;
using Dapper;
using Dossier.Database;
using Dossier.V1;

namespace Dossier.Sources;

/// <summary>
/// The parameters of the blocks of one command, in the vendor's types and the spellings and column types that the source
/// declares, so that its indexes are used.
/// </summary>
internal sealed class SourceParameters(
    Vendor vendor, SourceOptions options, string source, string defaultCountry, SourceQuery query, IEnumerable<string> names) : SqlMapper.IDynamicParameters
{
    /// <summary>The command that runs; set before it does, so that it can be ended from elsewhere.</summary>
    public DbCommand? Command { get; private set; }

    public void AddParameters(IDbCommand command, SqlMapper.Identity identity) => AddTo((DbCommand)command);

    public void AddTo(DbCommand command)
    {
        Command = command;
        foreach (var name in names)
        {
            vendor.AddParameter(command, name, Value(name));
        }
    }

    private SqlValue Value(string name) => name switch
    {
        "customer_number" => Typed(query.Customer ?? query.Keys.Of(KeyType.CustomerNumber).FirstOrDefault(), "customer_number"),
        "billing_accounts" => Typed(query.Keys.Of(KeyType.BillingAccount).ToList(), "billing_account"),
        "emails" => Typed(query.Keys.Of(KeyType.Email).ToList(), "email"),
        "phones" => Typed(query.Keys.Of(KeyType.Phone).SelectMany(Spellings).Select(AsColumn).Distinct(StringComparer.Ordinal).ToList(), "phone"),
        "interaction_ids" => Typed(query.Keys.InteractionsOf(source).ToList(), "interaction"),
        "subject_ids" => Typed(query.SubjectIds.ToList(), "subject"),
        "interaction_id" => Typed(query.InteractionId, "interaction"),
        "before_id" => Typed(query.After?.Id, "interaction"),
        "before_time" => new SqlValue(query.After?.Time),
        "social_ids" => new SqlValue(SocialIds(query.Keys)),
        "section_limit" => new SqlValue(ChannelStore.SectionLimit + 1),
        _ => new SqlValue(query.Limit),
    };

    private SqlValue Typed(object? value, string keyType) => new(value, options.KeyTypes.GetValueOrDefault(keyType));

    // A number has no leading zeros, so a national telephone number is kept without them there.
    private string AsColumn(string phone) => KeyColumns.IsNumber(options.KeyTypes.GetValueOrDefault("phone")) ? phone.TrimStart('0') : phone;

    private IEnumerable<string> Spellings(string e164) =>
        options.KeySpellings.TryGetValue("phone", out var spellings) && spellings.Count > 0
            ? spellings.Select(spelling => Keys.Spell(e164, spelling, defaultCountry))
            : [e164];

    private static string SocialIds(KeySet keys) => JsonSerializer.Serialize(keys.Of(KeyType.SocialId).Select(value =>
    {
        var social = Keys.Decode(KeyType.SocialId, value).SocialId;
        return new { platform = social.Platform, page = social.Page, id = social.Id };
    }));
}
