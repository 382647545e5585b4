using System.Data.Common;
using Dossier.Database;
using Dossier.Registry;
using Dossier.V1;
using Google.Type;
using Grpc.Core;

namespace Dossier.Bench.Floors;

/// <summary>
/// Floor 2: the least that the same answer costs over the same gRPC. ADO.NET by hand: the service's own SQL, connections and statements
/// that stay prepared, each column read in its type and place, straight into the messages. No lanes, deadlines, breakers, contracts of
/// rows, keys told anew, access records, scopes or telemetry: what is wrong with a store ends the call.
/// </summary>
internal abstract class HandWritten : DossierService.DossierServiceBase
{
    private static readonly int Before = "customers/".Length;
    private static readonly int After = "/dossier".Length;

    public override async Task<GetDossierResponse> GetDossier(GetDossierRequest request, ServerCallContext context)
    {
        var facts = new Facts(request.Name[Before..^After]);
        await ReadAsync(facts);
        return facts.ToAnswer(TimeProvider.System.GetUtcNow());
    }

    protected abstract Task ReadAsync(Facts facts);

    /// <summary>One of the service's own statements.</summary>
    protected static string Text(string file, string block) => SqlText.Blocks(SqlText.Read(file), file)[block];

    protected abstract Google.Protobuf.WellKnownTypes.Timestamp Time(DbDataReader reader, int column);

    protected abstract Date Day(DbDataReader reader, int column);

    protected abstract Money Euros(DbDataReader reader, int column);

    protected abstract bool Flag(DbDataReader reader, int column);

    protected abstract IEnumerable<string> List(DbDataReader reader, int column);

    protected abstract Moment Micros(DbDataReader reader, int column);

    protected void Links(DbDataReader reader, Facts facts)
    {
        while (reader.Read())
        {
            facts.Links.Add(new KeyLinkRow
            {
                Customer = reader.GetString(0),
                KeyType = reader.GetInt64(1),
                KeyValue = reader.GetString(2),
                Handle = reader.IsDBNull(3) ? null : reader.GetString(3),
                State = reader.GetInt64(4),
                Origin = reader.GetString(5),
                Agent = reader.GetString(6),
                LinkTime = Micros(reader, 7),
                Revision = reader.GetInt64(8),
                ToldShared = Flag(reader, 9),
                Shared = Flag(reader, 10),
            });
        }
    }

    protected static void Agreements(DbDataReader reader, Facts facts)
    {
        while (reader.Read())
        {
            facts.Agreements.Add(new AgreementRow
            {
                Customer = reader.GetString(0),
                Id = reader.GetString(1),
                Content = reader.GetFieldValue<byte[]>(2),
                FreeText = reader.IsDBNull(3) ? null : reader.GetString(3),
            });
        }
    }

    protected void Acknowledgements(DbDataReader reader, Facts facts)
    {
        while (reader.Read())
        {
            facts.Acknowledgements.Add(new AcknowledgementRow
            {
                Customer = reader.GetString(0),
                Id = reader.GetString(1),
                BindingRevision = reader.GetInt64(2),
                System = reader.GetString(3),
                DueTime = Micros(reader, 4),
                Outcome = reader.GetInt64(5),
                OutcomeTime = reader.IsDBNull(6) ? null : Micros(reader, 6),
                EvidenceId = reader.IsDBNull(7) ? null : reader.GetString(7),
                Reason = reader.IsDBNull(8) ? null : reader.GetString(8),
            });
        }
    }

    protected static void Actions(DbDataReader reader, Facts facts)
    {
        while (reader.Read())
        {
            facts.Actions.Add(new ActionRow
            {
                Customer = reader.GetString(0), Id = reader.GetString(1), State = reader.GetInt64(2), Sequence = reader.GetInt64(3), Content = reader.GetFieldValue<byte[]>(4),
            });
        }
    }

    protected void Who(DbDataReader reader, Facts facts)
    {
        if (reader.Read())
        {
            facts.Who = new Customer
            {
                DisplayName = reader.GetString(0),
                Kind = reader.GetString(1) == "BUSINESS" ? CustomerKind.Business : CustomerKind.Consumer,
                Place = OrEmpty(reader, 2),
                Confidential = Flag(reader, 3),
            };
            if (!reader.IsDBNull(4))
            {
                facts.Who.Representative = new Representative
                {
                    Kind = reader.GetString(4) switch
                    {
                        "ADMINISTRATOR" => Representative.Types.Kind.Administrator,
                        "GUARDIAN" => Representative.Types.Kind.Guardian,
                        "HEIR" => Representative.Types.Kind.Heir,
                        _ => Representative.Types.Kind.Authorised,
                    },
                    DisplayName = OrEmpty(reader, 5),
                };
            }
        }
    }

