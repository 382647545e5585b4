namespace Dossier.Sample;

/// <summary>Chance that falls the same way every time (SplitMix64), so that the sample is equal on every machine and runtime.</summary>
internal sealed class Dice(ulong seed)
{
    private const ulong SampleSeed = 20261009;
    private ulong state = seed;

    /// <summary>The dice of one customer for one purpose: what one store throws does not shift what another gets.</summary>
    public static Dice For(int customer, string purpose)
    {
        var seed = SampleSeed + ((ulong)customer * 0x9E3779B97F4A7C15);
        foreach (var letter in purpose)
        {
            seed = (seed ^ letter) * 0x100000001B3;
        }

        return new Dice(seed);
    }

    /// <summary>A number from 0 up to, not including, <paramref name="end"/>.</summary>
    public int Below(int end) => (int)(Next() % (ulong)end);

    /// <summary>A number from <paramref name="first"/> to <paramref name="last"/>, both included.</summary>
    public int Between(int first, int last) => first + Below(last - first + 1);

    public bool Percent(int chance) => Below(100) < chance;

    public T Pick<T>(IReadOnlyList<T> among) => among[Below(among.Count)];

    /// <summary>An index, each as likely as its weight says.</summary>
    public int Weighted(ReadOnlySpan<int> weights)
    {
        var total = 0;
        foreach (var weight in weights)
        {
            total += weight;
        }

        var thrown = Below(total);
        var index = 0;
        while (thrown >= weights[index])
        {
            thrown -= weights[index++];
        }

        return index;
    }

    private ulong Next()
    {
        state += 0x9E3779B97F4A7C15;
        var mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
