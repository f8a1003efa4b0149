using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>
/// A loop that is being taken apart or put together: a body, which is built with <paramref name="Body"/> and is computed once for each
/// entry of the sequences.
/// </summary>
/// <param name="Body">The builder of the body's nodes.</param>
/// <param name="Nodes">The nodes of the body that are there, in order.</param>
/// <param name="States">The states that are carried from iteration to iteration.</param>
/// <param name="Inputs">The sequences that each iteration takes an entry of; at least one.</param>
/// <param name="Rows">The rows that each iteration gives out.</param>
/// <param name="Count">The number of iterations.</param>
/// <param name="MayBeNone">Whether there may be no iterations at all, as of a Loop.</param>
internal sealed record Iterations(
    GraphBuilder Body,
    ImmutableArray<Node> Nodes,
    ImmutableArray<Carried> States,
    ImmutableArray<Scanned> Inputs,
    ImmutableArray<Row> Rows,
    Dim Count,
    bool MayBeNone
)
{
    /// <summary>The parameters of the body.</summary>
    public IEnumerable<Value> Parameters => States.Select(state => state.Parameter).Concat(Inputs.Select(input => input.Parameter));

    /// <summary>The outputs of the body.</summary>
    public IEnumerable<Value> Results => States.Select(state => state.Next).Concat(Rows.Select(row => row.Value));

    /// <summary>A Scan with its body copied.</summary>
    public static Iterations OfScan(GraphBuilder b, Node node)
    {
        var (body, states) = (Scan.BodyOf(node.Attributes), Scan.States(node.Attributes));
        var map = new Dictionary<Value, Value>();
        var inner = new GraphBuilder(b) { Origin = b.Origin };
        foreach (var parameter in body.Parameters)
            map[parameter] = inner.Parameter(parameter.Type);
        var nodes = BodyCopy.Into(inner, body.Nodes, map);
        Value Out(int index) => BodyCopy.Mapped(map, body.Outputs[index].Value);
        return new Iterations(
            inner,
            nodes,
            [.. Enumerable.Range(0, states).Select(index => new Carried(map[body.Parameters[index]], node.Inputs[index]!, Out(index)))],
            [
                .. Enumerable
                    .Range(states, body.Parameters.Length - states)
                    .Select(index => new Scanned(
                        map[body.Parameters[index]],
                        node.Inputs[index]!,
                        Scan.IsReversed(node.Attributes, Scan.InputDirections, index - states)
                    )),
            ],
            [
                .. Enumerable
                    .Range(states, body.Outputs.Length - states)
                    .Select(index => new Row(Out(index), Scan.IsReversed(node.Attributes, Scan.OutputDirections, index - states))),
            ],
            Scan.Length(node.Inputs, node.Attributes),
            node.Attributes.Has(Scan.MayBeNone)
        );
    }

    /// <summary>Appends the Scan. Gives the states after all iterations, then the rows, stacked along a new first axis.</summary>
    public ImmutableArray<Value> Build(GraphBuilder b)
    {
        var program = Body.Build(Parameters, Results.Select((value, index) => new NamedValue($"result_{index}", value)));
        var attributes = Scan.Described(program, [.. Inputs.Select(input => input.Reversed)], [.. Rows.Select(row => row.Reversed)]);
        if (MayBeNone)
            attributes = attributes.With(Scan.MayBeNone, 1L);
        ImmutableArray<Value?> given = [.. States.Select(state => state.Initial), .. Inputs.Select(input => input.Sequence)];
        TensorType[] types =
        [
            .. States.Select(state => state.Parameter.Type),
            .. Rows.Select(row => row.Value.Type with { Shape = row.Value.Type.Shape.Prepend(Count) }),
        ];
        var scan = Catalogue.Get<Scan>();
        return b.Append(scan, scan.WithCaptures(given, attributes), attributes, types).Outputs;
    }
}

/// <summary>A value that is carried from iteration to iteration.</summary>
/// <param name="Parameter">The parameter of the body.</param>
/// <param name="Initial">The value that the first iteration takes, a value of the program around the loop.</param>
/// <param name="Next">The value that the next iteration takes.</param>
internal sealed record Carried(Value Parameter, Value Initial, Value Next);

/// <summary>A value of which each iteration takes an entry.</summary>
/// <param name="Parameter">The parameter of the body.</param>
/// <param name="Sequence">All entries, along the first axis: a value of the program around the loop.</param>
/// <param name="Reversed">Whether the first iteration takes the last entry.</param>
internal sealed record Scanned(Value Parameter, Value Sequence, bool Reversed);

/// <summary>The rows that each iteration gives out.</summary>
/// <param name="Value">The value in the body.</param>
/// <param name="Reversed">Whether the row of the first iteration becomes the last entry.</param>
internal sealed record Row(Value Value, bool Reversed);
