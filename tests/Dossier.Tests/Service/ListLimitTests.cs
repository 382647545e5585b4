using System.Collections;
using Dossier.Tests.Fixtures;
using Dossier.Tests.UnitTests;
using Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace Dossier.Tests.ServiceTests;

/// <summary>Each list in a request: what is as long as may be is taken, one more is refused, and so is one as long as a message can be, by its own name.</summary>
public sealed class ListLimitTests(SharedHost shared) : IClassFixture<SharedHost>
{
    private const int Million = 1_000_000;
    private static readonly Marshaller<byte[]> Raw = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);
    private readonly DossierHost host = shared.Host;

    /// <summary>Every list that a request of a method has.</summary>
    public static TheoryData<string, string> Lists
    {
        get
        {
            var lists = new TheoryData<string, string>();
            foreach (var (method, list) in Methods.Where(method => !method.IsClientStreaming)
                .SelectMany(method => method.InputType.Fields.InDeclarationOrder().Where(list => list.IsRepeated && !list.IsMap).Select(list => (method, list))))
            {
                lists.Add(method.Name, list.Name);
            }

            return lists;
        }
    }

    /// <summary>Every request for a page.</summary>
    public static TheoryData<string> Pages => [.. Methods.Where(method => method.InputType.FindFieldByName("page_size") is not null).Select(method => method.Name)];

    private static IEnumerable<MethodDescriptor> Methods => TablesOfPromisesTests.Services.SelectMany(service => service.Methods);

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task A_list_of_a_million_is_refused_by_its_name_and_not_by_each_of_its_elements(string method, string field)
    {
        // With values of no meaning: each of them was a violation with a text of its own once, some gigabytes for one message of 4 MiB.
        foreach (var known in new[] { false, true })
        {
            var refused = await Refused.ByAsync(() => CallAsync(method, field, Million, known));

            Assert.Equal(StatusCode.InvalidArgument, refused.Code);
            Assert.Contains(field, refused.Fields);
            Assert.InRange(refused.Fields.Count(name => name.StartsWith($"{field}[", StringComparison.Ordinal)), 0, 21);
        }
    }

    [Theory]
    [InlineData("ListInteractions", "channels", 20)]
    [InlineData("ListAgreements", "states", 20)]
    [InlineData("ListAgreements", "sync_states", 20)]
    [InlineData("ListAgreements", "effect_kinds", 20)]
    [InlineData("ListAgreements", "origin_systems", 20)]
    [InlineData("ListConflicts", "kinds", 20)]
    [InlineData("ListActions", "states", 20)]
    [InlineData("WatchAgreements", "effect_kinds", 20)]
    [InlineData("WatchAgreements", "obliged_systems", 20)]
    [InlineData("WatchAgreements", "origin_systems", 20)]
    [InlineData("ConfirmActionBatch", "confirmations", 1_000)]
    [InlineData("ReportActionBatch", "reports", 1_000)]
    public async Task A_list_may_be_so_long_and_no_longer(string method, string field, int most)
    {
        await CallAsync(method, field, most, known: true);

        Assert.Equal([field], (await Refused.ByAsync(() => CallAsync(method, field, most + 1, known: true))).Fields);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_of_more_than_200_is_one_of_200_and_of_less_than_none_is_refused(string method)
    {
        var made = (await host.Agreements.CreateAgreementAsync(Agreed.Remark("2062", "x"), DossierHost.As("webcare"))).Agreement;
        Task<byte[]> OfAsync(int size) => SendAsync(method, message =>
        {
            message.Descriptor.FindFieldByName("page_size").Accessor.SetValue(message, size);
            message.Descriptor.FindFieldByName("name")?.Accessor.SetValue(message, made.Name);
        });

        await OfAsync(200);
        await OfAsync(201);
        await OfAsync(int.MaxValue);
        Assert.Contains("page_size", (await Refused.ByAsync(() => OfAsync(-1))).Fields);
    }

    [Theory]
    [InlineData(32, true)]
    [InlineData(33, false)]
    public async Task A_channel_has_32_characters_at_most(int length, bool taken)
    {
        var channel = new string('c', length);
        var stop = Agreed.Remark("2061", "x");
        stop.Agreement.Effects[0] = new Effect { ContactStop = new ContactStop { Channel = channel }, Subjects = { new Subject { Type = SubjectType.Customer, Id = "2061" } } };
        async Task CreateAsync() => await host.Agreements.CreateAgreementAsync(stop, DossierHost.As("webcare"));
        async Task ListAsync() => await host.Dossiers.ListInteractionsAsync(new ListInteractionsRequest { Parent = "customers/2061", Channels = { channel } });
        if (taken)
        {
            await CreateAsync();
            await ListAsync();
        }
        else
        {
            Assert.Equal(["agreement.effects[0].contact_stop.channel"], (await Refused.ByAsync(CreateAsync)).Fields);
            Assert.Equal(["channels[0]"], (await Refused.ByAsync(ListAsync)).Fields);
        }
    }

    private async Task CallAsync(string method, string field, int count, bool known) => await SendAsync(method, message =>
    {
        var list = message.Descriptor.FindFieldByName(field);
        object value = list.FieldType switch
        {
            FieldType.Enum => Enum.ToObject(list.EnumType.ClrType, known ? 1 : 0),
            FieldType.String => known ? (field == "channels" ? "mail" : "systems/crm") : "",
            _ => list.MessageType.Parser.ParseFrom(ByteString.Empty),
        };
        var values = (IList)list.Accessor.GetValue(message);

        // A name of some length, as often as a message holds it.
        var most = value is string { Length: > 0 } text ? Math.Min(count, (LimitOptions.LargestMessage / (text.Length + 2)) - 10) : count;
        for (var index = 0; index < most; index++)
        {
            values.Add(value);
        }
    });

    private async Task<byte[]> SendAsync(string name, Action<IMessage> fill)
    {
        var method = Methods.Single(each => each.Name == name);
        var request = method.InputType.Parser.ParseFrom(ByteString.Empty);
        if (method.InputType.FindFieldByName("parent") is { } parent)
        {
            parent.Accessor.SetValue(request, "customers/2062");
        }

        fill(request);
        var type = method.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary;
        var raw = new Method<byte[], byte[]>(type, method.Service.FullName, method.Name, Raw, Raw);
        var options = new CallOptions(DossierHost.As("administration"));
        if (type == MethodType.Unary)
        {
            return await host.Channel.CreateCallInvoker().AsyncUnaryCall(raw, null, options, request.ToByteArray());
        }

        using var call = host.Channel.CreateCallInvoker().AsyncServerStreamingCall(raw, null, options, request.ToByteArray());
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        return call.ResponseStream.Current;
    }
}
