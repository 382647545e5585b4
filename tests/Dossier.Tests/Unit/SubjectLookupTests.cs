using Dossier.Agreements;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dossier.Tests.UnitTests;

/// <summary>What becomes of an agreement's subjects once they were looked up, and how an agreement lies in the registry.</summary>
public sealed class SubjectLookupTests
{
    private static (Subject Subject, DossierException Refusal) Apply(Subject asked, bool complete, bool? known, params FoundSubject[] found)
    {
        var violations = new Violations();
        var agreement = new Agreement { Effects = { Given.Effect(EffectKind.DunningBlock, asked) } };
        SubjectLookup.Apply(agreement, Given.Customer, new SubjectFacts(found.ToLookup(subject => subject.Id, StringComparer.Ordinal), complete, known), violations);
        return (agreement.Effects[0].Subjects[0], violations.ToException());
    }

    private static FoundSubject Found(SubjectType type, string id, string customer = Given.Customer) => new(type, id, customer, "I1", "A1", Given.Euro(27.50m));

    private static Subject Asked(SubjectType type = SubjectType.Invoice, string id = "I1") => new()
    {
        Type = type,
        Id = id,
        Parents = { Given.Ref(SubjectType.BillingAccount, "told-by-the-caller") },
        Amount = Given.Euro(1),
        Verification = Verification.Verified,
    };

    [Fact]
    public void A_subject_that_is_found_gets_its_parents_and_its_amount_from_its_source()
    {
        var (invoice, refusal) = Apply(Asked(), complete: true, known: true, Found(SubjectType.Invoice, "I1"));
        Assert.Empty(refusal.Fields);
        Assert.Equal(Verification.Verified, invoice.Verification);
        Assert.Equal([Given.Ref(SubjectType.BillingAccount, "A1")], invoice.Parents);
        Assert.Equal(Given.Euro(27.50m), invoice.Amount);

        var (line, _) = Apply(Asked(SubjectType.InvoiceLine, "L1"), complete: false, known: true, Found(SubjectType.InvoiceLine, "L1"));
        Assert.Equal([Given.Ref(SubjectType.Invoice, "I1"), Given.Ref(SubjectType.BillingAccount, "A1")], line.Parents);
        Assert.Empty(Apply(Asked(SubjectType.Product, "P1"), complete: true, known: true, Found(SubjectType.Product, "P1")).Subject.Parents);
    }

    [Fact]
    public void A_subject_that_nobody_knows_is_not_found_if_every_source_answered()
    {
        var (_, refusal) = Apply(Asked(), complete: true, known: true);
        Assert.Equal(ErrorReason.SubjectNotFound, refusal.Reason);
        Assert.Equal("agreement.effects[0].subjects[0].id", Assert.Single(refusal.Fields).Field);
    }

