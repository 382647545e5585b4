using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Dossier.Bench.Floors;
using Dossier.Bench.Peers;
using Dossier.Bench.Seeding;
using Dossier.V1;
using Google.Protobuf;

namespace Dossier.Bench.Load;

/// <summary>How one program is asked for a customer's dossier, and what it says.</summary>
internal sealed class Questions(Candidate candidate, IReadOnlyList<string> credentials) : IDisposable
{
    private const string Method = "/dossier.v1.DossierService/GetDossier";

    // Not Grpc.Net.Client, so that the bytes are those that h2load gets.
    private readonly HttpClient client = new();

    /// <summary>As h2load sends them with each question.</summary>
    public IReadOnlyList<string> Headers => candidate.Program.IsGrpc ? [.. H2Load.Grpc, .. credentials] : candidate.Program.Kind == "rest" ? [] : ["content-type: application/json"];

    /// <summary>The customers that are asked for: as many as are wanted, spread over all.</summary>
    public static IReadOnlyList<int> Spread(int customers, int count) => [.. Enumerable.Range(0, Math.Min(count, customers)).Select(index => (int)((long)index * customers / Math.Min(count, customers)))];

    public Ask Of(int index, long answerBytes = 0)
    {
        var number = Crowd.NumberOf(index);
        return candidate.Program switch
        {
            { IsGrpc: true } => new Ask(
                candidate.Address + Method, H2Load.Frame(new GetDossierRequest { Name = ResourceNames.DossierOf(number), Sections = { Facts.Sections } }.ToByteArray()), answerBytes),
            { Kind: "rest" } => new Ask($"{candidate.Address}/customers/{number}/dossier", null, answerBytes),
            _ => new Ask(candidate.Address + "/graphql", Encoding.UTF8.GetBytes(PostGraphile.Question(number)), answerBytes),
        };
    }

    /// <exception cref="InvalidOperationException">It was refused.</exception>
    public async Task<byte[]> AskAsync(int index, CancellationToken stop)
    {
        var ask = Of(index);
        using var request = new HttpRequestMessage(ask.Body is null ? HttpMethod.Get : HttpMethod.Post, ask.Url)
        {
            Version = candidate.Program.IsGrpc ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (ask.Body is not null)
        {
            request.Content = new ByteArrayContent(ask.Body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(candidate.Program.IsGrpc ? "application/grpc" : "application/json");
        }

        foreach (var header in credentials.Where(_ => candidate.Program.IsGrpc))
        {
            request.Headers.Add(header[..header.IndexOf(':', StringComparison.Ordinal)], header[(header.IndexOf(':', StringComparison.Ordinal) + 2)..]);
        }

        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = await client.SendAsync(request, stop);
        var body = await response.Content.ReadAsByteArrayAsync(stop);
        var refused = response.StatusCode != HttpStatusCode.OK ? $"{(int)response.StatusCode} {Encoding.UTF8.GetString(body)}"
            : candidate.Program.IsGrpc && Status(response) is var status and not "0" ? status
            : null;
        return refused is null ? body : throw new InvalidOperationException($"{candidate.Program.Name} refused customer {Crowd.NumberOf(index)}: {refused}");
    }

    public Answer Read(byte[] body) => candidate.Program switch
    {
        { IsGrpc: true } => Answer.Of(GetDossierResponse.Parser.ParseFrom(body, 5, body.Length - 5).Dossier),
        { Kind: "rest" } => Answer.OfRest(JsonDocument.Parse(body).RootElement),
        _ => PostGraphile.Read(JsonDocument.Parse(body).RootElement),
    };

    public void Dispose() => client.Dispose();

    private static string Status(HttpResponseMessage response) => string.Join(
        ' ', new[] { "grpc-status", "grpc-message" }.Select(name =>
            response.TrailingHeaders.TryGetValues(name, out var told) || response.Headers.TryGetValues(name, out told) ? string.Join(',', told) : "").Where(text => text.Length > 0));
}

/// <summary>The facts of one answer, to be compared: how many there are of each, and where it is the contract's message that.</summary>
internal sealed record Answer(int Interactions, int Invoices, int Lines, int Notices, int Agreements)
{
    public V1.Dossier? Message { get; init; }

    public static Answer Of(V1.Dossier dossier) => new(
        dossier.Interactions.Count, dossier.Invoices.Count, dossier.Invoices.Sum(invoice => invoice.Lines.Count), dossier.DunningNotices.Count, dossier.Agreements.Count) { Message = dossier };

    public static Answer OfRest(JsonElement dossier) => new(
        dossier.GetProperty("interactions").GetArrayLength(),
        dossier.GetProperty("invoices").GetArrayLength(),
        dossier.GetProperty("invoices").EnumerateArray().Sum(invoice => invoice.GetProperty("lines").GetArrayLength()),
        dossier.GetProperty("dunningNotices").GetArrayLength(),
        dossier.GetProperty("agreements").GetArrayLength());

    /// <summary>What differs from another answer to the same question; null if nothing does. When things were read differs always.</summary>
    public string? Differs(Answer other)
    {
        if (this with { Message = null } != other with { Message = null })
        {
            return $"{this with { Message = null }} beside {other with { Message = null }}";
        }

        if (Message is null || other.Message is null)
        {
            return null;
        }

        var (one, two) = (Timeless(Message), Timeless(other.Message));
        return one.Equals(two) ? null : V1.Dossier.Descriptor.Fields.InDeclarationOrder()
            .Where(field => !Equals(field.Accessor.GetValue(one), field.Accessor.GetValue(two)))
            .Select(field => $"{field.Name}: {field.Accessor.GetValue(one)} beside {field.Accessor.GetValue(two)}")
            .FirstOrDefault() ?? "unknown fields";
    }

    private static V1.Dossier Timeless(V1.Dossier dossier)
    {
        var copy = dossier.Clone();
        copy.AssembleTime = null;
        foreach (var source in copy.Sources)
        {
            (source.AsOf, source.Elapsed) = (null, null);
        }

        return copy;
    }
}
