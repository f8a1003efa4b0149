using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>Scan and Loop: iterations of a body, one after the other, without a condition that ends them early.</summary>
internal static class LoopOperators
{
    /// <summary>The outputs of a loop: its last states, then the outputs of each iteration, stacked.</summary>
    /// <param name="node">The loop.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="iteration">The outputs of the body for its inputs.</param>
    public static Data[] Run(GraphNode node, Data?[] inputs, Func<IReadOnlyList<Data>, Data[]> iteration) =>
        node.Operator == "Scan" ? Scan(node, inputs, iteration) : Loop(inputs, iteration);

    private static Data[] Scan(GraphNode node, Data?[] inputs, Func<IReadOnlyList<Data>, Data[]> iteration)
    {
        var count = (int)node.Int("num_scan_inputs", 1);
        var sequences = inputs[^count..];
        var axes = node.Ints("scan_input_axes") ?? new long[count];
        var backwards = node.Ints("scan_input_directions") ?? new long[count];
        Data[] states = [.. inputs[..^count].Select(state => state!)];
        var iterations = sequences[0]!.Shape[sequences[0]!.Axis(axes[0])];
        var given = new List<Data[]>();
        for (var at = 0; at < iterations; at++)
        {
            var slices = sequences.Select(
                (sequence, index) => Slice(sequence!, sequence!.Axis(axes[index]), backwards[index] == 0 ? at : iterations - 1 - at)
            );
            var results = iteration([.. states, .. slices]);
            states = results[..states.Length];
            given.Add(results[states.Length..]);
        }
        var (outAxes, outBackwards) = (node.Ints("scan_output_axes"), node.Ints("scan_output_directions"));
        return
        [
            .. states,
            .. given[0]
                .Select(
                    (_, index) =>
                    {
                        var parts = given.Select(results => results[index]);
                        return Stack([.. outBackwards?[index] == 1 ? parts.Reverse() : parts], (int)(outAxes?[index] ?? 0));
                    }
                ),
        ];
    }

    private static Data[] Loop(Data?[] inputs, Func<IReadOnlyList<Data>, Data[]> iteration)
    {
        Data[] states = [.. inputs[2..].Select(state => state!)];
        var given = new List<Data[]>();
        for (var at = 0; at < inputs[0]!.Integers![0]; at++)
        {
            var results = iteration([Scalar(at), Scalar(1), .. states]);
            states = results[1..(1 + states.Length)];
            given.Add(results[(1 + states.Length)..]);
        }
        return [.. states, .. given[0].Select((_, index) => Stack([.. given.Select(results => results[index])], 0))];
    }

    private static Data Scalar(long value) => new([], null, [value]);

    private static Data Slice(Data x, int axis, int at)
    {
        var source = new int[x.Rank];
        return x.Pick(
            [.. x.Shape[..axis], .. x.Shape[(axis + 1)..]],
            place =>
            {
                place.AsSpan(0, axis).CopyTo(source);
                place.AsSpan(axis).CopyTo(source.AsSpan(axis + 1));
                source[axis] = at;
                return x.IndexOf(source);
            }
        );
    }

    private static Data Stack(Data[] parts, int axis) =>
        StructureOperators.Concat([.. parts.Select(part => part.Reshaped([.. part.Shape[..axis], 1, .. part.Shape[axis..]]))], axis);
}
