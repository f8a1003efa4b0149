using System.Globalization;
using System.Text.RegularExpressions;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Losses;

/// <summary>
/// A part of a value as NumPy's brackets write it, <c>z[:, 3]</c>: an index for each of the first axes, which drops the axis, or a range
/// <c>start:end</c>, of which either may be left out. Negative numbers count from the end.
/// </summary>
internal static partial class OutputPart
{
    /// <summary>The name before the brackets and what they hold; the whole text and null where there are none.</summary>
    public static (string Name, string? Part) Split(string text) =>
        Brackets().Match(text) is { Success: true } match ? (match.Groups[1].Value, match.Groups[2].Value) : (text, null);

    /// <summary>
    /// The part of a value, which is named as it is written. Throws <see cref="UserErrorException"/> for indices that the value does not
    /// have.
    /// </summary>
    public static Value Of(GraphBuilder b, Value value, string name, string part)
    {
        var indices = part.Split(',', StringSplitOptions.TrimEntries);
        if (indices.Length > value.Type.Rank)
            throw Refusal($"has {indices.Length} indices, and '{name}' has the shape {value.Type.Shape}; give one for each axis at most");
        var (result, shape) = (value, value.Type.Shape);
        foreach (var (axis, index) in indices.Index().Where(entry => entry.Item != ":"))
        {
            if (value.Type.Shape[axis].Known is not { } size)
                throw Refusal($"takes a part of axis {axis} of '{name}' {value.Type.Shape}, whose size is not known; give it with --dim");
            var colon = index.IndexOf(':', StringComparison.Ordinal);
            var start = Number(colon < 0 ? index : index[..colon], 0, size);
            var end = colon < 0 ? start + 1 : Number(index[(colon + 1)..], size, size);
            if (start < 0 || end > size || start >= end)
                throw Refusal($"holds no index of axis {axis} of '{name}' {value.Type.Shape}; give indices from 0 to {size - 1}");
            result = Slice.Of(b, result, axis, start, end);
            shape = shape.With(axis, end - start);
        }
        for (var axis = indices.Length - 1; axis >= 0; axis--)
            if (!indices[axis].Contains(':', StringComparison.Ordinal))
                shape = shape.Remove(axis);
        return Reshape.To(b, result, shape);

        long Number(string text, long missing, long size)
        {
            if (text.Length == 0)
                return missing;
            if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
                throw Refusal($"has '{text}' where an index belongs; give a number, or a range such as 2:5");
            return number < 0 ? number + size : number;
        }

        UserErrorException Refusal(string why) => new($"The part '{name}[{part}]' of the loss {why}.");
    }

    [GeneratedRegex(@"^(.+)\[([-\d:,\s]+)\]$")]
    private static partial Regex Brackets();
}
