using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>A node's values, from those of its inputs, of which some may be left out.</summary>
internal delegate Data[] NodeFunction(GraphNode node, Data?[] inputs);

/// <summary>Evaluates a graph in double, on a tape, by plain loops over the formulas of ONNX's specification.</summary>
internal static class Evaluator
{
    private static readonly Dictionary<string, NodeFunction> Operators = new[]
    {
        ElementwiseOperators.All,
        ProductOperators.All,
        StructureOperators.All,
        IndexingOperators.All,
        ReductionOperators.All,
        NormalizationOperators.All,
        WindowOperators.All,
        RecurrentOperators.All,
        ResizeOperators.All,
        QuantizationOperators.All,
    }
        .SelectMany(family => family)
        .ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);

    /// <summary>
    /// All values of a graph, by name. Those that <paramref name="targets"/> name become a variable for each of their elements. These are
    /// constants, inputs, or values between, whose elements are then taken for independent of the nodes before.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="tape">Where the arithmetic is recorded.</param>
    /// <param name="targets">The targets.</param>
    public static Dictionary<string, Data> Run(Graph graph, Tape tape, params IReadOnlyList<Sketch> targets)
    {
        var values = new Dictionary<string, Data>(StringComparer.Ordinal);
        foreach (var constant in graph.Constants)
            values[constant.Name] = new Data(
                constant.Shape,
                constant.Floats is { } floats ? [.. floats.Select(value => new Number(tape, -1, value, 0))] : null,
                constant.Integers
            );
        foreach (var input in graph.Inputs)
            values[input.Name] = new Data(
                input.Shape,
                input.Floats is { } floats
                    ? [.. floats.Select((value, index) => new Number(tape, -1, value, Bit(input.SampleOf(index))))]
                    : null,
                input.Integers
            );
        foreach (var target in targets)
            if (values.TryGetValue(target.Name, out var given))
                values[target.Name] = Variables(given, tape, target.Layout);
        foreach (var node in graph.Nodes.Concat(graph.Beyond))
        {
            var results = Run(node, values);
            for (var index = 0; index < node.Outputs.Length; index++)
                if (node.Outputs[index].Length > 0)
                    values[node.Outputs[index]] = targets.FirstOrDefault(target => target.Name == node.Outputs[index]) is { } target
                        ? Variables(results[index], tape, target.Layout)
                        : results[index];
        }
        return values;
    }

    private static Data[] Run(GraphNode node, Dictionary<string, Data> values)
    {
        Data?[] inputs = [.. node.Inputs.Select(name => name.Length == 0 ? null : values[name])];
        return node.Body is { } body
            ? LoopOperators.Run(node, inputs, given => Iteration(body, given, values))
            : Operators[node.Operator](node, inputs);
    }

    /// <summary>The outputs of a body in one iteration, of which nothing is left but its outputs.</summary>
    private static Data[] Iteration(GraphBody body, IReadOnlyList<Data> given, Dictionary<string, Data> around)
    {
        var values = new Dictionary<string, Data>(around, StringComparer.Ordinal);
        for (var index = 0; index < given.Count; index++)
            values[body.Parameters[index].Name] = given[index];
        foreach (var node in body.Nodes)
        foreach (var (output, result) in node.Outputs.Zip(Run(node, values)))
            values[output] = result;
        return [.. body.Outputs.Select(output => values[output.Name])];
    }

    // A value that was gathered by integers of a sample belongs to it, though its numbers come from a weight.
    private static Data Variables(Data data, Tape tape, Layout layout) =>
        new(
            data.Shape,
            [.. data.Numbers.Select((number, index) => tape.Variable(number.Value, number.Samples | Bit(layout.SampleOf(index))))],
            null
        );

    private static ulong Bit(int sample) => sample < 0 ? 0 : 1UL << sample;
}
