using Dossier.Sources;
using Dossier.V1;
using FsCheck;
using FsCheck.Fluent;
using KeyCase = Dossier.V1.CustomerKey.KeyOneofCase;

namespace Dossier.Tests.UnitTests;

/// <summary>Keys of customers: how they are normalised at the door, stored, and spelled for a store.</summary>
public sealed class KeysTests
{
    private static (CustomerKey? Key, IReadOnlyList<string> Fields) Normalise(CustomerKey? key)
    {
        var violations = new Violations();
        var normal = Keys.Normalise(key, "key", "31", violations);
        return (normal, [.. violations.ToException().Fields.Select(field => field.Field)]);
    }

    [Fact]
    public void A_key_has_its_limit_and_one_character_more_is_refused_by_name()
    {
        static string Of(int length) => new('a', length);
        var limits = new (string Field, Func<int, CustomerKey> Key, int Most)[]
        {
            ("key.customer_number", length => new CustomerKey { CustomerNumber = Of(length) }, 64),
            ("key.billing_account", length => new CustomerKey { BillingAccount = Of(length) }, 64),
            ("key.email", length => new CustomerKey { Email = Of(length - 12) + "@example.com" }, 254),
            ("key.social_id.platform", length => new CustomerKey { SocialId = new SocialId { Platform = Of(length), Page = "p", Id = "1" } }, 32),
            ("key.social_id.page", length => new CustomerKey { SocialId = new SocialId { Platform = "facebook", Page = Of(length), Id = "1" } }, 64),
            ("key.social_id.id", length => new CustomerKey { SocialId = new SocialId { Platform = "facebook", Page = "p", Id = Of(length) } }, 128),
            ("key.social_id.handle", length => new CustomerKey { SocialId = new SocialId { Platform = "facebook", Page = "p", Id = "1", Handle = Of(length) } }, 128),
        };
        Assert.All(limits, limit =>
        {
            Assert.NotNull(Normalise(limit.Key(limit.Most)).Key);
            Assert.Equal(limit.Field, Assert.Single(Normalise(limit.Key(limit.Most + 1)).Fields));
        });
    }

    [Theory]
    [InlineData("+31612345678")]
    [InlineData("+31 6 12345678")]
    [InlineData("+31 6 12 34 56 78")]
    [InlineData("+31-6-12345678")]
    [InlineData("+31.6.1234.5678")]
    [InlineData("+31 (0)6 12345678")]
    [InlineData("+31(0)612345678")]
    [InlineData("+31 (0) 6 12345678")]
    [InlineData("(+31) 6 12345678")]
    [InlineData("0031612345678")]
    [InlineData("00 31 6 12345678")]
    [InlineData("0031 (0)6 12345678")]
    [InlineData("0612345678")]
    [InlineData("06-12345678")]
    [InlineData("06 - 1234 5678")]
    [InlineData("(06) 12345678")]
    [InlineData("06/12345678")]
    [InlineData("  0612345678  ")]
    [InlineData("06\u00a012345678")]
    public void A_telephone_number_is_one_number_in_every_spelling(string spelling) => Assert.Equal("+31612345678", Keys.Phone(spelling, "31"));

    [Theory]
    [InlineData("+49 151 23456789", "+4915123456789")]
    [InlineData("+49 (0)151 23456789", "+4915123456789")]
    [InlineData("0049 (0) 151 23456789", "+4915123456789")]
    [InlineData("+1 (202) 555-0143", "+12025550143")]
    [InlineData("+1 (0202) 555-0143", "+102025550143")]
    [InlineData("+32470123456", "+32470123456")]
    [InlineData("020 7981234", "+31207981234")]
    [InlineData("0880001234", "+31880001234")]
    [InlineData("+390612345678", "+390612345678")]
    public void A_number_of_another_country_keeps_its_country(string spelling, string e164) => Assert.Equal(e164, Keys.Phone(spelling, "31"));

    [Theory]
    [InlineData("")]
    [InlineData("+")]
    [InlineData("0")]
    [InlineData("00")]
    [InlineData("112")]
    [InlineData("12345678")] // neither national nor international
    [InlineData("+3161234")] // 7 digits
    [InlineData("+1234567890123456")] // 16 digits
    [InlineData("+0612345678")]
    [InlineData("0000612345678")]
    [InlineData("06+12345678")]
    [InlineData("++31612345678")]
    [InlineData("0612345678 x12")]
    [InlineData("06-ABC")]
    [InlineData("٠٦١٢٣٤٥٦٧٨")]
    [InlineData("0612345678012345678901234567890")]
    public void What_is_no_telephone_number_is_none(string text)
    {
        Assert.Null(Keys.Phone(text, "31"));
        Assert.Equal(["key.phone"], Normalise(new CustomerKey { Phone = text }).Fields);
    }

