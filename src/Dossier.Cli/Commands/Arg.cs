using System.CommandLine;

namespace Dossier.Cli.Commands;

/// <summary>Arguments and options that more than one command takes.</summary>
internal static class Arg
{
    public static Argument<string> Customer() => new("customer") { Description = "Customer number, for example 1042" };

    public static Argument<string> Agreement() =>
        new("agreement") { Description = "Name of the agreement: 1042/ID, or in full customers/1042/agreements/ID" };

    public static Option<string?> Text(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>An option that may be given several times.</summary>
    public static Option<string[]> Texts(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.OneOrMore };

    public static Option<string?> RequestId() =>
        Text("--request-id", "UUID of this change: repeating it with the same id does it once; a new one if not given", "uuid");

    /// <summary>Two purposes: why a dossier is opened (every command) and why a customer is contacted. Says which is which.</summary>
    public static void RefuseContactPurpose(string? purposeOfCall, string option)
    {
        if (purposeOfCall is "marketing" or "statutory")
        {
            throw CommandException.Usage($"--purpose says why you open the dossier; why the customer is contacted is {option} {purposeOfCall}");
        }
    }

    public static Option<bool> ValidateOnly() => Flag("--validate-only", "Say what would happen and store nothing");
}
