Console.WriteLine("Dossier.Bench: see --help");
