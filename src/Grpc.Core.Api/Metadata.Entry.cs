using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One key with its value, text or bytes; does not change once made.</summary>
    public class Entry
    {
        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>A binary entry. The key is taken to lower case and must end in <see cref="BinaryHeaderSuffix"/>.</summary>
        public Entry(string key, byte[] valueBytes)
        {
            Key = NormalizeKey(key);
            if (!IsBinaryKey(Key))
            {
                throw new ArgumentException("The key of a binary value must end in \"-bin\".", nameof(key));
            }

            _bytes = (byte[])Guard.NotNull(valueBytes, nameof(valueBytes)).Clone();
        }

        /// <summary>A text entry. The key is taken to lower case and must not end in <see cref="BinaryHeaderSuffix"/>.</summary>
        public Entry(string key, string value)
        {
            Key = NormalizeKey(key);
            if (IsBinaryKey(Key))
            {
                throw new ArgumentException("A key that ends in \"-bin\" takes bytes, not text.", nameof(key));
            }

            _text = Guard.NotNull(value, nameof(value));
        }

        /// <summary>The key, in lower case.</summary>
        public string Key { get; }

        /// <summary>Whether the value is bytes.</summary>
        public bool IsBinary => _bytes is not null;

        /// <summary>The text; throws when the entry is binary.</summary>
        public string Value
            => _text ?? throw new InvalidOperationException("A binary entry has no text: read ValueBytes.");

        /// <summary>A copy of the bytes, or the text as ASCII.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_text!) : (byte[])_bytes.Clone();

        /// <inheritdoc/>
        public override string ToString()
            => IsBinary ? $"[Entry: key={Key}, valueBytes={_bytes!.Length} bytes]" : $"[Entry: key={Key}, value={_text}]";

        private static bool IsBinaryKey(string key) => key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        private static string NormalizeKey(string key)
        {
            Guard.NotNull(key, nameof(key));
            if (key.Length == 0)
            {
                throw new ArgumentException("A metadata key must not be empty.", nameof(key));
            }

            var hasUpperCase = false;
            foreach (var c in key)
            {
                switch (c)
                {
                    case (>= 'a' and <= 'z') or (>= '0' and <= '9') or '.' or '_' or '-':
                        break;
                    case >= 'A' and <= 'Z':
                        hasUpperCase = true;
                        break;
                    default:
                        throw new ArgumentException(
                            "A metadata key takes ASCII letters, digits, dots, underscores and hyphens only.", nameof(key));
                }
            }

            return hasUpperCase ? key.ToLowerInvariant() : key;
        }
    }
}
