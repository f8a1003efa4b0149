using System.Collections.Immutable;
using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Attention and recurrent layers.</summary>
internal static class SequenceBlocks
{
    public static IReadOnlyList<Block> All { get; } =
    [
        new("attention", 8, (_, x) => x.Rank == 3 && x.Shape[1] <= 4 && x.Shape[2] <= 4 && !x.Layout.HoldsSamples(2), Attention),
        new("recurrent", 7, (_, x) => x.Rank == 3 && x.Shape[2] <= 4 && !x.Layout.HoldsSamples(2), Recurrent),
        new(
            "products of pairs",
            3,
            (_, x) =>
                x.Rank is 2 or 3
                && !x.Layout.HoldsSamples(x.Rank - 2)
                && x.Shape[^2] <= 4
                && x.Shape[^1] <= 4
                && !x.Layout.HoldsSamples(x.Rank - 1),
            Pairs
        ),
    ];

    private static Sketch Pairs(GraphBuilder b, Sketch x)
    {
        var turned = LayoutBlocks.Permuted(b, x, [.. Enumerable.Range(0, x.Rank - 2), x.Rank - 1, x.Rank - 2]);
        return b.Choices.OneIn(2)
            ? b.Value(x.Layout.With(x.Rank - 1, x.Shape[^2]), "MatMul", [x.Name, turned.Name])
            : b.Value(x.Layout.With(x.Rank - 2, x.Shape[^1]), "MatMul", [turned.Name, x.Name]);
    }

    /// <summary>
    /// Self-attention along the axis that holds no samples, with one head, with heads on an axis of their own, or with heads that
    /// share the samples' axis.
    /// </summary>
    private static Sketch Attention(GraphBuilder b, Sketch x)
    {
        var stepsFirst = x.Layout.HoldsSamples(1);
        var (size, heads) = (b.Choices.Pick(2, 1), b.Choices.Pick(1, 2));
        var width = size * heads;
        var shares = heads > 1 && b.Choices.OneIn(2);
        if (shares)
            b.Trait("heads on the samples' axis");
        Sketch Project()
        {
            var h = b.Value(x.Layout.With(2, width), "MatMul", [x.Name, DenseBlocks.Matrix(b, x.Shape[2], width)]);
            var samplesFirst = stepsFirst ? LayoutBlocks.Permuted(b, h, 1, 0, 2) : h;
            if (heads == 1)
                return samplesFirst;
            var parts = samplesFirst.Layout.Axes;
            var split = LayoutBlocks.Reshaped(b, samplesFirst, new Layout([parts[0], parts[1], [new Factor(heads)], [new Factor(size)]]));
            var turned = LayoutBlocks.Permuted(b, split, 0, 2, 1, 3);
            return shares ? LayoutBlocks.Reshaped(b, turned, turned.Layout.Merge(0)) : turned;
        }
        var (q, k, v) = (Project(), Project(), Project());
        var turnedKeys = LayoutBlocks.Permuted(b, k, [.. Enumerable.Range(0, k.Rank - 2), k.Rank - 1, k.Rank - 2]);
        var scores = b.Value(q.Layout.With(q.Rank - 1, q.Shape[^2]), "MatMul", [q.Name, turnedKeys.Name]);
        var mixed = b.Value(scores.Layout, "Softmax", [b.Node("Mul", [scores.Name, b.Scalar(0.75)])], ("axis", -1L));
        var attended = b.Value(q.Layout, "MatMul", [mixed.Name, v.Name]);
        if (heads > 1)
        {
            var parted = shares
                ? LayoutBlocks.Reshaped(b, attended, attended.Layout.Split(0, attended.Layout.Axes[0].Length - 1))
                : attended;
            var turned = LayoutBlocks.Permuted(b, parted, 0, 2, 1, 3);
            attended = LayoutBlocks.Reshaped(b, turned, turned.Layout.Merge(2));
        }
        return stepsFirst && b.Choices.OneIn(2) ? LayoutBlocks.Permuted(b, attended, 1, 0, 2) : attended;
    }

    private static Sketch Recurrent(GraphBuilder b, Sketch x)
    {
        // Steps must come first; whichever of the two axes they are.
        var steps = x.Layout.HoldsSamples(1) ? x : LayoutBlocks.Permuted(b, x, 1, 0, 2);
        var (op, gates) = b.Choices.Pick(("RNN", 1), ("LSTM", 4), ("GRU", 3));
        var hidden = b.Choices.Pick(1, 2);
        var direction = b.Choices.Pick("forward", "reverse", "bidirectional");
        var directions = direction == "bidirectional" ? 2 : 1;
        b.Trait(op);
        List<(string, object)> attributes = [("hidden_size", (long)hidden), ("direction", direction)];
        if (op == "GRU")
            attributes.Add(("linear_before_reset", (long)b.Choices.Next(2)));
        string[] weights =
        [
            b.Weight(0.8, directions, gates * hidden, x.Shape[2]),
            b.Weight(0.8, directions, gates * hidden, hidden),
            b.Weight(0.5, directions, 2 * gates * hidden),
        ];
        var outputs = b.Nodes(op, [steps.Name, .. weights], 2, [.. attributes]);
        var parts = steps.Layout.Axes;
        ImmutableArray<Factor> states = [new Factor(hidden)];
        if (b.Choices.OneIn(2))
            return b.Value(
                new Layout([
                    [new Factor(directions)],
                    parts[1],
                    states,
                ]),
                "Identity",
                [outputs[1]]
            );
        var all = new Layout([parts[0], [new Factor(directions)], parts[1], states]);
        return directions == 1
            ? b.Value(all.Remove(1), "Squeeze", [outputs[0], b.Integers(1)])
            : LayoutBlocks.Permuted(b, new Sketch(outputs[0], all), 0, 2, 1, 3);
    }
}