    [Fact]
    public void A_subject_that_nobody_knows_is_pending_if_a_source_did_not_answer_and_keeps_the_parents_that_it_was_told()
    {
        var (subject, refusal) = Apply(Asked(), complete: false, known: null);
        Assert.Empty(refusal.Fields);
        Assert.Equal(Verification.Pending, subject.Verification);
        Assert.Equal([Given.Ref(SubjectType.BillingAccount, "told-by-the-caller")], subject.Parents);
        Assert.Null(subject.Amount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_subject_of_somebody_else_is_refused_whoever_answered(bool complete) => Assert.Equal(
        ErrorReason.SubjectOfOtherCustomer, Apply(Asked(), complete, known: true, Found(SubjectType.Invoice, "I1", "1043")).Refusal.Reason);

    [Fact]
    public void A_subject_that_two_customers_have_is_this_ones() => Assert.Empty(
        Apply(Asked(), complete: true, known: true, Found(SubjectType.Invoice, "I1", "1043"), Found(SubjectType.Invoice, "I1")).Refusal.Fields);

    [Theory]
    [InlineData(SubjectType.Product, "I1")]
    [InlineData(SubjectType.Invoice, "i1")]
    [InlineData(SubjectType.Invoice, "I1 ")]
    public void A_subject_is_found_by_its_type_and_its_id_byte_for_byte(SubjectType type, string id) =>
        Assert.Equal(ErrorReason.SubjectNotFound, Apply(Asked(), complete: true, known: true, Found(type, id)).Refusal.Reason);

    [Theory]
    [InlineData(true, Verification.Verified)]
    [InlineData(false, Verification.Pending)]
    [InlineData(null, Verification.Pending)]
    public void The_customer_is_verified_where_the_customer_source_knows_it(bool? known, Verification verification)
    {
        var (subject, refusal) = Apply(Asked(SubjectType.Customer, Given.Customer), complete: true, known);
        Assert.Empty(refusal.Fields);
        Assert.Equal(verification, subject.Verification);
        Assert.Empty(subject.Parents);
        Assert.Null(subject.Amount);
    }

    [Fact]
    public void An_agreement_comes_out_of_the_registry_as_it_went_in_and_its_free_text_lies_apart()
    {
        var agreement = Given.Agreement(Given.Effect(EffectKind.Remark, Given.Whole()), Given.Effect(EffectKind.CreditInvoice, Given.Invoice("I1", 27.50m)), Given.Unknown())
            .Named("0198a0b6-0000-7000-8000-000000000001");
        agreement.Effects[0].Remark.Text = "SECRET-1";
        agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = "SECRET-2 é🙂" });
        agreement.CustomerWording.Add(new LocalizedText { Language = "en", Text = "SECRET-3" });
        agreement.End = new AgreementEnd { Reason = "SECRET-4", CustomerInformed = new CustomerInformed { Informed = true } };
        agreement.Revision = 3;
        agreement.Evidence.Add("document 7");

        var (content, text) = AgreementContent.Split(agreement);
        Assert.DoesNotContain("SECRET", System.Text.Encoding.UTF8.GetString(content), StringComparison.Ordinal);

        var row = new AgreementRow { Customer = Given.Customer, Id = "0198a0b6-0000-7000-8000-000000000001", Content = content, FreeText = text };
        var back = AgreementContent.Join(row, [new AcknowledgementRow { System = "administration", DueTime = 5_000_000, Outcome = 2, OutcomeTime = 1, EvidenceId = "C1" }]);
        Assert.Equal(
            new Acknowledgement
            {
                System = "systems/administration",
                Outcome = Acknowledgement.Types.Outcome.Applied,
                DueTime = new Timestamp { Seconds = 5 },
                OutcomeTime = new Timestamp { Nanos = 1_000 },
                EvidenceId = "C1",
            },
            Assert.Single(back.Acknowledgements));
        Assert.NotEqual("", back.Etag);
        back.Acknowledgements.Clear();
        back.Etag = "";
        Assert.Equal(agreement, back);
    }

    [Fact]
    public void An_agreement_whose_text_was_blanked_is_still_one()
    {
        var agreement = Given.Agreement(Given.Effect(EffectKind.Remark, Given.Whole()));
        agreement.CustomerWording.Add(new LocalizedText { Language = "nl", Text = "x" });
        var blanked = AgreementContent.Join(new AgreementRow { Customer = Given.Customer, Id = "a", Content = AgreementContent.Split(agreement).Content, FreeText = null }, []);
        Assert.Equal("", blanked.Effects[0].Remark.Text);
        Assert.Empty(blanked.CustomerWording);
    }

    [Fact]
    public void An_etag_is_that_of_one_revision_of_one_resource()
    {
        Assert.Equal(AgreementContent.Etag("a", 1), AgreementContent.Etag("a", 1));
        Assert.NotEqual(AgreementContent.Etag("a", 1), AgreementContent.Etag("a", 2));
        Assert.NotEqual(AgreementContent.Etag("a", 1), AgreementContent.Etag("b", 1));
    }

    [Fact]
    public void A_fingerprint_is_that_of_a_method_and_a_request()
    {
        var request = new CreateAgreementRequest { Parent = "customers/1042", RequestId = "x" };
        string Of(string method, CreateAgreementRequest asked) => Convert.ToHexString(Mutation.FingerprintOf(method, asked.Without(copy => copy.RequestId = "")));
        var other = request.Clone();
        other.RequestId = "y";
        Assert.Equal(Of("Create", request), Of("Create", other));
        Assert.Equal("x", request.RequestId);
        Assert.NotEqual(Of("Create", request), Of("Withdraw", request));
        other.Parent = "customers/1043";
        Assert.NotEqual(Of("Create", request), Of("Create", other));
    }
}