    [Fact]
    public void A_national_number_is_read_in_the_configured_country()
    {
        Assert.Equal("+32470123456", Keys.Phone("0470123456", "32"));
        Assert.Equal("+3545551234", Keys.Phone("05551234", "354"));
        Assert.Equal("+4915123456789", Keys.Phone("+49 (0)151 23456789", "49"));
    }

    [Fact]
    public void A_normalised_number_stays_as_it_is_and_every_spelling_of_it_leads_back()
    {
        var numbers = (from length in Gen.Choose(8, 15) from first in Gen.Choose(1, 9) from rest in Gen.Choose(0, 9).ArrayOf(length - 1) select $"+{first}{string.Concat(rest)}").ToArbitrary();
        Check.QuickThrowOnFailure(Prop.ForAll(numbers, number =>
        {
            Assert.Equal(number, Keys.Phone(number, "31"));
            Assert.Equal(number, Keys.Phone("00" + number[1..], "31"));

            // A number of this country that itself begins with 0 has no national spelling that leads back.
            if (!number.StartsWith("+310", StringComparison.Ordinal))
            {
                Assert.Equal(number, Keys.Phone(Keys.Spell(number, "national", "31"), "31"));
            }
        }));
    }

    [Fact]
    public void A_store_gets_the_spelling_that_it_declares()
    {
        Assert.Equal("+31612345678", Keys.Spell("+31612345678", "e164", "31"));
        Assert.Equal("0612345678", Keys.Spell("+31612345678", "national", "31"));
        Assert.Equal("31612345678", Keys.Spell("+31612345678", "digits", "31"));
        Assert.Equal("0032470123456", Keys.Spell("+32470123456", "national", "31"));
        Assert.Equal("0612345678", Keys.Spell("+31612345678", "National", "31"));
        Assert.Throws<ArgumentException>(() => Keys.Spell("+31612345678", "dots", "31"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("anonymous")]
    [InlineData("Anonymous")]
    [InlineData(" ANONIEM ")]
    [InlineData("private")]
    [InlineData("restricted")]
    [InlineData("unknown")]
    [InlineData("unavailable")]
    [InlineData("withheld")]
    public void A_number_that_was_withheld_is_no_error(string text) => Assert.True(Keys.IsWithheld(new CustomerKey { Phone = text }));

    [Fact]
    public void Only_a_telephone_number_can_be_withheld()
    {
        Assert.False(Keys.IsWithheld(null));
        Assert.False(Keys.IsWithheld(new CustomerKey()));
        Assert.False(Keys.IsWithheld(new CustomerKey { Email = "unknown" }));
        Assert.False(Keys.IsWithheld(new CustomerKey { Phone = "0612345678" }));
    }

    [Theory]
    [InlineData("Jan.Jansen@Example.NL", "jan.jansen@example.nl")]
    [InlineData("  a@b  ", "a@b")]
    [InlineData("o'hara+tag@sub.example.org", "o'hara+tag@sub.example.org")]
    public void A_mail_address_is_in_lower_case(string address, string normal) => Assert.Equal(normal, Keys.Email(address));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("@b")]
    [InlineData("a@")]
    [InlineData("a@b@c")]
    [InlineData("a b@c")]
    [InlineData("a@b\u0001")]
    public void What_is_no_mail_address_is_none(string text)
    {
        Assert.Null(Keys.Email(text));
        Assert.Equal(["key.email"], Normalise(new CustomerKey { Email = text }).Fields);
    }

    [Fact]
    public void A_mail_address_has_at_most_254_characters()
    {
        Assert.NotNull(Keys.Email(new string('a', 252) + "@b"));
        Assert.Null(Keys.Email(new string('a', 253) + "@b"));
    }

    [Fact]
    public void A_customer_number_and_an_account_are_kept_byte_for_byte()
    {
        Assert.Equal("aB-1.~_", Normalise(new CustomerKey { CustomerNumber = "aB-1.~_" }).Key!.CustomerNumber);
        Assert.Equal("A 1/b é", Normalise(new CustomerKey { BillingAccount = "A 1/b é" }).Key!.BillingAccount);
        Assert.Equal(["key.customer_number"], Normalise(new CustomerKey { CustomerNumber = "10 42" }).Fields);
        Assert.Equal(["key.customer_number"], Normalise(new CustomerKey { CustomerNumber = new string('1', 65) }).Fields);
        Assert.Equal(["key.billing_account"], Normalise(new CustomerKey { BillingAccount = " A1" }).Fields);
        Assert.Equal(["key.billing_account"], Normalise(new CustomerKey { BillingAccount = "" }).Fields);
    }

    [Fact]
    public void A_key_must_be_one()
    {
        Assert.Equal(["key"], Normalise(null).Fields);
        Assert.Equal(["key"], Normalise(new CustomerKey()).Fields);
    }

    [Fact]
    public void A_social_id_names_platform_page_and_person()
    {
        var good = new SocialId { Platform = "facebook", Page = "voorbeeldtelecom", Id = "10/2 é%", Handle = "Jan" };
        Assert.Equal(good, Normalise(new CustomerKey { SocialId = good }).Key!.SocialId);
        Assert.Equal(
            ["key.social_id.platform", "key.social_id.page", "key.social_id.id"], Normalise(new CustomerKey { SocialId = new SocialId() }).Fields);
        Assert.Equal(
            ["key.social_id.platform", "key.social_id.id", "key.social_id.handle"],
            Normalise(new CustomerKey { SocialId = new SocialId { Platform = "Facebook", Page = "x", Id = new string('1', 129), Handle = new string('h', 129) } }).Fields);
        Assert.Empty(Normalise(new CustomerKey { SocialId = new SocialId { Platform = "x", Page = "x", Id = new string('1', 128), Handle = new string('h', 128) } }).Fields);
        Assert.Equal(["key.social_id.id"], Normalise(new CustomerKey { SocialId = new SocialId { Platform = "x", Page = "x", Id = "a\nb" } }).Fields);
    }

    [Fact]
    public void A_key_that_was_stored_is_the_key_that_is_read()
    {
        var text = Gen.Elements("a", "B", "1", "/", "%", "é", "🙂", "|", ":", "~", "+", "'", "%2F", " ", ".", "\\").NonEmptyListOf().Select(parts => "x" + string.Concat(parts) + "x");
        var keys = Gen.OneOf(
            text.Select(value => new CustomerKey { BillingAccount = value }),
            text.Select(value => new CustomerKey { Email = value }),
            Gen.Constant(new CustomerKey { Phone = "+31612345678" }),
            Gen.Constant(new CustomerKey { CustomerNumber = "1042" }),
            from page in text
            from id in text
            from handle in text
            select new CustomerKey { SocialId = new SocialId { Platform = "facebook", Page = page, Id = id, Handle = handle } });
        Check.QuickThrowOnFailure(Prop.ForAll(keys.ToArbitrary(), key =>
            Assert.Equal(key, Keys.Decode(Keys.TypeOf(key), Keys.Encode(key), key.SocialId?.Handle))));
        Check.QuickThrowOnFailure(Prop.ForAll(keys.Two().ToArbitrary(), two =>
        {
            var (one, other) = two;
            if (one.SocialId is not null && other.SocialId is not null)
            {
                (one.SocialId.Handle, other.SocialId.Handle) = ("", "");
            }

            Assert.Equal(one.Equals(other), (Keys.TypeOf(one), Keys.Encode(one)) == (Keys.TypeOf(other), Keys.Encode(other)));
        }));
    }

    [Fact]
    public void Every_kind_of_key_has_its_type()
    {
        Assert.Equal(KeyType.Unspecified, Keys.TypeOf(new CustomerKey()));
        foreach (var field in CustomerKey.Descriptor.Oneofs.Single().Fields)
        {
            var key = new CustomerKey();
            field.Accessor.SetValue(key, field.Name == "interaction" ? "sources/x/interactions/x" : field.FieldType != Google.Protobuf.Reflection.FieldType.Message ? "x" : new SocialId { Platform = "x", Page = "x", Id = "x" });
            Assert.Equal(field.Name.ToUpperInvariant(), Keys.TypeOf(key).Word());
            Assert.Equal(key, Keys.Decode(Keys.TypeOf(key), Keys.Encode(key)));
        }

        Assert.Equal(System.Enum.GetValues<KeyType>().Length - 1, System.Enum.GetValues<KeyCase>().Length - 1);
    }
}