    protected static void ContactPersons(DbDataReader reader, Facts facts)
    {
        while (reader.Read())
        {
            facts.Who.ContactPersons.Add(new ContactPerson { DisplayName = reader.GetString(0), Role = OrEmpty(reader, 1) });
        }
    }

    /// <param name="reader">The rows.</param>
    /// <param name="customer">Whose.</param>
    /// <param name="source">The store's name.</param>
    /// <param name="ends">Its interactions have an end, which stands in the third column.</param>
    /// <param name="found">Where they go.</param>
    protected void Interactions(DbDataReader reader, string customer, string source, bool ends, List<Interaction> found)
    {
        var (name, from) = (ResourceNames.Source(source), ends ? 3 : 2);
        while (reader.Read())
        {
            var channel = reader.GetString(from + 1);
            var interaction = new Interaction
            {
                Name = ResourceNames.Interaction(customer, source, reader.GetString(0)),
                OccurTime = Time(reader, 1),
                EndTime = ends && !reader.IsDBNull(2) ? Time(reader, 2) : null,
                RecordTime = Time(reader, from),
                Channel = channel,
                ChannelKind = Sources.Channels.KindOf(channel),
                Direction = reader.GetString(from + 2) == "INBOUND" ? Direction.Inbound : Direction.Outbound,
                Public = Flag(reader, from + 3),
                Subject = OrEmpty(reader, from + 4),
                Summary = OrEmpty(reader, from + 5),
                Agent = OrEmpty(reader, from + 6),
                Team = OrEmpty(reader, from + 7),
                Participant = OrEmpty(reader, from + 8),
                Source = name,
            };
            if (!reader.IsDBNull(from + 9))
            {
                interaction.Related.Add(new RelatedInteraction
                {
                    Interaction = ResourceNames.Interaction(customer, source, reader.GetString(from + 9)),
                    Relation = reader.GetString(from + 10) switch
                    {
                        "PRECEDES" => RelatedInteraction.Types.Relation.Precedes,
                        "HANDOVER" => RelatedInteraction.Types.Relation.Handover,
                        _ => RelatedInteraction.Types.Relation.Answers,
                    },
                });
            }

            found.Add(interaction);
        }
    }

    protected void Invoices(DbDataReader reader, Facts facts)
    {
        while (reader.Read())
        {
            facts.Invoices.Add(new Invoice
            {
                Number = reader.GetString(0),
                Type = reader.GetString(1) == "CREDIT_NOTE" ? Invoice.Types.Type.CreditNote : Invoice.Types.Type.Invoice,
                Corrects = OrEmpty(reader, 2),
                InvoiceDate = Day(reader, 3),
                DueDate = reader.IsDBNull(4) ? null : Day(reader, 4),
                PeriodStart = reader.IsDBNull(5) ? null : Day(reader, 5),
                PeriodEnd = reader.IsDBNull(6) ? null : Day(reader, 6),
                Total = Euros(reader, 7),
                OpenAmount = Euros(reader, 8),
                BillingAccount = OrEmpty(reader, 10),
                Source = "sources/administration",
            });
        }
    }

    /// <summary>Lines come in the order of their invoices.</summary>
    protected void Lines(DbDataReader reader, Facts facts)
    {
        for (var at = 0; reader.Read();)
        {
            var number = reader.GetString(0);
            while (facts.Invoices[at].Number != number)
            {
                at++;
            }

            facts.Invoices[at].Lines.Add(new InvoiceLine
            {
                Id = reader.GetString(1),
                Description = OrEmpty(reader, 2),
                Amount = Euros(reader, 3),
                Vat = Euros(reader, 4),
                PeriodStart = reader.IsDBNull(6) ? null : Day(reader, 6),
                PeriodEnd = reader.IsDBNull(7) ? null : Day(reader, 7),
                Product = OrEmpty(reader, 8),
                Recurring = Flag(reader, 9),
            });
        }
    }

    protected void Notices(DbDataReader reader, Facts facts)
    {
        while (reader.Read())
        {
            facts.Notices.Add(new DunningNotice
            {
                Id = reader.GetString(0),
                Stage = reader.GetString(1) switch { "REMINDER" => DunningStage.Reminder, "DEMAND" => DunningStage.Demand, _ => DunningStage.FinalNotice },
                IssueDate = Day(reader, 2),
                DeliverDate = reader.IsDBNull(3) ? null : Day(reader, 3),
                DeliveryChannel = OrEmpty(reader, 4),
                Invoices = { List(reader, 5) },
                Amount = Euros(reader, 6),
                Fee = Euros(reader, 7),
                Source = "sources/administration",
            });
        }
    }

    private static string OrEmpty(DbDataReader reader, int column) => reader.IsDBNull(column) ? "" : reader.GetString(column);
}
