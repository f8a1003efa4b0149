using System.Globalization;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>
/// Reads the Python dictionary of a .npy header: the three keys in any order, a string for descr, True or False for fortran_order
/// and a tuple of integers for shape. All errors are <see cref="UserErrorException"/> that name <paramref name="source"/>.
/// </summary>
internal sealed class NpyDictionary(string text, string source)
{
    private int _position;

    /// <summary>The header that the text describes.</summary>
    public NpyHeader Parse()
    {
        (ElementType Element, bool BigEndian)? type = null;
        bool? fortranOrder = null;
        long[]? shape = null;
        Expect('{');
        while (!Take('}'))
        {
            var key = Quoted();
            Expect(':');
            switch (key)
            {
                case "descr" when type is null:
                    type = Type();
                    break;
                case "fortran_order" when fortranOrder is null:
                    fortranOrder = Truth();
                    break;
                case "shape" when shape is null:
                    shape = Sizes();
                    break;
                default:
                    throw Malformed();
            }
            if (!Take(','))
            {
                Expect('}');
                break;
            }
        }
        return type is { } found && fortranOrder is { } order && shape is not null && text.AsSpan(_position).IsWhiteSpace()
            ? NpyHeader.Of(found.Element, found.BigEndian, order, shape, source)
            : throw Malformed();
    }

    private (ElementType Element, bool BigEndian) Type()
    {
        if (Next() == '[')
            throw new UserErrorException(
                $"{source} holds records with fields, and only plain arrays can be read; save each field as an array of its own."
            );
        var description = Quoted();
        var order = description.Length > 0 && "<>|=".Contains(description[0], StringComparison.Ordinal) ? description[0] : '=';
        var name = description.TrimStart('<', '>', '|', '=');
        var element = name switch
        {
            "f2" => ElementType.Float16,
            "f4" => ElementType.Float32,
            "f8" => ElementType.Float64,
            "i1" => ElementType.Int8,
            "i2" => ElementType.Int16,
            "i4" => ElementType.Int32,
            "i8" => ElementType.Int64,
            "u1" => ElementType.UInt8,
            "u2" => ElementType.UInt16,
            "u4" => ElementType.UInt32,
            "u8" => ElementType.UInt64,
            "b1" or "?" => ElementType.Bool,
            _ when name.StartsWith('O') => throw new UserErrorException(
                $"{source} holds Python objects, which are never loaded; save numbers, for instance with array.astype('float32')."
            ),
            _ => throw new UserErrorException(
                $"{source} holds elements of the NumPy type '{description}', which cannot be read; save them as floats of 2, 4 or 8 "
                    + $"bytes, integers or booleans."
            ),
        };
        return (element, order == '>');
    }

    private bool Truth()
    {
        foreach (var (word, value) in new[] { ("True", true), ("False", false) })
            if (Next() == word[0] && string.CompareOrdinal(text, _position, word, 0, word.Length) == 0)
            {
                _position += word.Length;
                return value;
            }
        throw Malformed();
    }

    private long[] Sizes()
    {
        var sizes = new List<long>();
        Expect('(');
        while (!Take(')'))
        {
            Next();
            var start = _position;
            while (_position < text.Length && char.IsAsciiDigit(text[_position]))
                _position++;
            if (!long.TryParse(text.AsSpan(start, _position - start), NumberStyles.None, CultureInfo.InvariantCulture, out var size))
                throw Malformed();
            sizes.Add(size);
            // Python 2 wrote long integers with a suffix.
            Take('L');
            if (!Take(','))
            {
                Expect(')');
                break;
            }
        }
        return [.. sizes];
    }

    private string Quoted()
    {
        var quote = Next();
        var end = quote is '\'' or '"' ? text.IndexOf(quote, _position + 1) : -1;
        if (end < 0)
            throw Malformed();
        var content = text[(_position + 1)..end];
        _position = end + 1;
        return content;
    }

    /// <summary>The next character that is not blank, or NUL at the end.</summary>
    private char Next()
    {
        while (_position < text.Length && char.IsWhiteSpace(text[_position]))
            _position++;
        return _position < text.Length ? text[_position] : '\0';
    }

    private bool Take(char wanted)
    {
        if (Next() != wanted || _position >= text.Length)
            return false;
        _position++;
        return true;
    }

    private void Expect(char wanted)
    {
        if (!Take(wanted))
            throw Malformed();
    }

    private UserErrorException Malformed() => new($"{source} has a .npy header that cannot be understood; write it anew with numpy.save.");
}
