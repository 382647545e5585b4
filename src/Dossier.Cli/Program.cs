using System.Text;
using Dossier.Cli;

// Customers' names and messages hold accents and emoji; a Windows console would print question marks.
if (OperatingSystem.IsWindows())
{
    Console.OutputEncoding = Encoding.UTF8;
}

return await DossierCommand.RunAsync(args, Console.Out, Console.Error);
