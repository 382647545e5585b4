using System.Security.Cryptography;
using System.Text;
using Dossier.Registry;
using Dossier.Sources;
using Dossier.V1;
using Google.Type;

namespace Dossier.Bench.Seeding;

/// <summary>What the registry holds of one generated customer: the keys that the sources told, and two agreements.</summary>
internal static class CrowdAgreements
{
    private const int ChangesEach = 6;
    private static readonly System.DateTime Start = new(2026, 9, 1, 8, 0, 0, DateTimeKind.Utc);

    /// <summary>The registry's sequence when so many customers are in it.</summary>
    public static long Sequence(int customers) => (long)customers * ChangesEach;

    public static void Add(SeedChunk chunk, int index, string number)
    {
        var (sequence, now) = ((long)index * ChangesEach, Start.AddMilliseconds(index));
        chunk.Add(SeedTables.Customer, number, now);
        Key(chunk, number, new CustomerKey { BillingAccount = Crowd.Account(number) }, "administration", ++sequence, now);
        Key(chunk, number, new CustomerKey { Email = Crowd.Email(number) }, "administration", ++sequence, now);
        Key(chunk, number, new CustomerKey { Phone = Crowd.Phone(number) }, "administration", ++sequence, now);
        Key(chunk, number, new CustomerKey { SocialId = new SocialId { Platform = "facebook", Page = "voorbeeldtelecom", Id = Crowd.Social(number) } }, "webcare", ++sequence, now);
        Agreement(chunk, number, 1, ++sequence, now, "DUNNING_BLOCK", "administration", new Effect
        {
            DunningBlock = new DunningBlock { Reason = DunningBlock.Types.Reason.Disputed, Until = new Date { Year = 2026, Month = 12, Day = 31 } },
            Subjects = { new Subject { Type = SubjectType.Invoice, Id = Crowd.Invoice(number, 11), Parents = { new SubjectRef { Type = SubjectType.BillingAccount, Id = Crowd.Account(number) } } } },
        });
        Agreement(chunk, number, 2, ++sequence, now, "REMARK", "", new Effect
        {
            Remark = new Remark { Text = "Belt liever 's avonds; heeft in juli over de levering geklaagd." },
            Subjects = { new Subject { Type = SubjectType.Customer, Id = number } },
        });
    }

    private static void Key(SeedChunk chunk, string number, CustomerKey key, string source, long sequence, System.DateTime now)
    {
        var (type, value, origin) = ((long)Keys.TypeOf(key), Keys.Encode(key), ResourceNames.Source(source));
        chunk.Add(SeedTables.KeyLink, number, type, value, null, (long)KeyLink.Types.State.Linked, false, origin, "", now, 1L);
        chunk.Add(SeedTables.KeyRevision, number, type, value, 1L, sequence, (long)KeyLink.Types.State.Linked, false, origin, "", now);
        Change(chunk, sequence, ChangeKind.KeyLearned, number, ResourceNames.Customer(number), 0, "", "", "", now);
    }

    private static void Agreement(SeedChunk chunk, string number, int count, long sequence, System.DateTime now, string kind, string obliged, Effect effect)
    {
        var id = IdOf(number, count, now);
        var time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTime(now);
        var (content, text) = AgreementContent.Split(new Agreement
        {
            State = AgreementState.Active,
            Revision = 1,
            BindingRevision = 1,
            Effects = { effect },
            EffectiveTime = time,
            CreateTime = time,
            UpdateTime = time,
            Origin = new Origin { System = ResourceNames.System("webcare"), Agent = "daan", Channel = "facebook" },
            CustomerWording = { new LocalizedText { Language = "nl", Text = "U hoeft hiervoor nu niets te doen." } },
        });
        chunk.Add(SeedTables.Agreement, number, id, (long)AgreementState.Active, 1L, 1L, null, now);
        chunk.Add(SeedTables.Revision, number, id, 1L, sequence, "webcare", "daan", now, content, text);
        if (obliged.Length > 0)
        {
            chunk.Add(SeedTables.Acknowledgement, number, id, 1L, obliged, now.AddDays(2), 0L);
        }

        var name = ResourceNames.Agreement(number, id);
        chunk.Add(SeedTables.Request, "webcare", id, "CreateAgreement", SHA256.HashData(Encoding.UTF8.GetBytes(id)), name, 1L, sequence, now);
        Change(chunk, sequence, ChangeKind.AgreementCreated, number, name, 1, "webcare", kind, obliged, now);
    }

    private static void Change(
        SeedChunk chunk, long sequence, ChangeKind kind, string number, string resource, long binding, string system, string kinds, string obliged, System.DateTime now) =>
        chunk.Add(SeedTables.Change, sequence, (long)kind, number, resource, 1L, binding, system, kinds, obliged, now);

    /// <summary>A UUIDv7 of that moment whose chance is the customer and the count.</summary>
    private static string IdOf(string number, int count, System.DateTime now)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"{number}/{count}"))[..16];
        var milliseconds = new DateTimeOffset(now).ToUnixTimeMilliseconds();
        for (var place = 5; place >= 0; place--, milliseconds >>= 8)
        {
            bytes[place] = (byte)milliseconds;
        }

        (bytes[6], bytes[8]) = ((byte)(0x70 | (bytes[6] & 0x0F)), (byte)(0x80 | (bytes[8] & 0x3F)));
        return new Guid(bytes, bigEndian: true).ToString("D");
    }
}
