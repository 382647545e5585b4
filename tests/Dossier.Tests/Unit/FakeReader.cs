using System.Collections;
using System.Data.Common;

namespace Dossier.Tests.UnitTests;

/// <summary>One row as a driver hands it out: names and values, DBNull for null.</summary>
internal sealed class FakeReader(params (string Name, object? Value)[] columns) : DbDataReader
{
    public override int FieldCount => columns.Length;

    public override bool HasRows => true;

    public override bool IsClosed => false;

    public override int RecordsAffected => -1;

    public override int Depth => 0;

    public override object this[int ordinal] => GetValue(ordinal);

    public override object this[string name] => GetValue(GetOrdinal(name));

    public override string GetName(int ordinal) => columns[ordinal].Name;

    public override object GetValue(int ordinal) => columns[ordinal].Value ?? DBNull.Value;

    public override bool IsDBNull(int ordinal) => columns[ordinal].Value is null;

    public override int GetOrdinal(string name) => Array.FindIndex(columns, column => column.Name == name);

    public override Type GetFieldType(int ordinal) => GetValue(ordinal).GetType();

    public override bool Read() => false;

    public override bool NextResult() => false;

    public override IEnumerator GetEnumerator() => Array.Empty<object>().GetEnumerator();

    public override int GetValues(object[] values) => throw new NotSupportedException();

    public override string GetDataTypeName(int ordinal) => throw new NotSupportedException();

    public override bool GetBoolean(int ordinal) => throw new NotSupportedException();

    public override byte GetByte(int ordinal) => throw new NotSupportedException();

    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length) => throw new NotSupportedException();

    public override char GetChar(int ordinal) => throw new NotSupportedException();

    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) => throw new NotSupportedException();

    public override DateTime GetDateTime(int ordinal) => throw new NotSupportedException();

    public override decimal GetDecimal(int ordinal) => throw new NotSupportedException();

    public override double GetDouble(int ordinal) => throw new NotSupportedException();

    public override float GetFloat(int ordinal) => throw new NotSupportedException();

    public override Guid GetGuid(int ordinal) => throw new NotSupportedException();

    public override short GetInt16(int ordinal) => throw new NotSupportedException();

    public override int GetInt32(int ordinal) => throw new NotSupportedException();

    public override long GetInt64(int ordinal) => throw new NotSupportedException();

    public override string GetString(int ordinal) => throw new NotSupportedException();
}
