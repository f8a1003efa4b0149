namespace OnnxCurvature.Onnx.Wire;

/// <summary>One field of a protobuf message on the wire.</summary>
/// <param name="Number">The field's number.</param>
/// <param name="IsLengthDelimited">Whether the contents are bytes, a text, a message or a packed list.</param>
/// <param name="Begin">Where the field's tag begins.</param>
/// <param name="Start">Where its contents begin.</param>
/// <param name="End">Where it ends.</param>
internal readonly record struct WireField(int Number, bool IsLengthDelimited, int Begin, int Start, int End)
{
    /// <summary>The length of the contents.</summary>
    public int Length => End - Start;
}

/// <summary>
/// Walks over the fields of a protobuf message without decoding them, so that weights can stay where they are. Throws
/// <see cref="FormatException"/> where the bytes are no such message.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private int _position;

    /// <summary>The next field, or false at the end.</summary>
    public bool Next(out WireField field)
    {
        field = default;
        if (_position == _message.Length)
            return false;
        var begin = _position;
        var tag = Varint();
        var number = tag >> 3;
        if (number is 0 or > int.MaxValue >> 3)
            throw new FormatException("a field has no valid number");
        var start = _position;
        switch (tag & 7)
        {
            case 0:
                Varint();
                break;
            case 1:
                Skip(sizeof(ulong));
                break;
            case 2:
                var length = Varint();
                start = _position;
                Skip(length);
                break;
            case 5:
                Skip(sizeof(uint));
                break;
            default:
                throw new FormatException("a field has no valid type");
        }
        field = new WireField((int)number, (tag & 7) == 2, begin, start, _position);
        return true;
    }

    private void Skip(ulong length)
    {
        if (length > (ulong)(_message.Length - _position))
            throw new FormatException("it ends in the middle of a field");
        _position += (int)length;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_position == _message.Length)
                throw new FormatException("it ends in the middle of a number");
            var next = _message[_position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw new FormatException("a number is too long");
    }
}
