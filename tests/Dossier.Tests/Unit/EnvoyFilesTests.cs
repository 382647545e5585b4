using System.Text.Json.Nodes;
using Dossier.Host;
using Dossier.Tests.Fixtures;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;

namespace Dossier.Tests.UnitTests;

/// <summary>deploy/envoy.yaml and the descriptor set that the build writes for it: every unary method as JSON, and no more.</summary>
public sealed class EnvoyFilesTests
{
    private static readonly JsonNode Resources = Yaml.Document("deploy", "envoy.yaml").At("static_resources");
    private static readonly JsonNode Connections = Resources.At("listeners:0:filter_chains:0:filters:0:typed_config");
    private static readonly JsonNode Cluster = Resources.At("clusters:0");
    private static readonly JsonNode Transcoder = Connections.At("http_filters:0:typed_config");

    private static readonly FileDescriptorSet Set = FileDescriptorSet.Parser.ParseFrom(File.ReadAllBytes(Repository.PathOf("artifacts", "deploy", "dossier.pb")));

    private static JsonNode UpstreamAddress => Cluster.At("load_assignment:endpoints:0:lb_endpoints:0:endpoint:address:socket_address");

    public static (string Host, int Port) Upstream => (UpstreamAddress.Text("address"), UpstreamAddress.Number("port_value"));

    /// <summary>How long Envoy needs at most to see that an instance is told to stop.</summary>
    public static TimeSpan HearsOfAnEndWithin =>
        (Cluster.Number("health_checks:0:unhealthy_threshold") * Seconds("health_checks:0:interval")) + Seconds("health_checks:0:timeout");

    private static TimeSpan Seconds(string place) => TimeSpan.FromSeconds(int.Parse(Cluster.Text(place).TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void Every_service_of_the_contract_is_translated_and_no_other()
    {
        Assert.Equal(TablesOfPromisesTests.Services.Select(service => service.FullName).Order(), Transcoder.Texts("services").Order());
        var described = Set.File.SelectMany(file => file.Service.Select(service => $"{file.Package}.{service.Name}"));
        Assert.Equal(Transcoder.Texts("services").Order(), described.Order());

        // The contract has no paths of its own, so each method is found by its name.
        Assert.DoesNotContain(Set.File, file => file.Name.StartsWith("google/api/", StringComparison.Ordinal));
        Assert.Equal(("true", "true"), (Transcoder.Text("auto_mapping"), Transcoder.Text("convert_grpc_status")));
        Assert.Equal("envoy.filters.http.router", Connections.Items("http_filters").Last().Text("name"));
    }

    [Fact]
    public void A_stream_is_refused_in_words_and_every_other_method_goes_to_the_service()
    {
        var routes = Connections.Items("route_config:virtual_hosts:0:routes").ToList();
        var streams = TablesOfPromisesTests.Services.SelectMany(service => service.Methods).Where(method => method.IsServerStreaming || method.IsClientStreaming)
            .Select(method => $"/{method.Service.FullName}/{method.Name}").ToList();
        Assert.NotEmpty(streams);
        Assert.Equal(streams.Order(), routes.SkipLast(1).Select(route => route.Text("match:path")).Order());
        Assert.All(routes.SkipLast(1), route =>
        {
            Assert.Equal("501", route.Text("direct_response:status"));
            Assert.Equal((int)StatusCode.Unimplemented, JsonNode.Parse(route.Text("direct_response:body:inline_string"))!["code"]!.GetValue<int>());
            Assert.Equal("true", route.At("typed_per_filter_config").Text("envoy.filters.http.grpc_json_transcoder:disabled"));
        });
        Assert.Equal(("/dossier.v1.", Cluster.Text("name")), (routes[^1].Text("match:prefix"), routes[^1].Text("route:cluster")));
        Assert.All(TablesOfPromisesTests.Services, service => Assert.StartsWith("dossier.v1.", service.FullName, StringComparison.Ordinal));
    }

    [Fact]
    public void The_service_is_reached_by_HTTP_2_and_TLS_under_the_name_that_its_certificate_must_have()
    {
        Assert.NotNull(Cluster.At("typed_extension_protocol_options:envoy.extensions.upstreams.http.v3.HttpProtocolOptions:explicit_http_config:http2_protocol_options"));
        var tls = Cluster.At("transport_socket:typed_config");
        Assert.Equal((Upstream.Host, Upstream.Host), (tls.Text("sni"), tls.Text("common_tls_context:validation_context:match_typed_subject_alt_names:0:matcher:exact")));
        Assert.Equal(KubernetesFilesTests.Service.Text("metadata:name"), Upstream.Host);
        Assert.Equal(["h2"], tls.Texts("common_tls_context:alpn_protocols"));
        Assert.NotNull(Cluster.At("health_checks:0:grpc_health_check"));
    }

    [Fact]
    public void The_descriptor_set_is_the_contract_that_was_built_with_all_that_it_imports()
    {
        // Throws where an import is missing.
        var files = FileDescriptor.BuildFromByteStrings(Set.File.Select(file => file.ToByteString()));
        Assert.Equal(Set.File.Count, files.Count);
        foreach (var built in TablesOfPromisesTests.Services.Select(service => service.File).Append(V1.ErrorsReflection.Descriptor))
        {
            var written = Set.File.Single(file => file.Name == built.Name);
            WithoutJsonNames(written.MessageType);
            Assert.Equal(FileDescriptorProto.Parser.ParseFrom(built.SerializedData), written);
        }
    }

    // In the program they are left out.
    private static void WithoutJsonNames(RepeatedField<DescriptorProto> messages)
    {
        foreach (var message in messages)
        {
            message.Field.ToList().ForEach(field => field.ClearJsonName());
            WithoutJsonNames(message.NestedType);
        }
    }

    [Fact]
    public void Every_detail_of_an_error_can_be_told_as_JSON()
    {
        var given = new[]
        {
            new DossierException(StatusCode.InvalidArgument, V1.ErrorReason.InvalidField, "x", fields: [new FieldViolation("name", "x")]),
            new DossierException(StatusCode.Unavailable, V1.ErrorReason.RegistryUnavailable, "x"),
        }.SelectMany(refusal => StatusMap.ToStatus(refusal).Details).Select(detail => detail.TypeUrl.Split('/')[1]).Distinct(StringComparer.Ordinal).ToList();
        Assert.Equal(["google.rpc.BadRequest", "google.rpc.ErrorInfo", "google.rpc.RetryInfo"], given.Order(StringComparer.Ordinal));

        // With the numbers and types of the package's own classes, which write them.
        var details = FileDescriptor.BuildFromByteStrings(Set.File.Select(file => file.ToByteString())).Single(file => file.Name == "google/rpc/error_details.proto");
        foreach (var type in new[] { ErrorInfo.Descriptor, BadRequest.Descriptor, RetryInfo.Descriptor, BadRequest.Types.FieldViolation.Descriptor })
        {
            var told = details.MessageTypes.SelectMany(message => message.NestedTypes.Prepend(message)).Single(message => message.FullName == type.FullName);
            Assert.Equal(
                type.Fields.InFieldNumberOrder().Select(field => (field.FieldNumber, field.FieldType, field.IsRepeated)),
                told.Fields.InFieldNumberOrder().Select(field => (field.FieldNumber, field.FieldType, field.IsRepeated)));
        }
    }
}
