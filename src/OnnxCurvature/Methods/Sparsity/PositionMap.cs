using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>
/// For every position the one that its entries are taken from: what a product with a matrix does that has a single one in every direction.
/// </summary>
/// <param name="Sources">For each of P positions, one of Q.</param>
/// <param name="Count">Q.</param>
internal sealed record PositionMap(ImmutableArray<int> Sources, int Count)
{
    private const int MostEntries = 1 << 18;
    private const int MostNodes = 16;

    /// <summary>Every position from itself.</summary>
    public static PositionMap Same(long count) => new([.. Enumerable.Range(0, checked((int)count))], checked((int)count));

    /// <summary>The map of a matrix [Q, P] that constants make; null for any other.</summary>
    public static PositionMap? Of(Value matrix)
    {
        if (matrix.Type.Rank != 2 || Entries(matrix) is not { } entries)
            return null;
        var (rows, columns) = ((int)entries.Shape[0], (int)entries.Shape[1]);
        var sources = Enumerable.Repeat(-1, columns).ToArray();
        for (var row = 0; row < rows; row++)
        for (var column = 0; column < columns; column++)
            if (entries.At(row * columns + column) is var entry && entry != 0)
            {
                if (entry != 1 || sources[column] >= 0)
                    return null;
                sources[column] = row;
            }
        return Array.IndexOf(sources, -1) < 0 ? new PositionMap([.. sources], rows) : null;
    }

    /// <summary>For each of Q positions those that are taken from it, as many for each by repetition, [Q * T].</summary>
    public ImmutableArray<long> Takers
    {
        get
        {
            var takers = Enumerable.Range(0, Count).Select(_ => new List<long>()).ToArray();
            foreach (var (position, source) in Sources.Index())
                takers[source].Add(position);
            var most = takers.Max(list => list.Count);
            return
            [
                .. takers.SelectMany(list =>
                    Enumerable.Range(0, most).Select(index => list.Count == 0 ? 0 : list[Math.Min(index, list.Count - 1)])
                ),
            ];
        }
    }

    private static Tensor? Entries(Value value)
    {
        if (value.Constant is { } constant)
            return IsSmall(value) && constant is InlineConstant ? value.CompileIn() : null;
        var nodes = GraphWalk.Ancestors([value]);
        var leaves = nodes.SelectMany(GraphWalk.Dependencies).Where(input => input.Producer is null).ToArray();
        if (
            nodes.Length > MostNodes
            || leaves.Any(leaf => leaf.Constant is not InlineConstant)
            || leaves.Concat(nodes.Select(node => node.Output)).Any(input => !IsSmall(input))
        )
            return null;
        var values = leaves.Distinct().ToDictionary(leaf => leaf, leaf => leaf.CompileIn());
        Interpreter.Run(nodes, values);
        return values[value];
    }

    private static bool IsSmall(Value value) => value.Type.Shape.Elements is { IsKnown: true, Factor: <= MostEntries };
}
