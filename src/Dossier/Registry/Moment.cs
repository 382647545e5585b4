using System.Data;
using System.Text.Json;
using Dapper;
using Microsoft.Data.SqlClient;
using Npgsql;
using NpgsqlTypes;

namespace Dossier.Registry;

/// <summary>A moment in the registry, in whole microseconds since 1970: an integer on SQLite, timestamptz, datetimeoffset(6).</summary>
public readonly record struct Moment(long Micros)
{
    public static implicit operator Moment(long micros) => new(micros);
}

/// <summary>A list of texts as a parameter: a text array on PostgreSQL, JSON elsewhere. The statement's text never changes with its length.</summary>
public sealed record TextList(IReadOnlyCollection<string> Texts);

/// <summary>How Dapper carries the registry's types to the three vendors and back.</summary>
internal static class RegistryTypes
{
    /// <summary>Must have been called before the first statement; more than once does no harm.</summary>
    public static void Register()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new MomentType());
        SqlMapper.AddTypeHandler(new TextListType());
    }

    private sealed class MomentType : SqlMapper.TypeHandler<Moment>
    {
        public override void SetValue(IDbDataParameter parameter, Moment value)
        {
            switch (parameter)
            {
                case NpgsqlParameter postgres:
                    postgres.NpgsqlDbType = NpgsqlDbType.TimestampTz;
                    postgres.Value = Moments.ToMoment(value.Micros).UtcDateTime;
                    break;
                case SqlParameter server:
                    server.SqlDbType = SqlDbType.DateTimeOffset;
                    server.Scale = 6;
                    server.Value = Moments.ToMoment(value.Micros);
                    break;
                default:
                    parameter.DbType = DbType.Int64;
                    parameter.Value = value.Micros;
                    break;
            }
        }

        public override Moment Parse(object value) => value switch
        {
            long micros => new Moment(micros),
            DateTime moment => new Moment(new DateTimeOffset(moment.ToUniversalTime()).ToMicros()),
            DateTimeOffset moment => new Moment(moment.ToMicros()),
            _ => throw new InvalidCastException($"A moment of the registry came as {value.GetType().Name}."),
        };
    }

    private sealed class TextListType : SqlMapper.TypeHandler<TextList>
    {
        public override void SetValue(IDbDataParameter parameter, TextList? value)
        {
            if (parameter is NpgsqlParameter postgres)
            {
                postgres.NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text;
                postgres.Value = value!.Texts.ToArray();
            }
            else
            {
                parameter.DbType = DbType.String;
                parameter.Size = -1;
                parameter.Value = JsonSerializer.Serialize(value!.Texts);
            }
        }

        public override TextList Parse(object value) => throw new NotSupportedException("Lists are parameters only.");
    }
}
