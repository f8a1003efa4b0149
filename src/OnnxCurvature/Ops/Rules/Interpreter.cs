using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Rules;

/// <summary>Evaluates nodes in managed code, floating-point values in double precision whatever their type.</summary>
internal static class Interpreter
{
    /// <summary>
    /// Adds to <paramref name="values"/> those of the outputs of <paramref name="nodes"/>, which must be in topological order.
    /// Constants are read; any other input must be in <paramref name="values"/>. Outputs that are there already are not computed again.
    /// </summary>
    public static void Run(IEnumerable<Node> nodes, IDictionary<Value, Tensor> values, CancellationToken cancellation = default)
    {
        foreach (var node in nodes)
        {
            cancellation.ThrowIfCancellationRequested();
            if (node.Outputs.All(values.ContainsKey))
                continue;
            ImmutableArray<Tensor?> inputs = [.. node.Inputs.Select(input => input is null ? null : Read(input, values))];
            foreach (var captured in node.Bodies.SelectMany(GraphWalk.Captures))
                Read(captured, values);
            var outputs = node.Operator is IBodyOperator op ? op.EvaluateWithin(node, values) : node.Rules().Evaluate(node, inputs);
            for (var index = 0; index < node.Outputs.Length; index++)
                values[node.Outputs[index]] = outputs[index];
        }
    }

    /// <summary>The outputs of a program for the values of its parameters.</summary>
    public static ImmutableArray<Tensor> Run(Program program, IReadOnlyDictionary<Value, Tensor> parameters)
    {
        var values = new Dictionary<Value, Tensor>(parameters);
        Run(program.Nodes, values);
        return [.. program.Outputs.Select(output => Read(output.Value, values))];
    }

    /// <summary>The values around a node of which all that its bodies need is among its inputs.</summary>
    public static Dictionary<Value, Tensor> InputsOf(Node node, ImmutableArray<Tensor?> inputs)
    {
        var values = new Dictionary<Value, Tensor>();
        for (var index = 0; index < inputs.Length; index++)
            values[node.Inputs[index]!] = inputs[index]!;
        return values;
    }

    /// <summary>A value that was computed, or the contents of a constant.</summary>
    public static Tensor Read(Value value, IDictionary<Value, Tensor> values)
    {
        if (!values.TryGetValue(value, out var tensor))
            values[value] = tensor = (value.Constant ?? throw new ArgumentException($"No value was given for {value}.")).Read();
        return tensor;
    }
}
