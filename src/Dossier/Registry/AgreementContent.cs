using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dossier.V1;
using Google.Protobuf;

namespace Dossier.Registry;

/// <summary>
/// How an agreement lies in the registry: the message without free text in one column and the free text in another, so
/// that the text alone can be blanked. Acknowledgements have rows of their own, because they do not make a revision.
/// </summary>
public static class AgreementContent
{
    private const int WordingSlot = -1;
    private const int EndReasonSlot = -2;
    private const int PendingEndSlot = -3;

    public static (byte[] Content, string FreeText) Split(Agreement agreement)
    {
        var content = agreement.Clone();
        var texts = new List<FreeText>();
        foreach (var wording in content.CustomerWording)
        {
            texts.Add(new FreeText(WordingSlot, wording.Language, wording.Text));
        }

        content.CustomerWording.Clear();
        for (var index = 0; index < content.Effects.Count; index++)
        {
            if (content.Effects[index].Remark is { } remark)
            {
                texts.Add(new FreeText(index, "", remark.Text));
                remark.Text = "";
            }
        }

        if (content.End is { } end)
        {
            texts.Add(new FreeText(EndReasonSlot, "", end.Reason));
            end.Reason = "";
        }

        if (content.PendingEnd is { } pending)
        {
            texts.Add(new FreeText(PendingEndSlot, "", pending.Reason));
            pending.Reason = "";
        }

        content.Acknowledgements.Clear();
        content.Name = "";
        content.Etag = "";
        content.SyncState = SyncState.Unspecified;
        return (content.ToByteArray(), JsonSerializer.Serialize(texts));
    }

    /// <summary>Puts a stored revision together again. A text that was blanked stays empty.</summary>
    public static Agreement Join(AgreementRow row, IEnumerable<AcknowledgementRow> acknowledgements)
    {
        var agreement = Agreement.Parser.ParseFrom(row.Content);
        agreement.Name = ResourceNames.Agreement(row.Customer, row.Id);
        agreement.Etag = Etag(agreement.Name, agreement.Revision);
        foreach (var text in row.FreeText is null ? [] : JsonSerializer.Deserialize<List<FreeText>>(row.FreeText)!)
        {
            switch (text.Slot)
            {
                case WordingSlot:
                    agreement.CustomerWording.Add(new LocalizedText { Language = text.Language, Text = text.Text });
                    break;
                case EndReasonSlot:
                    agreement.End.Reason = text.Text;
                    break;
                case PendingEndSlot:
                    agreement.PendingEnd.Reason = text.Text;
                    break;
                default:
                    agreement.Effects[text.Slot].Remark.Text = text.Text;
                    break;
            }
        }

        foreach (var said in acknowledgements)
        {
            agreement.Acknowledgements.Add(Acknowledgement(said));
        }

        return agreement;
    }

    /// <summary>Puts many stored agreements together, each with its own acknowledgements.</summary>
    public static IReadOnlyList<Agreement> JoinAll(IEnumerable<AgreementRow> rows, IEnumerable<AcknowledgementRow> acknowledgements)
    {
        var byId = acknowledgements.ToLookup(row => row.Id, StringComparer.Ordinal);
        return [.. rows.Select(row => Join(row, byId[row.Id]))];
    }

    /// <summary>The etag of one revision of a resource. Nobody but us can make sense of it.</summary>
    public static string Etag(string name, long revision) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{name}#{revision}")).AsSpan(0, 12));

    private static Acknowledgement Acknowledgement(AcknowledgementRow row) => new()
    {
        System = ResourceNames.System(row.System),
        BindingRevision = row.BindingRevision,
        Outcome = (Acknowledgement.Types.Outcome)row.Outcome,
        DueTime = Moments.FromMicros(row.DueTime.Micros),
        OutcomeTime = row.OutcomeTime is { } time ? Moments.FromMicros(time.Micros) : null,
        EvidenceId = row.EvidenceId ?? "",
        Reason = row.Reason ?? "",
    };

    private sealed record FreeText(int Slot, string Language, string Text);
}
