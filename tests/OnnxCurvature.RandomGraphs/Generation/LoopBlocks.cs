using System.Collections.Immutable;
using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>
/// Loops over an axis, that of the samples among them, and loops of a number of iterations that stands in the file or in the data.
/// </summary>
internal static class LoopBlocks
{
    public static IReadOnlyList<Block> All { get; } =
    [
        new("scan", 8, (_, x) => x.Rank is 2 or 3 && x.Shape.All(size => size <= 4), Scan),
        new("loop", 7, (_, x) => x.Rank is 1 or 2 or 3 && x.Layout.Count() <= 40, Loop),
    ];

    /// <summary>A state that goes along an axis, and its next value in each iteration, from it and a slice.</summary>
    private static Sketch Scan(GraphBuilder b, Sketch x)
    {
        // A loop with a state couples the slices that it goes along; without one every slice is by itself.
        var axis = x.Layout.SampleAxis >= 0 && b.Choices.OneIn(4) ? x.Layout.SampleAxis : b.Choices.Pick([.. AxesOf(x)]);
        var (hasState, reversed) = (!b.Choices.OneIn(4), b.Choices.OneIn(3));
        if (x.Layout.HoldsSamples(axis))
            b.Trait(hasState ? "scan over samples" : "scan over samples that stay separate");
        var slice = x.Layout.Remove(axis);
        var first = hasState ? ReductionBlocks.Reduce(b, x, "ReduceMean", [axis], keep: false) : null;
        var factor = WeightOf(b, slice);
        var place = b.Choices.Next(slice.Rank + 1);
        var body = b.Body(
            hasState ? ["h", "s"] : ["s"],
            slice.Rank,
            names =>
            {
                var next = Step(b, names[^1], factor);
                if (!hasState)
                    return [b.Node("Mul", [next, names[^1]])];
                var state = b.Node("Tanh", [b.Node("Add", [next, names[0]])]);
                return [state, b.Node(b.Choices.Pick("Mul", "Add"), [state, names[^1]])];
            }
        );
        var outputs = b.Nodes(
            "Scan",
            [.. hasState ? new[] { first!.Name } : [], x.Name],
            hasState ? 2 : 1,
            ("body", body),
            ("num_scan_inputs", 1L),
            ("scan_input_axes", new long[] { axis }),
            ("scan_input_directions", new long[] { reversed ? 1 : 0 }),
            ("scan_output_axes", new long[] { place }),
            ("scan_output_directions", new long[] { b.Choices.Next(2) })
        );
        return hasState && b.Choices.OneIn(3)
            ? b.Value(slice, "Identity", [outputs[0]])
            : b.Value(new Layout(slice.Axes.Insert(place, x.Layout.Axes[axis])), "Identity", [outputs[^1]]);
    }

    /// <summary>The same layer several times over.</summary>
    private static Sketch Loop(GraphBuilder b, Sketch x)
    {
        var (iterations, isData) = (b.Choices.Pick(2, 1, 3), b.Choices.OneIn(2));
        var (factor, stacks) = (WeightOf(b, x.Layout), x.Rank < 3 && b.Choices.OneIn(3));
        if (isData)
            b.Trait("iterations that the data determine");
        var body = b.Body(
            ["i", "c", "h"],
            x.Rank,
            names =>
            {
                var state = b.Node("Add", [Step(b, names[2], factor), names[2]]);
                string[] stacked = stacks ? [b.Node("Sin", [state])] : [];
                return [b.Node("Identity", [names[1]]), state, .. stacked];
            }
        );
        var outputs = b.Nodes(
            "Loop",
            [isData ? b.Iterations(iterations) : b.IntegerTensor([], iterations), "", x.Name],
            stacks ? 2 : 1,
            ("body", body)
        );
        return stacks ? b.Value(x.Layout.Insert(0, iterations), "Identity", [outputs[1]]) : b.Value(x.Layout, "Identity", [outputs[0]]);
    }

    private static IEnumerable<int> AxesOf(Sketch x) => x.PlainAxes.Length > 0 ? x.PlainAxes : Enumerable.Range(0, x.Rank);

    /// <summary>A square matrix for the last axis, or a single factor where that holds samples.</summary>
    private static (string Operator, string Weight) WeightOf(GraphBuilder b, Layout slice) =>
        slice.Rank > 0 && !slice.HoldsSamples(slice.Rank - 1) && b.Choices.Next(3) > 0
            ? ("MatMul", DenseBlocks.Matrix(b, slice[slice.Rank - 1], slice[slice.Rank - 1]))
            : ("Mul", b.Weight(1, slice.Rank > 0 ? [1] : []));

    private static string Step(GraphBuilder b, string x, (string Operator, string Weight) factor) =>
        b.Node(b.Choices.Pick("Tanh", "Sin", "Sigmoid", "Softsign", "Relu"), [b.Node(factor.Operator, [x, factor.Weight])]);
}
