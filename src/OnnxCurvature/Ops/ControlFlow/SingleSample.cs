using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>A loop that takes samples each by itself, built anew for another number of them.</summary>
internal static class SingleSample
{
    /// <summary>
    /// The loop on inputs of which some are longer or shorter along the axis of the samples. Throws
    /// <see cref="UnsupportedOperatorException"/> where samples are not proven to be independent in every value of the body.
    /// </summary>
    /// <param name="b">The builder of the program around the loop.</param>
    /// <param name="iterations">The loop.</param>
    /// <param name="inputs">The new inputs: initial states, sequences, and what the body captures.</param>
    /// <param name="old">Those of the loop.</param>
    public static Node Of(GraphBuilder b, Iterations iterations, ImmutableArray<Value?> inputs, ImmutableArray<Value?> old)
    {
        ImmutableArray<SampleLayout> given = [.. inputs.Zip(old, (own, of) => AxisOf(own!.Type.Shape, of!.Type.Shape))];
        var first = given.Index().First(entry => entry.Item.IsSeparate);
        var samples = inputs[first.Index]!.Type.Shape[first.Item.Axis];
        var parameters = iterations.Parameters.ToArray();
        var captured = Enumerable
            .Range(parameters.Length, old.Length - parameters.Length)
            .ToDictionary(index => old[index]!, index => given[index]);
        var axes = IterationRules.SampleAxes(iterations, given, captured);
        if (axes.Values.Any(axis => axis.IsCoupled))
            throw Unsupported();
        TensorShape Cut(Value value) =>
            axes.TryGetValue(value, out var axis) && axis.IsSeparate ? axis.Of(value.Type.Shape, samples) : value.Type.Shape;

        var body = new GraphBuilder(b) { Origin = b.Origin };
        var map = new Dictionary<Value, Value>();
        foreach (var parameter in parameters)
            map[parameter] = body.Parameter(parameter.Type with { Shape = Cut(parameter) });
        for (var index = parameters.Length; index < old.Length; index++)
            map[old[index]!] = inputs[index]!;
        foreach (var node in iterations.Nodes)
        {
            if (!node.Outputs.Any(axes.ContainsKey))
            {
                BodyCopy.Into(body, [node], map);
                continue;
            }
            using var origin = body.For(node.Origin ?? body.Origin);
            var copy = node.Rules()
                .Rebuild(
                    body,
                    node,
                    [.. node.Inputs.Select(input => input is null ? null : BodyCopy.Mapped(map, input))],
                    Cut(node.Output)
                );
            for (var index = 0; index < node.Outputs.Length; index++)
                map[node.Outputs[index]] =
                    copy.Outputs[index].Type.Shape == Cut(node.Outputs[index]) ? copy.Outputs[index] : throw Unsupported();
        }
        Value Next(Carried state) =>
            BodyCopy.Mapped(map, state.Next) is var next && next.Type.Shape == Cut(state.Parameter)
                ? next
                : Uniform(body, next, Cut(state.Parameter));
        var made = new Iterations(
            body,
            [],
            [
                .. iterations.States.Select(
                    (state, index) =>
                        new Carried(
                            map[state.Parameter],
                            inputs[index]!.Type.Shape == Cut(state.Parameter)
                                ? inputs[index]!
                                : Uniform(b, inputs[index]!, Cut(state.Parameter)),
                            Next(state)
                        )
                ),
            ],
            [
                .. iterations.Inputs.Select(
                    (input, index) => input with { Parameter = map[input.Parameter], Sequence = inputs[iterations.States.Length + index]! }
                ),
            ],
            [.. iterations.Rows.Select(row => row with { Value = BodyCopy.Mapped(map, row.Value) })],
            iterations.Count,
            iterations.MayBeNone
        ).Build(b);
        return made[0].Producer!;
    }

    /// <summary>A value that is the same everywhere, in another shape.</summary>
    private static Value Uniform(GraphBuilder b, Value value, TensorShape shape) =>
        value.Producer is { Operator: Expand } expand && expand.Inputs[0]! is { Type.Shape.Elements.IsOne: true } element
            ? Expand.Of(b, Reshape.To(b, element, TensorShape.Scalar), shape)
            : throw Unsupported();

    private static SampleLayout AxisOf(TensorShape own, TensorShape of)
    {
        if (own == of)
            return SampleLayout.None;
        int[] differ = own.Rank == of.Rank ? [.. Enumerable.Range(0, own.Rank).Where(axis => own[axis] != of[axis])] : [];
        return differ is [var only] ? SampleLayout.At(only) : throw Unsupported();
    }

    private static UnsupportedOperatorException Unsupported() =>
        new("the samples of a loop are not proven to be independent " + "in its body.");
}
