using Dossier.Cli;
using Dossier.Cli.Printing;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;
using Date = Google.Type.Date;

namespace Dossier.Cli.Tests;

/// <summary>What a person reads: the facts, in words, and never what a customer's text would do to the terminal.</summary>
public sealed class CliPageTests
{
    private static readonly Timestamp Agreed = Timestamp.FromDateTime(new DateTime(2026, 10, 7, 18, 38, 0, DateTimeKind.Utc));

    [Theory]
    [InlineData("plain é 🤔 çelik", "plain é 🤔 çelik")]
    [InlineData("\u001b[31mred\u001b[0m", "[31mred[0m")]
    [InlineData("\u001b]0;title\u0007x", "]0;titlex")]
    [InlineData("\u009b31mred", "31mred")]
    [InlineData("one\r\ntwo\tthree\u2028four", "one two three four")]
    [InlineData("invoice \u202e0057 paid", "invoice 0057 paid")]
    [InlineData("\u2066x\u2069\u200f\ufeff", "x")]
    [InlineData("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧")]
    [InlineData("a\b\b\bb\u007f", "ab")]
    [InlineData(null, "")]
    public void Text_of_customers_cannot_steer_the_terminal(string? text, string expected) => Assert.Equal(expected, Plain.Line(text));

    [Fact]
    public void Half_a_character_becomes_a_question_mark() =>
        Assert.Equal("a\ufffdb", Plain.Line(string.Concat("a", (char)0xD800, "b")));

