using System.Diagnostics;
using Dossier.Tests.Fixtures;
using Dossier.Tests.ServiceTests;
using Dossier.V1;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace Dossier.Tests.RobustnessTests;

/// <summary>
/// The stores' files are deleted, replaced, overwritten, cut short and filled with nonsense while 32 callers read dossiers.
/// Every row of the files that are put in place of the sample carries a mark, so that a row tells from which file it is.
/// </summary>
[Collection(Alone.Name)]
public sealed class BrokenStoresTests(ITestOutputHelper report)
{
    private const int Readers = 32;
    private const string Mark = "marked";
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    private static readonly Dictionary<string, string> Marking = new(StringComparer.Ordinal)
    {
        ["webcare"] = $"UPDATE thread SET agent = '{Mark}'; UPDATE post SET author_name = '{Mark}'",
        ["telephony"] = $"UPDATE call SET agent = '{Mark}'",

        // Another page size too: nothing is where it was.
        ["administration"] = $"""
            UPDATE correspondence SET clerk = '{Mark}', person = '{Mark}'; UPDATE connection SET description = '{Mark}';
            UPDATE invoice_line SET description = '{Mark}'; PRAGMA page_size = 8192; VACUUM
            """,
    };

    private int ofSample;
    private int ofOther;
    private int answers;

