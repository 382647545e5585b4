using BenchmarkDotNet.Attributes;
using Dossier.Agreements;
using Dossier.Dossiers;
using Dossier.Guard;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;

namespace Dossier.Bench.Micro;

/// <summary>A page of 20 out of three stores that gave 21 each.</summary>
public class Merging
{
    private readonly StoreFeed[] feeds = [.. new[] { "administration", "telephony", "webcare" }.Select((name, store) => new StoreFeed(
        name,
        [.. Enumerable.Range(0, 21).Select(index => new FoundInteraction(
            new Interaction { OccurTime = new Timestamp { Seconds = 1_790_000_000 - (index * 3_600) - store } }, $"{index}", index, null, RelatedInteraction.Types.Relation.Unspecified))],
        HasMore: true))];

    [Benchmark]
    public int Page() => Merge.Interactions(feeds).Take(20).Count();
}

/// <summary>A cell of the decision table, and a verdict by two agreements.</summary>
public class Judging
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");
    private static readonly DateTimeOffset Now = new(2026, 10, 9, 9, 0, 0, TimeSpan.FromHours(2));
    private readonly Agreement[] agreements =
    [
        Of(new Effect { DunningBlock = new DunningBlock { Until = new Google.Type.Date { Year = 2026, Month = 12, Day = 31 } } }, "202609-1000077"),
        Of(new Effect { CreditInvoice = new CreditInvoice() }, "202608-1000077"),
    ];

    private readonly PlannedAction reminder = new()
    {
        Customer = "customers/1000077",
        Action = ActionKind.SendDunningNotice,
        Stage = DunningStage.Reminder,
        Channel = "letter",
        Subjects =
        {
            new ActionSubject
            {
                Type = SubjectType.Invoice,
                Id = "202609-1000077",
                Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = "BA-1000077" } },
                Amount = new Google.Type.Money { CurrencyCode = "EUR", Units = 27, Nanos = 500_000_000 },
            },
        },
    };

    [Benchmark]
    public Rule Cell() => DecisionTable.Of(EffectKind.DunningBlock, ActionKind.SendDunningNotice);

    [Benchmark]
    public Verdict Verdict() => Judgement.Judge(reminder, agreements, Now, Zone).Verdict;

    private static Agreement Of(Effect effect, string invoice)
    {
        effect.Subjects.Add(new Subject { Type = SubjectType.Invoice, Id = invoice, Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = "BA-1000077" } } });
        var made = Timestamp.FromDateTimeOffset(Now.AddDays(-20));
        return new Agreement
        {
            Name = ResourceNames.Agreement("1000077", Guid.CreateVersion7(Now).ToString("D")), State = AgreementState.Active, Revision = 1, BindingRevision = 1, EffectiveTime = made,
            CreateTime = made, UpdateTime = made, Origin = new Origin { System = "systems/webcare", Agent = "daan", Channel = "facebook" }, Effects = { effect },
        };
    }
}

/// <summary>21 interactions out of SQLite: by the row contract, and by hand into the same message. SQLite's own work is in both.</summary>
public class Rows : IDisposable
{
    private const string Query =
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 21)
        SELECT 'cnv-' || i AS id, '2026-09-01T08:00:00Z' AS occur_time, '2026-09-01T09:35:00Z' AS end_time, 'facebook' AS channel, 'INBOUND' AS direction, 0 AS public,
            'Dubbele factuur' AS subject, 'Uitgezocht en uitgelegd.' AS summary, 'Daan' AS agent
        FROM n
        """;

    private readonly SqliteConnection connection = new("Data Source=:memory:");
    private readonly BlockContract contract = RowContracts.All["interactions"];
    private SqliteCommand command = null!;

    [GlobalSetup]
    public void Open()
    {
        connection.Open();
        command = connection.CreateCommand();
        command.CommandText = Query;
        command.Prepare();
    }

    [Benchmark]
    public int ByContract()
    {
        using var reader = command.ExecuteReader();
        var facts = new SourceFacts("webcare");
        var row = new Row(reader, contract.Ordinals(reader), contract);
        while (reader.Read())
        {
            contract.Read(row, facts);
        }

        return facts.Interactions.Count;
    }

    [Benchmark(Baseline = true)]
    public int ByHand()
    {
        using var reader = command.ExecuteReader();
        var found = new List<Interaction>();
        while (reader.Read())
        {
            found.Add(new Interaction
            {
                Name = reader.GetString(0),
                OccurTime = Timestamp.FromDateTimeOffset(DateTimeOffset.Parse(reader.GetString(1))),
                EndTime = Timestamp.FromDateTimeOffset(DateTimeOffset.Parse(reader.GetString(2))),
                Channel = reader.GetString(3),
                Direction = reader.GetString(4) == "INBOUND" ? Direction.Inbound : Direction.Outbound,
                Public = reader.GetInt64(5) != 0,
                Subject = reader.GetString(6),
                Summary = reader.GetString(7),
                Agent = reader.GetString(8),
            });
        }

        return found.Count;
    }

    public void Dispose()
    {
        connection.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>What every message of a watch carries.</summary>
public class Tokens
{
    private readonly byte[] key = [.. Enumerable.Range(0, 32).Select(value => (byte)value)];
    private readonly string epoch = "0a1b2c3d-0000-7000-8000-000000000001";
    private string token = "";

    [GlobalSetup]
    public void Make() => token = Encode();

    [Benchmark]
    public string Encode() => new ResumeToken(123_456, epoch, "customers/-").Encode(key);

    [Benchmark]
    public long Decode() => ResumeToken.Decode(token, epoch, "customers/-", key);
}
