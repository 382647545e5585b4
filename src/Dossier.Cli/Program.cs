using System.Globalization;
using System.Text;
using Dossier.Cli;

// Output is the same wherever it is made.
CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

// Customers' names and messages hold accents and emoji; a Windows console would print question marks.
if (OperatingSystem.IsWindows())
{
    Console.OutputEncoding = Encoding.UTF8;
}

return await DossierCommand.RunAsync(args, Console.Out, Console.Error);
