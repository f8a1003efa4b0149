using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Paths;

/// <summary>
/// Finds weights that hold the same numbers as another, as they are or transposed. Exporters that fold constants write a weight that a
/// network uses twice as two, and the derivative by each is then not that by the weight which was shared.
/// </summary>
internal static class UntiedCopies
{
    private const int Block = 1 << 18;

    /// <summary>
    /// A note for the user on the targets that have an untied copy on which the loss depends, too; null where none has.
    /// </summary>
    public static string? Note(ModelGraph model, Value loss, IEnumerable<Target> targets)
    {
        var used = GraphWalk.Ancestors([loss]).SelectMany(GraphWalk.Dependencies).ToHashSet();
        var firsts = new Dictionary<Value, double>();
        double First(Value weight) =>
            firsts.TryGetValue(weight, out var first) ? first : firsts[weight] = weight.Constant!.Part(0, 1).Floats[0];
        // The first entry is the first transposed, too, so that reading one number distinguishes nearly all weights.
        var alike = model
            .Weights.Where(weight => used.Contains(weight) && weight.Type.Shape.Elements.Factor > 1)
            .ToLookup(weight => (weight.Type.Shape.Elements.Factor, First(weight)));
        var found = new List<string>();
        var reported = new HashSet<(Value, Value)>();
        foreach (
            var weight in targets
                .Select(target => target.Value)
                .Where(value => value.Constant is not null && used.Contains(value) && value.Type.Shape.Elements.Factor > 1)
                .Distinct()
        )
        {
            var candidates = alike[(weight.Type.Shape.Elements.Factor, First(weight))].Where(other => other != weight).ToArray();
            if (candidates.Length == 0 || IsFilled(weight.Constant!))
                continue;
            foreach (var other in candidates)
            {
                if (reported.Contains((other, weight)) || Relation(weight, other) is not { } relation)
                    continue;
                reported.Add((weight, other));
                found.Add($"'{weight.Name}' and '{other.Name}'{relation}");
            }
        }
        return found.Count == 0
            ? null
            : $"Weights hold the same numbers, as where an exporter has split one that the network shares: {string.Join(", ", found)}; "
                + $"derivatives are those by each alone, with the other held fixed.";
    }

    /// <summary>
    /// How the entries of two weights of the same size are the same, for a sentence, or null where they are not.
    /// </summary>
    private static string? Relation(Value weight, Value other)
    {
        var (a, b) = (weight.Constant!, other.Constant!);
        if (Same(a, b))
            return "";
        return
            weight.Type.Shape is [{ Factor: > 1 and var rows }, { Factor: > 1 and var columns }]
            && other.Type.Shape == TensorShape.Of(columns, rows)
            && SameTransposed(a, b, rows, columns)
            ? " (transposed)"
            : null;
    }

    private static bool Same(Constant a, Constant b) =>
        Blocks(a.Type.Shape.Elements.Factor)
            .All(block => a.Part(block.Start, block.Count).Floats.AsSpan().SequenceEqual(b.Part(block.Start, block.Count).Floats));

    /// <summary>Whether all entries are equal, as of a scale that was never trained; equal entries identify no weight.</summary>
    private static bool IsFilled(Constant constant)
    {
        var first = constant.Part(0, 1).Floats[0];
        return Blocks(constant.Type.Shape.Elements.Factor)
            .All(block => !constant.Part(block.Start, block.Count).Floats.AsSpan().ContainsAnyExcept(first));
    }

    /// <summary>Compares a [rows, columns] with the transpose of b, some rows at a time.</summary>
    private static bool SameTransposed(Constant a, Constant b, long rows, long columns)
    {
        var some = Math.Max(1, Block / columns);
        for (long start = 0; start < rows; start += some)
        {
            var count = (int)Math.Min(some, rows - start);
            var part = a.Part(start * columns, (int)(count * columns)).Floats;
            for (long column = 0; column < columns; column++)
            {
                var line = b.Part(column * rows + start, count).Floats;
                for (var row = 0; row < count; row++)
                    if (line[row] != part[row * columns + column])
                        return false;
            }
        }
        return true;
    }

    /// <summary>Parts of so many elements, the first of them short, so that little is read of what differs.</summary>
    private static IEnumerable<(long Start, int Count)> Blocks(long elements)
    {
        for (long start = 0, count = 16; start < elements; start += count, count = Math.Min(Block, 16 * count))
            yield return (start, (int)Math.Min(count, elements - start));
    }
}
