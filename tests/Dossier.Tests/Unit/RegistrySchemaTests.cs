using Dapper;
using Dossier.Registry;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;

namespace Dossier.Tests.UnitTests;

/// <summary>The registry's schema: brought up to date at every start, refused only below what its steps need.</summary>
public sealed class RegistrySchemaTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dossier-schema-").FullName;

    private string Registry => $"Data Source={Path.Combine(folder, "below", "registry.db")};Pooling=False";

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private RegistryIdentity Apply() => RegistrySchema.Apply(Registry, TimeProvider.System, out _);

    private string Shape()
    {
        using var connection = new SqliteConnection(Registry);
        return string.Join('\n', connection.Query<string>("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1")
            .Concat(connection.Query<string>("SELECT number || ' ' || name || ' ' || oldest_program || ' ' || apply_time FROM schema_step ORDER BY 1")));
    }

    private void Add(int number, string oldest)
    {
        using var connection = new SqliteConnection(Registry);
        connection.Execute("INSERT INTO schema_step (number, name, oldest_program, apply_time) VALUES (@number, 'later', @oldest, 0)", new { number, oldest });
    }

    [Fact]
    public void A_registry_is_made_in_a_folder_that_is_not_there_yet()
    {
        var identity = Apply();
        Assert.True(Guid.TryParseExact(identity.Epoch, "D", out _));
        Assert.Equal(32, identity.SigningKey.Length);
        Assert.Contains("table agreement ", Shape(), StringComparison.Ordinal);
    }

    [Fact]
    public void Applied_twice_is_the_same()
    {
        var (first, shape) = (Apply(), Shape());
        var second = Apply();
        Assert.Equal(first.Epoch, second.Epoch);
        Assert.Equal(first.SigningKey, second.SigningKey);
        Assert.Equal(shape, Shape());
    }

    [Fact]
    public async Task Applied_by_several_at_once_is_the_same()
    {
        var identities = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(Apply)));
        Assert.Single(identities.Select(identity => identity.Epoch).Distinct(StringComparer.Ordinal));
        Assert.Single(identities.Select(identity => Convert.ToHexString(identity.SigningKey)).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public void Two_registries_have_two_identities()
    {
        var one = Apply();
        var other = RegistrySchema.Apply($"Data Source={Path.Combine(folder, "other.db")};Pooling=False", TimeProvider.System, out _);
        Assert.NotEqual(one.Epoch, other.Epoch);
        Assert.NotEqual(one.SigningKey, other.SigningKey);
    }

    [Fact]
    public void A_registry_of_a_newer_program_serves_as_long_as_its_steps_say_so()
    {
        var identity = Apply();
        var mine = typeof(RegistrySchema).Assembly.GetName().Version!.ToString(3);
        Add(900, "0.0.1");
        Add(901, mine);
        Assert.Equal(identity.Epoch, Apply().Epoch);
    }

    [Fact]
    public void A_registry_that_needs_a_newer_program_is_refused_and_left_as_it_is()
    {
        Apply();
        Add(900, "99.2.0");
        var shape = Shape();
        var refused = Assert.Throws<InvalidOperationException>(() => Apply());
        Assert.Contains("needs Dossier 99.2.0 or newer", refused.Message, StringComparison.Ordinal);
        Assert.Equal(shape, Shape());
    }

    [Fact]
    public void Every_step_that_is_not_known_counts_and_not_only_the_last()
    {
        Apply();
        Add(900, "99.10.0");
        Add(901, "99.9.0");
        Add(902, "0.1.0");
        Assert.Contains("needs Dossier 99.10.0 or newer", Assert.Throws<InvalidOperationException>(() => Apply()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_latest_moment_is_that_of_the_last_change()
    {
        RegistrySchema.Apply(Registry, TimeProvider.System, out var latest);
        Assert.Null(latest);
    }

    [Fact]
    public void A_moment_goes_to_the_registry_and_back_in_whole_microseconds()
    {
        var seconds = Gen.Choose(-1_000_000_000, 1_000_000_000).Select(part => (part * 62L) + 1);
        var moments = (from second in seconds from nanos in Gen.Choose(0, 999_999_999) select new Timestamp { Seconds = Math.Clamp(second, -62_135_596_800, 253_402_300_799), Nanos = nanos }).ToArbitrary();
        Check.QuickThrowOnFailure(Prop.ForAll(moments, moment =>
        {
            var cut = Moments.CutToMicros(moment);
            Assert.Equal(moment.Seconds, cut.Seconds);
            Assert.Equal(moment.Nanos - (moment.Nanos % 1_000), cut.Nanos);
            Assert.Equal(cut, Moments.FromMicros(cut.ToMicros()));
            Assert.Equal(cut, Moments.CutToMicros(cut));
            Assert.Equal(cut.ToDateTimeOffset(), Moments.ToMoment(cut.ToMicros()));
            Assert.Equal(moment.ToMicros(), Ticks(moment).ToMicros());
        }));
    }

    /// <summary>The same moment as .NET has it, in steps of 100 ns.</summary>
    private static DateTimeOffset Ticks(Timestamp moment) => DateTimeOffset.UnixEpoch.AddTicks((moment.Seconds * TimeSpan.TicksPerSecond) + (moment.Nanos / 100));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(-1_000_000)]
    [InlineData(-999_999)]
    [InlineData(-62_135_596_800_000_000)]
    [InlineData(253_402_300_799_999_999)]
    public void Microseconds_go_there_and_back(long micros)
    {
        Assert.Equal(micros, Moments.FromMicros(micros).ToMicros());
        Assert.Equal(micros, Moments.ToMoment(micros).ToMicros());
        Assert.InRange(Moments.FromMicros(micros).Nanos, 0, 999_999_999);
    }
}
