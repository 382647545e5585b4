using Dossier;
using Dossier.Host;

if (args is ["--help"] or ["-h"] or ["help"])
{
    Console.WriteLine(Banner.Help);
    return 0;
}

return await Service.RunAsync(args);