    [Fact]
    public async Task No_fault_no_crash_and_no_row_of_a_file_that_is_gone_while_files_are_broken_for_10_seconds_and_all_OK_afterwards()
    {
        var seed = Environment.TickCount;
        report.WriteLine($"seed {seed}");
        using var folder = TemporaryFolder.WithStores();
        using var aside = TemporaryFolder.Empty();
        var stores = Marking.Keys.Select((name, index) => new Breaker(name, folder.Path, aside.Path, new Random(seed + index))).ToList();
        await using var service = await DossierProcess.StartAsync(folder.Path);
        await ReadAsync(service, []);

        // On a busy machine few reads end in time; it goes on until enough rows were compared to prove something.
        using var over = new CancellationTokenSource(Duration * 9);
        var started = Stopwatch.GetTimestamp();
        var breaking = stores.Select(store => Task.Run(() => store.BreakUntilAsync(over.Token))).ToArray();
        await Parallel.ForAsync(0, Readers, new ParallelOptions { MaxDegreeOfParallelism = Readers }, async (_, _) =>
        {
            while (!over.IsCancellationRequested)
            {
                await ReadAsync(service, stores);
                if (Stopwatch.GetElapsedTime(started) > Duration && ofSample > 50 && ofOther > 50)
                {
                    await over.CancelAsync();
                }
            }
        });
        await Task.WhenAll(breaking);

        report.WriteLine($"{answers} dossiers; rows of the sample held against it {ofSample} times, of the other file {ofOther} times");
        Assert.True(ofSample > 50 && ofOther > 50, $"Rows were compared {ofSample} and {ofOther} times only: the test proves nothing.");
        stores.ForEach(store => store.Restore());
        await Eventually.TrueAsync(
            async () =>
            {
                var dossier = (await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" })).Dossier;
                return dossier.Sources.All(source => source.State == SourceState.Ok);
            },
            "every source is OK again");
        var whole = await ReadAsync(service, stores);
        Assert.Equal("Marloes de Wit", whole.Customer.DisplayName);
        Assert.Equal(["administration", "telephony", "webcare"], whole.Interactions.Select(interaction => interaction.Source["sources/".Length..]).Distinct().Order());
        Assert.All(whole.Interactions, interaction => Assert.NotEqual(Mark, interaction.Agent));
        Assert.DoesNotContain("fault of the service", service.Output, StringComparison.Ordinal);
        Assert.Empty(service.Error);
    }

    /// <summary>Reads the dossier; where one file stood still all the while, its rows must be of that file.</summary>
    private async Task<V1.Dossier> ReadAsync(DossierProcess service, IReadOnlyList<Breaker> stores)
    {
        var before = stores.Select(store => store.Standing).ToList();
        V1.Dossier dossier;
        try
        {
            dossier = (await service.Dossiers.GetDossierAsync(new GetDossierRequest { Name = "customers/1042/dossier" })).Dossier;
        }
        catch (RpcException error)
        {
            // The registry knows the customer, so there is always a dossier.
            Assert.Fail($"{error}\n{service.Output}\n{service.Error}");
            throw;
        }

        Interlocked.Increment(ref answers);
        for (var index = 0; index < stores.Count; index++)
        {
            var standing = stores[index].Standing;
            if (ReferenceEquals(standing, before[index]) && standing.Content is Content.Sample or Content.Other)
            {
                var marks = Marks(dossier, stores[index].Name).ToList();
                Assert.True(
                    marks.TrueForAll(mark => mark == (standing.Content == Content.Other)),
                    $"{stores[index].Name}: the file that stands there is {standing.Content} since '{standing.Since}', the answer has {marks.Count(mark => mark)} marked rows of {marks.Count}.");
                if (marks.Count > 0)
                {
                    Interlocked.Increment(ref standing.Content == Content.Other ? ref ofOther : ref ofSample);
                }
            }
        }

        return dossier;
    }

    private static IEnumerable<bool> Marks(V1.Dossier dossier, string store)
    {
        var found = dossier.Interactions.Where(interaction => interaction.Source == $"sources/{store}").ToList();
        var texts = store switch
        {
            "administration" => found.SelectMany(letter => letter.Messages.Select(message => message.AuthorName))
                .Concat(dossier.Products.Select(product => product.DisplayName))
                .Concat(dossier.Invoices.SelectMany(invoice => invoice.Lines.Select(line => line.Description))),
            "webcare" => found.SelectMany(thread => thread.Messages.Select(message => message.AuthorName).Append(thread.Agent)),
            _ => found.Select(call => call.Agent),
        };
        return texts.Select(text => text == Mark);
    }

    private enum Content
    {
        Changing,
        Sample,
        Other,
        Broken,
    }

    /// <summary>What stands at the path; another object after every change.</summary>
    private sealed record Standing(Content Content, string Since);

    /// <summary>Breaks one store's file in every way.</summary>
    private sealed class Breaker
    {
        private readonly string path;
        private readonly string aside;
        private readonly Random random;
        private readonly byte[] sample;
        private readonly byte[] other;
        private volatile Standing standing = new(Content.Sample, "start");

        public Breaker(string name, string folder, string aside, Random random)
        {
            (Name, this.aside, this.random) = (name, Path.Combine(aside, name), random);
            path = Path.Combine(folder, name + ".db");
            sample = File.ReadAllBytes(path);
            other = Marked(name, sample, this.aside);
        }

        public string Name { get; }

        public Standing Standing => standing;

        public async Task BreakUntilAsync(CancellationToken over)
        {
            while (!over.IsCancellationRequested)
            {
                Change("deleted", Content.Broken, () => File.Delete(path));
                await WhileAsync(30);
                Change("renamed into place", Content.Other, () => RenameIn(other));
                await WhileAsync(150);
                Change("renamed over", Content.Sample, () => RenameIn(sample));
                await WhileAsync(150);
                Change("overwritten in place", Content.Other, () => Overwrite(other));
                await WhileAsync(150);
                Change("overwritten back in place", Content.Sample, () => Overwrite(sample));
                await WhileAsync(150);
                Change("cut short", Content.Broken, () => Cut(random.Next(sample.Length)));
                await WhileAsync(30);
                Change("filled with nonsense", Content.Broken, () => Overwrite(Nonsense()));
                await WhileAsync(30);
                Change("overwritten after nonsense", Content.Other, () => Overwrite(other));
                await WhileAsync(150);
                Change("renamed over again", Content.Sample, () => RenameIn(sample));
                await WhileAsync(50);

                // The same file comes back: same inode, same times. Whoever opened the other one meanwhile must notice.
                for (var round = 0; round < 3; round++)
                {
                    Change("swapped", Content.Changing, () => File.Move(path, aside));
                    Change("swapped", Content.Other, () => RenameIn(other));
                    await WhileAsync(4);
                    Change("swapped back", Content.Sample, () => File.Move(aside, path, overwrite: true));
                    await WhileAsync(150);
                }
            }
        }

        public void Restore() => Change("restored", Content.Sample, () => RenameIn(sample));

        private static byte[] Marked(string name, byte[] sample, string file)
        {
            File.WriteAllBytes(file, sample);
            using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
            {
                connection.Open();
                using var command = connection.CreateCommand();
                command.CommandText = Marking[name];
                command.ExecuteNonQuery();
            }

            // SQLite tells two states of one file by the change counter in its header; two files may well have the same one.
            var marked = File.ReadAllBytes(file);
            sample.AsSpan(24, 4).CopyTo(marked.AsSpan(24));
            sample.AsSpan(92, 4).CopyTo(marked.AsSpan(92));
            File.Delete(file);
            return marked;
        }

        private void Change(string how, Content content, Action change)
        {
            standing = new Standing(Content.Changing, how);
            change();
            standing = new Standing(content, how);
        }

        private Task WhileAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(random.Next(milliseconds / 2, milliseconds * 2)), TimeProvider.System);

        private void RenameIn(byte[] content)
        {
            File.WriteAllBytes(aside + ".new", content);
            File.Move(aside + ".new", path, overwrite: true);
        }

        private void Overwrite(byte[] content)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.Write(content);
            file.SetLength(content.Length);
        }

        private void Cut(int length)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(length);
        }

        private byte[] Nonsense()
        {
            var nonsense = new byte[random.Next(100, 100_000)];
            random.NextBytes(nonsense);
            return nonsense;
        }
    }
}