    [Fact]
    public void Text_that_looks_like_markup_is_printed_as_it_is()
    {
        var dossier = Story();
        dossier.Interactions[0].Summary = "[red]x[/] [link=http://example.org]y[/] [[ \u001b[2J [unknown]";
        dossier.Customer.DisplayName = "[bold]Eve[/]";
        dossier.Interactions[0].Messages[0].Text = "[/] niet\r\nbetalen";
        var page = Print(screen => new DossierPage(screen).Print(dossier));
        Assert.Contains("[red]x[/] [link=http://example.org]y[/] [[ [2J [unknown]", page, StringComparison.Ordinal);
        Assert.Contains("[bold]Eve[/]", page, StringComparison.Ordinal);
        Assert.Contains("[/] niet betalen", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', page);
    }

    [Fact]
    public void A_dossier_shows_who_what_matters_and_every_fact()
    {
        var page = Print(screen => new DossierPage(screen).Print(Story()));
        foreach (var expected in new[]
        {
            "Customer 1043, Youssef El Amrani, consumer, Rotterdam",
            "As of Fri 9 Oct 2026 09:00:00",
            "binding agreement  Agreed on Facebook",
            "202609-004388", "EUR 27.50", "Mon 7 Sep 2026", "BA-001043",
            "Wed 7 Oct 2026 20:05", "facebook (public)", "1043/webcare/cnv-000289",
            "7 Oct 20:38  Daan (company)", "hoef je niet te betalen",
            "ACTIVE", "invoice 202609-004388 (of billing account BA-001043, EUR 27.50): credit: the customer owes nothing of it",
            "“U hoeft factuur 202609-004388 niet te betalen.”",
            "webcare, daan, over facebook, in 1043/webcare/cnv-000289",
            "administration: nothing yet, due Fri 9 Oct 2026 20:38",
            "phone +31600001043", "invoices 1", "TIMED_OUT",
        })
        {
            Assert.Contains(expected, page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_page_in_a_file_has_no_blanks_at_line_ends_and_breaks_no_name()
    {
        var dossier = Story();
        var name = "customers/1043/sources/webcare/interactions/" + new string('x', 64);
        dossier.Interactions[0].Name = name;
        dossier.Interactions[0].Summary = string.Join(' ', Enumerable.Repeat("woord", 200));
        var page = Print(screen => new DossierPage(screen).Print(dossier));
        Assert.All(page.Split(Environment.NewLine), line => Assert.Equal(line.TrimEnd(), line));
        Assert.Contains(Names.Short(name), page, StringComparison.Ordinal);
        Assert.DoesNotContain("…", page, StringComparison.Ordinal);
    }

    [Fact]
    public void No_agreements_is_said_only_if_the_registry_was_read()
    {
        var dossier = new V1.Dossier
        {
            Name = "customers/1/dossier",
            Sources = { new SourceStatus { Source = "sources/registry", State = SourceState.Unreachable } },
        };
        Assert.DoesNotContain("None.", Print(screen => new DossierPage(screen).Print(dossier)), StringComparison.Ordinal);
        dossier.Sources[0].State = SourceState.Ok;
        dossier.Sources[0].Sections.Add(new SectionStatus { Section = Section.Agreements, State = SourceState.Ok });
        Assert.Contains("None.", Print(screen => new DossierPage(screen).Print(dossier)), StringComparison.Ordinal);
        dossier.Sources[0].Sections[0].ItemCount = 1;
        Assert.DoesNotContain("None.", Print(screen => new DossierPage(screen).Print(dossier)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_dossier_can_be_printed()
    {
        var dossier = new V1.Dossier();
        Assert.StartsWith("Customer ?", Print(screen => new DossierPage(screen).Print(dossier)), StringComparison.Ordinal);
        dossier.Sources.Add(new SourceStatus { Sections = { new SectionStatus { Section = Section.Customer, State = SourceState.TimedOut } } });
        Assert.Contains("No source told who this is.", Print(screen => new DossierPage(screen).Print(dossier)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_decision_says_what_to_do_and_what_the_customer_was_told()
    {
        var decision = new Decision { Verdict = Verdict.Block };
        var reason = new DecisionReason
        {
            Resource = "customers/1043/agreements/0199",
            Code = DecisionReason.Types.Code.EffectBlocks,
            Effect = EffectKind.CreditInvoice,
            Verdict = Verdict.Block,
            Wording = { new LocalizedText { Language = "nl", Text = "U hoeft niet te betalen." } },
        };
        decision.Reasons.Add(reason);
        decision.Subjects.Add(new SubjectDecision
        {
            Subject = new SubjectRef { Type = SubjectType.Invoice, Id = "202609-004388" },
            Verdict = Verdict.Block,
            Reasons = { reason },
        });
        var page = Print(screen => new DecisionPage(screen).Print(decision));
        Assert.StartsWith("BLOCK: do not do it.", page, StringComparison.Ordinal);
        Assert.Contains("Because: credit invoice forbids it (1043/0199)", page, StringComparison.Ordinal);
        Assert.Contains("The customer was told (nl): “U hoeft niet te betalen.”", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_decision_over_several_subjects_tells_of_each()
    {
        var decision = new Decision
        {
            Verdict = Verdict.Reduce,
            AllowedAmount = Amounts.Of(27.50m),
            Subjects =
            {
                new SubjectDecision { Subject = new SubjectRef { Type = SubjectType.Invoice, Id = "N1" }, Verdict = Verdict.Allow },
                new SubjectDecision
                {
                    Subject = new SubjectRef { Type = SubjectType.Invoice, Id = "N2" }, Verdict = Verdict.Reduce, AllowedAmount = Amounts.Of(7.50m),
                    Reasons = { new DecisionReason { Code = DecisionReason.Types.Code.EffectReduces, Effect = EffectKind.WaiveFee } },
                },
            },
        };
        var page = Print(screen => new DecisionPage(screen).Print(decision));
        Assert.Contains("invoice N1   ALLOW     all", page, StringComparison.Ordinal);
        Assert.Contains("invoice N2   REDUCE    EUR 7.50       waive fee lowers the amount", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reduction_names_the_amount_that_may_be_asked()
    {
        var decision = new Decision { Verdict = Verdict.Reduce, AllowedAmount = Amounts.Of(27.50m) };
        Assert.Equal("REDUCE: ask for EUR 27.50, not more.", DecisionPage.Headline(decision));
    }

    [Fact]
    public void A_verdict_that_this_program_does_not_know_is_UNKNOWN()
    {
        Assert.StartsWith("UNKNOWN", DecisionPage.Headline(new Decision { Verdict = (Verdict)99 }), StringComparison.Ordinal);
        Assert.StartsWith("UNKNOWN", DecisionPage.Headline(new Decision()), StringComparison.Ordinal);
        Assert.StartsWith("UNKNOWN", DecisionPage.Headline(null), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_kind_of_effect_is_said_in_words()
    {
        var day = new Date { Year = 2026, Month = 11, Day = 1 };
        var money = Amounts.Of(10m);
        Assert.Equal("credit of EUR 10.00 (goodwill)", Said(new Effect
        {
            CreditAmount = new CreditAmount { Amount = money, Ground = CreditAmount.Types.Ground.Goodwill },
        }));
        Assert.Equal("payment deferred until Sun 1 Nov 2026", Said(new Effect { DeferPayment = new DeferPayment { Until = day } }));
        Assert.Equal("no dunning until Sun 1 Nov 2026 (debt assistance)", Said(new Effect
        {
            DunningBlock = new DunningBlock { Until = day, Reason = DunningBlock.Types.Reason.DebtAssistance },
        }));
        Assert.Equal("paid in parts: EUR 10.00 by Sun 1 Nov 2026", Said(new Effect
        {
            InstalmentPlan = new InstalmentPlan { Instalments = { new InstalmentPlan.Types.Instalment { DueDate = day, Amount = money } } },
        }));
        Assert.Equal("fee of EUR 10.00 waived", Said(new Effect { WaiveFee = new WaiveFee { Amount = money } }));
        Assert.Equal("refund of EUR 10.00", Said(new Effect { Refund = new Refund { Amount = money } }));
        Assert.Equal("no contact by email for marketing", Said(new Effect
        {
            ContactStop = new ContactStop { Channel = "email", Purpose = ContactPurpose.Marketing },
        }));
        Assert.Equal("service not suspended", Said(new Effect { SuspensionBlock = new SuspensionBlock() }));
        Assert.Equal("remark: hello", Said(new Effect { Remark = new Remark { Text = "hello" } }));
        Assert.Contains("does not know", Said(new Effect()), StringComparison.Ordinal);

        static string Said(Effect effect) => AgreementPage.Effect(effect);
    }

    [Fact]
    public void Candidates_are_told_apart_and_nobody_is_opened()
    {
        var answer = new LookUpDossierResponse
        {
            Candidates =
            {
                new Candidate
                {
                    Customer = "customers/1045", Grade = MatchGrade.Possible, DisplayName = "Anja IJzerman", Place = "Hilversum",
                    MatchedKeys = { new CustomerKey { Phone = "+31350001045" } },
                },
                new Candidate { Grade = MatchGrade.Probable, DisplayName = "Pieter" },
            },
        };
        var page = Print(screen => CandidatePage.Print(screen, answer));
        Assert.Contains("Anja IJzerman", page, StringComparison.Ordinal);
        Assert.Contains("(no customer number)", page, StringComparison.Ordinal);
        Assert.Contains("Nobody is certain enough", page, StringComparison.Ordinal);
        Assert.Contains("Nobody was found.", Print(screen => CandidatePage.Print(screen, new LookUpDossierResponse())), StringComparison.Ordinal);
    }

    [Fact]
    public void Words_of_the_contract_are_typed_and_printed()
    {
        Assert.Equal("send-dunning-notice", Words.Of(ActionKind.SendDunningNotice));
        Assert.Equal("TIMED_OUT", Words.Code(SourceState.TimedOut));
        Assert.Equal(ActionKind.ReferToCollectionAgency, Words.Parse<ActionKind>("REFER_TO_COLLECTION_AGENCY", "--action"));
        Assert.Throws<CommandException>(() => Words.Parse<ActionKind>("unspecified", "--action"));
        Assert.Throws<CommandException>(() => Words.Parse<ActionKind>("1", "--action"));
    }

    private static string Print(Action<Screen> print)
    {
        using var output = new StringWriter();
        print(new Screen(output));
        return output.ToString();
    }

    private static V1.Dossier Story() => new()
    {
        Name = "customers/1043/dossier",
        AssembleTime = Timestamp.FromDateTime(new DateTime(2026, 10, 9, 7, 0, 0, DateTimeKind.Utc)),
        Customer = new Customer
        {
            Name = "customers/1043",
            DisplayName = "Youssef El Amrani",
            Kind = CustomerKind.Consumer,
            Place = "Rotterdam",
            Keys = { new KeyLink { Key = new CustomerKey { Phone = "+31600001043" }, State = KeyLink.Types.State.Linked, Origin = "sources/administration" } },
        },
        Attention = { new AttentionLine { Kind = AttentionLine.Types.Kind.BindingAgreement, Text = "Agreed on Facebook" } },
        Agreements = { Agreement() },
        Invoices =
        {
            new Invoice
            {
                Number = "202609-004388", Type = Invoice.Types.Type.Invoice, BillingAccount = "BA-001043",
                InvoiceDate = new Date { Year = 2026, Month = 9, Day = 7 }, DueDate = new Date { Year = 2026, Month = 9, Day = 21 },
                Total = Amounts.Of(27.50m), OpenAmount = Amounts.Of(27.50m), Lines = { new InvoiceLine { Description = "Sim Only 20 GB" } },
            },
        },
        Interactions =
        {
            new Interaction
            {
                Name = "customers/1043/sources/webcare/interactions/cnv-000289", Channel = "facebook", Public = true, Direction = Direction.Inbound,
                OccurTime = Timestamp.FromDateTime(new DateTime(2026, 10, 7, 18, 5, 0, DateTimeKind.Utc)), Subject = "Dubbele factuur september",
                Agent = "Daan", Team = "webcare",
                Messages =
                {
                    new InteractionMessage
                    {
                        Author = InteractionMessage.Types.Author.Company, AuthorName = "Daan", OccurTime = Agreed,
                        Text = "De tweede factuur hoef je niet te betalen. 🤔",
                    },
                },
            },
        },
        Sources =
        {
            new SourceStatus
            {
                Source = "sources/administration", State = SourceState.Ok,
                Sections = { new SectionStatus { Section = Section.Invoices, State = SourceState.Ok, ItemCount = 1 } },
            },
            new SourceStatus { Source = "sources/telephony", State = SourceState.TimedOut },
        },
    };

    private static Agreement Agreement() => new()
    {
        Name = "customers/1043/agreements/0199",
        State = AgreementState.Active,
        Origin = new Origin
        {
            System = "systems/webcare", Agent = "daan", Channel = "facebook",
            Interaction = "customers/1043/sources/webcare/interactions/cnv-000289",
        },
        Effects =
        {
            new Effect
            {
                CreditInvoice = new CreditInvoice(),
                Subjects =
                {
                    new Subject
                    {
                        Type = SubjectType.Invoice, Id = "202609-004388", Amount = Amounts.Of(27.50m),
                        Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = "BA-001043" } },
                    },
                },
            },
        },
        CustomerWording = { new LocalizedText { Language = "nl", Text = "U hoeft factuur 202609-004388 niet te betalen." } },
        EffectiveTime = Agreed,
        Acknowledgements = { new Acknowledgement { System = "systems/administration", DueTime = Agreed + Duration.FromTimeSpan(TimeSpan.FromDays(2)) } },
        SyncState = SyncState.Pending,
        Revision = 1,
        Etag = "e1",
    };
}
