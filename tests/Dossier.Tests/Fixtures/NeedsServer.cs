using Xunit.Abstractions;
using Xunit.Sdk;

namespace Dossier.Tests.Fixtures;

/// <summary>The tests of a class need a server, whose connection string stands in an environment variable.</summary>
/// <param name="variable">Its name.</param>
/// <param name="alsoInCI">Without the server the tests fail in CI; else they are skipped there too.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsServerAttribute(string variable, bool alsoInCI) : Attribute
{
    public string Variable { get; } = variable;

    public bool AlsoInCI { get; } = alsoInCI;
}

/// <summary>A test that is skipped where its class needs a server that is not there, and says how to get one.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Dossier.Tests.Fixtures.ServerFactDiscoverer", "Dossier.Tests")]
public sealed class ServerFactAttribute : FactAttribute
{
    public static bool IsCI => Environment.GetEnvironmentVariable("CI") is { Length: > 0 };
}

/// <summary>Decides for each class that inherits a test whether its server is there.</summary>
public sealed class ServerFactDiscoverer(IMessageSink diagnostics) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        var needs = testMethod.TestClass.Class.GetCustomAttributes(typeof(NeedsServerAttribute)).SingleOrDefault();
        var display = discoveryOptions.MethodDisplayOrDefault();
        var options = discoveryOptions.MethodDisplayOptionsOrDefault();
        if (needs is not null)
        {
            var arguments = needs.GetConstructorArguments().ToArray();
            var (variable, alsoInCI) = ((string)arguments[0], (bool)arguments[1]);
            if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)) && !(alsoInCI && ServerFactAttribute.IsCI))
            {
                return [new XunitSkippedDataRowTestCase(diagnostics, display, options, testMethod, $"needs a server: set {variable}, or run tests/with-postgres.sh dotnet test")];
            }
        }

        return [new XunitTestCase(diagnostics, display, options, testMethod)];
    }
}
