using System.Data;
using System.Reflection;
using Microsoft.Data.SqlClient;
using Microsoft.SqlServer.Server;

namespace Dossier.Tests.Unit.StandIns;

/// <summary>The SQL Server driver finds in Microsoft.SqlServer.Server everything it references.</summary>
public class SqlClientStandInTests
{
    private static readonly Assembly Driver = typeof(SqlConnection).Assembly;
    private static readonly Assembly StandIn = typeof(IBinarySerialize).Assembly;

    [Fact]
    public void Every_member_that_the_driver_references_is_there()
    {
        using var driver = new AssemblyReader(Driver);
        using var standIn = new AssemblyReader(StandIn);
        var used = driver.Uses(new HashSet<string>(StringComparer.Ordinal) { "Microsoft.SqlServer.Server" }).ToList();
        Assert.True(used.Count >= 13, $"Only {used.Count} references found: the reader itself is broken.");
        Assert.Empty(used.Except(standIn.Offers("Microsoft.Data.SqlClient"), StringComparer.Ordinal));
    }

    [Fact]
    public void Every_method_of_the_driver_compiles()
    {
        Assert.True(JitCheck.Methods(Driver).Count() > 5000);
        Assert.Empty(JitCheck.Failures(Driver));
    }

    [Fact]
    public void The_identity_is_the_one_the_driver_asks_for()
    {
        using var driver = new AssemblyReader(Driver);
        var asked = driver.References().Single(name => name.Name == "Microsoft.SqlServer.Server");
        Assert.Equal("Microsoft.SqlServer.Server, Version=1.0.0.0, Culture=neutral, PublicKeyToken=23ec7fc2d6eaa4a5", StandIn.FullName);
        Assert.Equal(asked.Version, StandIn.GetName().Version);
        Assert.Equal(asked.GetPublicKeyToken(), StandIn.GetName().GetPublicKeyToken());
        Assert.Equal(Driver.GetName().GetPublicKey(), StandIn.GetName().GetPublicKey());
    }

    public static TheoryData<object, SqlDbType> Values => new()
    {
        { 5, SqlDbType.Int },
        { 5L, SqlDbType.BigInt },
        { "five", SqlDbType.NVarChar },
        { 5.5m, SqlDbType.Decimal },
        { true, SqlDbType.Bit },
        { Guid.Empty, SqlDbType.UniqueIdentifier },
        { new byte[] { 5 }, SqlDbType.VarBinary },
        { new DateTime(2025, 5, 5, 0, 0, 0, DateTimeKind.Utc), SqlDbType.DateTime },
        { DateTimeOffset.UnixEpoch, SqlDbType.DateTimeOffset },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void The_type_of_a_parameter_is_inferred_from_its_value(object value, SqlDbType type)
        => Assert.Equal(type, new SqlParameter("@p", value).SqlDbType);

    [Fact]
    public void A_value_of_a_foreign_type_is_no_parameter()
        => Assert.Throws<ArgumentException>(() => new SqlParameter("@p", new SqlClientStandInTests()).SqlDbType);

    [Fact]
    public void A_user_defined_type_says_how_it_is_stored()
    {
        var attribute = typeof(Money).GetCustomAttribute<SqlUserDefinedTypeAttribute>()!;
        Assert.Equal(Format.UserDefined, attribute.Format);
        Assert.True(attribute.IsByteOrdered);
        Assert.False(attribute.IsFixedLength);
        Assert.Equal(16, attribute.MaxByteSize);
        Assert.Equal("money", attribute.Name);
        Assert.Equal("Check", attribute.ValidationMethodName);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SqlUserDefinedTypeAttribute(Format.Unknown));
    }

    [Fact]
    public void An_invalid_type_is_named_in_the_exception()
        => Assert.Contains(nameof(Money), InvalidUdtException.Create(typeof(Money), "no").Message, StringComparison.Ordinal);

    [SqlUserDefinedType(
        Format.UserDefined, IsByteOrdered = true, MaxByteSize = 16, Name = "money", ValidationMethodName = "Check")]
    private sealed class Money : IBinarySerialize
    {
        public void Read(BinaryReader r)
        {
        }

        public void Write(BinaryWriter w)
        {
        }
    }
}
