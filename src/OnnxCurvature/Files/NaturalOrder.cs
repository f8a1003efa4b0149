namespace OnnxCurvature.Files;

/// <summary>The order in which people number files: part-2 before part-10. Digits compare as numbers, all else by its code.</summary>
internal sealed class NaturalOrder : IComparer<string>
{
    private NaturalOrder() { }

    /// <summary>The only one there is.</summary>
    public static IComparer<string> Instance { get; } = new NaturalOrder();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        var left = x.AsSpan();
        var right = y.AsSpan();
        while (left.Length > 0 && right.Length > 0)
        {
            var (first, second) = (Digits(left), Digits(right));
            var order = first > 0 && second > 0 ? Number(left[..first], right[..second]) : left[0].CompareTo(right[0]);
            if (order != 0)
                return order;
            left = left[Math.Max(1, first)..];
            right = right[Math.Max(1, second)..];
        }
        // Numbers that differ by leading zeros only still need one order.
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : string.CompareOrdinal(x, y);
    }

    private static int Number(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        left = left.TrimStart('0');
        right = right.TrimStart('0');
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        var count = 0;
        while (count < text.Length && char.IsAsciiDigit(text[count]))
            count++;
        return count;
    }
}
