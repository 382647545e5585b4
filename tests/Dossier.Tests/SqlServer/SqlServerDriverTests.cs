using Microsoft.Data.SqlClient;

namespace Dossier.Tests.SqlServerTests;

/// <summary>What can be seen of the driver without a server.</summary>
public sealed class SqlServerDriverTests
{
    [Fact]
    public void The_driver_gets_as_far_as_a_server_that_is_not_there()
    {
        // In invariant globalization mode it refuses to open anything (NotSupportedException).
        using var connection = new SqlConnection("Server=tcp:127.0.0.1,1;User ID=nobody;Password=none;Encrypt=False;Connect Timeout=2;ConnectRetryCount=0");
        Assert.Throws<SqlException>(connection.Open);
    }
}
