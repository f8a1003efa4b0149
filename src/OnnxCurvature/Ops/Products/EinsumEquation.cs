using System.Globalization;
using System.Text.RegularExpressions;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Products;

/// <summary>The labels of the axes of the operands and of the result of Einsum, one character for each axis.</summary>
/// <param name="Operands">The labels of each operand.</param>
/// <param name="Result">The labels of the result.</param>
internal sealed partial record EinsumEquation(IReadOnlyList<string> Operands, string Result)
{
    /// <summary>The first of the characters, of Unicode's private use, that label the axes of an ellipsis from the last one on.</summary>
    private const char FirstOfEllipsis = '\uE000';

    /// <summary>
    /// Reads an equation for operands of given ranks. Without "->" the result has the axes of the ellipsis and then all labels that occur
    /// once, in the order of their characters. Throws <see cref="UnsupportedOperatorException"/> where the equation does not fit the ranks,
    /// and <see cref="ShapeException"/> for a text that is no equation, with which ONNX Runtime may never end.
    /// </summary>
    public static EinsumEquation Parse(string equation, IReadOnlyList<int> ranks)
    {
        var text = equation.Replace(" ", "", StringComparison.Ordinal);
        if (!Grammar().IsMatch(text))
            throw new ShapeException($"the text '{equation}' is no equation of letters, commas, '...' and '->'");
        var sides = text.Split("->");
        var terms = sides[0].Split(',');
        if (terms.Length != ranks.Count || sides.Length > 2)
            throw new UnsupportedOperatorException($"the equation '{equation}' does not fit {ranks.Count} operands.");
        var operands = terms.Select((term, index) => Labels(equation, term, ranks[index])).ToArray();
        var broadcast = operands
            .SelectMany(labels => labels)
            .Where(label => label >= FirstOfEllipsis)
            .Distinct()
            .OrderDescending()
            .ToArray();
        var result =
            sides.Length == 2
                ? sides[1].Replace("...", new string(broadcast), StringComparison.Ordinal)
                : new string(broadcast)
                    + string.Concat(
                        operands
                            .SelectMany(labels => labels)
                            .Where(label => label < FirstOfEllipsis)
                            .GroupBy(label => label)
                            .Where(group => group.Count() == 1)
                            .Select(group => group.Key)
                            .Order()
                    );
        if (
            result.Distinct().Count() != result.Length
            || result.Any(label => !operands.Any(labels => labels.Contains(label, StringComparison.Ordinal)))
        )
            throw new UnsupportedOperatorException(
                $"the result of the equation '{equation}' has a label twice, or one that no operand has."
            );
        return new EinsumEquation(operands, result);
    }

    [GeneratedRegex(@"^(?>[A-Za-z]*(\.\.\.[A-Za-z]*)?)(,(?>[A-Za-z]*(\.\.\.[A-Za-z]*)?))*(->(?>[A-Za-z]*(\.\.\.[A-Za-z]*)?))?$")]
    private static partial Regex Grammar();

    private static string Labels(string equation, string term, int rank)
    {
        var parts = term.Split("...");
        var extra = rank - parts.Sum(part => part.Length);
        if (parts.Length > 2 || extra < 0 || (parts.Length == 1 && extra != 0))
            throw new UnsupportedOperatorException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the term '{term}' of the equation '{equation}' does not fit an operand of rank {rank}."
                )
            );
        return string.Join(new string([.. Enumerable.Range(0, extra).Select(index => (char)(FirstOfEllipsis + extra - 1 - index))]), parts);
    }
}
