namespace Dossier.Sample;

/// <summary>One generated customer, as far as all stores together know them.</summary>
internal sealed record SamplePerson
{
    public required int Number { get; init; }
    public required bool Business { get; init; }
    public required string First { get; init; }
    public required string? Particle { get; init; }
    public required string Surname { get; init; }
    public required string? Company { get; init; }
    public required string Street { get; init; }
    public required string HouseNumber { get; init; }
    public required string Postcode { get; init; }
    public required Town Town { get; init; }

    /// <summary>Mobile, in E.164.</summary>
    public required string Mobile { get; init; }

    /// <summary>Landline, in E.164, where there is one; a household shares it.</summary>
    public required string? Landline { get; init; }

    public required string Email { get; init; }

    /// <summary>Whether administration knows the mail address and the mobile; if not, only their own store does.</summary>
    public required bool EmailKnown { get; init; }

    public required bool MobileKnown { get; init; }

    public string Id => Number.ToString();

    public string FullName => Particle is null ? $"{First} {Surname}" : $"{First} {Particle} {Surname}";

    public string DisplayName => Company ?? FullName;

    public string Account => "BA-" + Number.ToString("D6");
}

/// <summary>A town, the digits of its postcodes and its area code without the 0.</summary>
internal sealed record Town(string Name, int Postcode, string Area);
