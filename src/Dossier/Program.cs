using System.Globalization;
using Dossier;
using Dossier.Host;

// Nothing that the service writes depends on where it runs. (Not InvariantGlobalization: SqlClient opens no connection in that mode.)
CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

if (args is ["--help"] or ["-h"] or ["help"])
{
    Console.WriteLine(Banner.Help);
    return 0;
}

return await Service.RunAsync(args);
