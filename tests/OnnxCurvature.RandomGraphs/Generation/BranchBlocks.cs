using System.Collections.Immutable;
using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Values that go two ways and meet again.</summary>
internal static class BranchBlocks
{
    public static IReadOnlyList<Block> All { get; } =
    [
        new("residual", 5, (_, _) => true, (b, x) => b.Value(x.Layout, b.Choices.Pick("Add", "Sub"), [x.Name, Block.Same(b, x).Name])),
        new("gating", 5, (_, _) => true, (b, x) => b.Value(x.Layout, "Mul", [x.Name, Block.Same(b, x).Name])),
        new("concat", 6, (_, x) => x.Rank >= 1 && x.Layout.Count() <= Sizes.Most / 2, Concat),
        new("shared branches", 4, (_, x) => x.Rank >= 1 && !x.Layout.HoldsSamples(x.Rank - 1), Shared),
        new("halves", 4, (_, x) => x.PlainAxes.Any(axis => x.Shape[axis] % 2 == 0), Halves),
        new("second input", 4, (_, x) => x.Rank >= 1 && x.Layout.Axes.All(axis => axis.Length == 1), Second),
        new(
            "own entries",
            1,
            (b, x) => x.Layout.SampleAxis >= 0 && !b.IsSymbolic,
            (b, x) => b.Value(x.Layout, b.Choices.Pick("Add", "Mul"), [x.Name, b.Weight(1, x.Shape)])
        ),
    ];

    /// <summary>The value and another that is made of it, one after the other along any axis, that of the samples too.</summary>
    private static Sketch Concat(GraphBuilder b, Sketch x)
    {
        var axis = b.Choices.Next(x.Rank);
        string[] parts = [x.Name, Block.Same(b, x).Name];
        if (b.Choices.OneIn(2))
            Array.Reverse(parts);
        ImmutableArray<Factor> factors = [new Factor(2), .. x.Layout.Axes[axis]];
        if (x.Layout.HoldsSamples(axis))
            b.Trait("concatenated batches");
        return b.Value(new Layout(x.Layout.Axes.SetItem(axis, factors)), "Concat", parts, ("axis", (long)axis));
    }

    /// <summary>The same layer twice, on the value and on a function of it, as siamese networks have it.</summary>
    private static Sketch Shared(GraphBuilder b, Sketch x)
    {
        var weight = DenseBlocks.Matrix(b, x.Shape[^1], Sizes.Of(b));
        var width = Sizes.Of(b);
        weight = b.Weight(1 / Math.Sqrt(x.Shape[^1]), x.Shape[^1], width);
        Sketch Layer(Sketch input) => Block.Same(b, b.Value(input.Layout.With(x.Rank - 1, width), "MatMul", [input.Name, weight]));
        var (first, second) = (Layer(x), Layer(Block.Same(b, x)));
        return b.Value(first.Layout, b.Choices.Pick("Add", "Sub", "Mul"), [first.Name, second.Name]);
    }

    private static Sketch Halves(GraphBuilder b, Sketch x)
    {
        var axis = b.Choices.Pick([.. x.PlainAxes.Where(axis => x.Shape[axis] % 2 == 0)]);
        var half = x.Shape[axis] / 2;
        var parts = b.Nodes("Split", [x.Name, b.Integers(half, half)], 2, ("axis", (long)axis));
        return b.Value(
            x.Layout.With(axis, half),
            b.Choices.Pick("Mul", "Add", "Div"),
            [parts[0], b.Node("Exp", [b.Node("Tanh", [parts[1]])])]
        );
    }

    private static Sketch Second(GraphBuilder b, Sketch x) =>
        b.Value(x.Layout, b.Choices.Pick("Add", "Mul", "Sub"), [x.Name, b.Input(x.Layout).Name]);
}
