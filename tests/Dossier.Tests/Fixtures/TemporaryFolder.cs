namespace Dossier.Tests.Fixtures;

/// <summary>A folder that is gone after the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private TemporaryFolder(string path) => Path = path;

    public string Path { get; }

    public static TemporaryFolder Empty() => new(Directory.CreateTempSubdirectory("dossier-test-").FullName);

    /// <summary>With copies of the sample stores.</summary>
    public static TemporaryFolder WithStores() => new(DossierHost.NewDataDirectory());

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
