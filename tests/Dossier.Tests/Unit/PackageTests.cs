using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using Dossier.Tests.Fixtures;

namespace Dossier.Tests.UnitTests;

/// <summary>What a .NET caller gets: the contract as a package on the official packages.</summary>
public sealed class PackageTests
{
    [Fact]
    public async Task The_contract_packs_into_a_package_that_depends_on_the_official_packages_only()
    {
        var folder = Directory.CreateTempSubdirectory("dossier-pack-").FullName;
        try
        {
            await PackAsync(folder);

            await using var package = await ZipFile.OpenReadAsync(Assert.Single(Directory.GetFiles(folder, "*.nupkg")));
            await using var stream = await package.Entries.Single(entry => entry.Name == "Dossier.Contracts.nuspec").OpenAsync();
            var specification = await XDocument.LoadAsync(stream, LoadOptions.None, CancellationToken.None);
            var groups = specification.Descendants().Where(element => element.Name.LocalName == "group").ToList();
            Assert.Equal(["net10.0", ".NETStandard2.0"], groups.Select(group => group.Attribute("targetFramework")!.Value));
            Assert.All(groups, group => Assert.Equal(
                ["Google.Api.CommonProtos 2.0.0", "Google.Protobuf 3.25.1", "Grpc.Core.Api 2.85.0"],
                group.Elements().Select(element => $"{element.Attribute("id")!.Value} {element.Attribute("version")!.Value}").Order(StringComparer.Ordinal)));

            var files = package.Entries.Select(entry => entry.FullName).ToList();
            Assert.Contains("lib/netstandard2.0/Dossier.Contracts.dll", files);
            Assert.Contains("lib/net10.0/Dossier.Contracts.dll", files);
            Assert.Contains("protos/dossier/v1/dossier_service.proto", files);
            Assert.DoesNotContain(files, file => file.EndsWith("Grpc.Core.Api.dll", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task PackAsync(string folder)
    {
        var configuration = AppContext.BaseDirectory.Contains("release", StringComparison.OrdinalIgnoreCase) ? "Release" : "Debug";
        using var pack = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "pack", Path.Combine(Repository.Root, "src", "Dossier.Contracts"), "--no-build", "-c", configuration, "-o", folder, "--nologo", "-v", "q" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var output = pack.StandardOutput.ReadToEndAsync();
        var error = pack.StandardError.ReadToEndAsync();
        await pack.WaitForExitAsync();
        Assert.True(pack.ExitCode == 0, await output + await error);
    }
}
