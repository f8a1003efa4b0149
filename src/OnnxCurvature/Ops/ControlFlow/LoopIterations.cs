using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>The iterations that a Loop takes, as those of a <see cref="Scan"/> over their numbers 0, 1, ….</summary>
internal static class LoopIterations
{
    /// <summary>
    /// A Loop with its body copied. Where the body may end it, the numbers of the iterations come from the loop itself. Throws
    /// <see cref="UnsupportedOperatorException"/> where a state is not proven to keep its shape.
    /// </summary>
    public static Iterations Of(GraphBuilder b, Node node)
    {
        var (body, states) = (Loop.BodyOf(node.Attributes), Loop.States(node.Attributes));
        for (var index = 0; index < states; index++)
            if (
                body.Parameters[2 + index].Type is var type
                && (node.Inputs[2 + index]!.Type != type || body.Outputs[1 + index].Value.Type != type)
            )
                throw new UnsupportedOperatorException(
                    $"the state {index} of Loop, {node.Inputs[2 + index]!.Type} at first, is not proven to keep its shape from "
                        + $"iteration to iteration: its body takes {type} and gives {body.Outputs[1 + index].Value.Type}; only the "
                        + $"derivative of loops whose states keep their shapes is supported."
                );
        var inner = new GraphBuilder(b) { Origin = b.Origin };
        var map = new Dictionary<Value, Value> { [body.Parameters[1]] = b.Scalar(ElementType.Bool, 1) };
        foreach (var parameter in body.Parameters)
            if (parameter != body.Parameters[1])
                map[parameter] = inner.Parameter(parameter.Type);
        var nodes = BodyCopy.Into(inner, body.Nodes, map);
        var numbers = Numbers(b, node, body, states);
        return new Iterations(
            inner,
            nodes,
            [
                .. Enumerable
                    .Range(0, states)
                    .Select(index => new Carried(
                        map[body.Parameters[2 + index]],
                        node.Inputs[2 + index]!,
                        BodyCopy.Mapped(map, body.Outputs[1 + index].Value)
                    )),
            ],
            [new Scanned(map[body.Parameters[0]], numbers, false)],
            [
                .. body
                    .Outputs.Skip(1 + states)
                    .Take(node.Outputs.Length - states)
                    .Select(output => new Row(BodyCopy.Mapped(map, output.Value), false)),
            ],
            numbers.Type.Shape[0],
            true
        );
    }

    /// <summary>The number of iterations where it is known before the loop runs, as a dimension; else null.</summary>
    public static Dim? Count(Value? most, Value? condition, Program body)
    {
        if (most is null || condition is not null || !NeverEnds(body))
            return null;
        if (most.Constant is { } constant)
            return Math.Max(0, constant.Read().Integers[0]);
        return most.Contents is [var length] && (length.Known is null or >= 0) ? length : null;
    }

    /// <summary>A symbol for the number of iterations of a loop, which no other loop has.</summary>
    public static Dim Symbol(Program body) =>
        Dim.OfData($"iterations_{(body.Nodes.IsEmpty ? 0 : body.Nodes[^1].Id).ToString(CultureInfo.InvariantCulture)}");

    /// <summary>Whether a body passes on the condition that it is given, so that it never ends the loop.</summary>
    public static bool NeverEnds(Program body)
    {
        var going = body.Outputs[0].Value;
        while (going.Producer is { Operator: Identity } kept)
            going = kept.Inputs[0]!;
        return going == body.Parameters[1] || going.Constant is InlineConstant constant && constant.Read().Integers[0] != 0;
    }

    /// <summary>Whether a body does nothing with the condition but to pass it on.</summary>
    public static bool IgnoresCondition(Program body)
    {
        Value[] given = [.. body.Outputs.Skip(1).Select(output => output.Value)];
        return !given.Concat(GraphWalk.Ancestors(given).SelectMany(GraphWalk.Dependencies)).Contains(body.Parameters[1]);
    }

    private static Value Numbers(GraphBuilder b, Node node, Program body, int states)
    {
        var known = Count(node.Input(0), node.Input(1), body);
        var length = known ?? Symbol(body);
        if (node.Outputs.Skip(states).FirstOrDefault(output => output.Type.Element != ElementType.Undefined) is { } rows)
        {
            length = rows.Type.Shape[0];
            return Structure.Range.UpTo(b, Gather.Of(b, Shape.Of(b, rows), b.Scalar(ElementType.Int64, 0), 0), length);
        }
        if (node.Input(0) is { } most && NeverEnds(body))
        {
            var limit = Reshape.To(b, Cast.Of(b, most, ElementType.Int64), TensorShape.Scalar);
            return Structure.Range.UpTo(
                b,
                node.Input(1) is { } condition
                    ? Where.Of(b, Reshape.To(b, condition, TensorShape.Scalar), limit, b.Scalar(ElementType.Int64, 0))
                    : limit,
                length
            );
        }
        // The loop once more, for the numbers of its iterations alone.
        var inner = new GraphBuilder(b) { Origin = b.Origin };
        var map = new Dictionary<Value, Value>();
        foreach (var parameter in body.Parameters)
            map[parameter] = inner.Parameter(parameter.Type);
        BodyCopy.Into(inner, body.Nodes, map);
        var number = Catalogue.Get<Identity>().Apply(inner, [map[body.Parameters[0]]]).Output;
        var counting = inner.Build(
            body.Parameters.Select(parameter => map[parameter]),
            [
                .. body
                    .Outputs.Take(1 + states)
                    .Select((output, index) => new NamedValue($"result_{index}", BodyCopy.Mapped(map, output.Value))),
                new NamedValue("number", number),
            ]
        );
        var attributes = Attributes.Empty.With("body", counting);
        var loop = Catalogue.Get<Loop>();
        return b.Append(
            loop,
            loop.WithCaptures([node.Input(0), node.Input(1), .. node.Inputs.Skip(2).Take(states)], attributes),
            attributes,
            [.. counting.Outputs.Skip(1).Take(states).Select(output => output.Value.Type), new TensorType(ElementType.Int64, [length])]
        ).Outputs[^1];
    }
}
