using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// A model's function y(x), its adjoint Jᵀ w, and the forward derivative of that adjoint, all by any number of seeds at once. Every tensor
/// is taken as a matrix, as solvers of optimization do: a scalar or a vector is a column, a matrix of r rows and c columns is itself, and
/// all others are columns in row-major order. N seeds for a matrix of r rows and c columns are a matrix of r rows and N·c columns.
/// </summary>
internal sealed class AdjointFamily
{
    private readonly GraphBuilder _builder;
    private readonly ImmutableArray<Value> _inputs;
    private readonly ImmutableArray<NamedValue> _outputs;
    private readonly ImmutableArray<Value> _seeds;
    private readonly ImmutableArray<NamedValue> _adjoints;

    /// <param name="graph">The model, all inputs and outputs of which hold floating-point numbers.</param>
    public AdjointFamily(ModelGraph graph)
    {
        (_builder, _inputs, _outputs) = (graph.Builder, [.. graph.Inputs], [.. graph.Outputs]);
        foreach (var value in _inputs.Concat(_outputs.Select(output => output.Value)))
            Check(value);
        Dim count = Dim.Symbol("nadj");
        var linear = _builder.Linearize(_inputs, [.. _outputs.Select(output => output.Value)]);
        Value[] cotangents = [.. _outputs.Select(output => _builder.Parameter(output.Value.Type))];
        var gradients = linear.Transpose(_builder, cotangents);
        _seeds = [.. _outputs.Select(output => Seeds($"adj_{output.Name}", output.Value, count))];
        var rows = cotangents
            .Zip(_seeds, _outputs)
            .ToDictionary(seed => seed.First, seed => Unpacked(seed.Second, seed.Third.Value, count));
        _adjoints =
        [
            .. Batched(gradients, rows, _inputs, count).Zip(_inputs, (adjoint, input) => new NamedValue($"adj_{input.Name}", adjoint)),
        ];
    }

    /// <summary>The function itself.</summary>
    public Program Primal => Program.Create(_inputs, _outputs);

    /// <summary>
    /// x and the seeds adj_y to y and adj_x = Jᵀ adj_y, for nadj seeds.
    /// </summary>
    public Program Adjoint => Program.Create([.. _inputs, .. _seeds], [.. _outputs, .. _adjoints]);

    /// <summary>
    /// x, adj_y and the seeds fwd_x and fwd_adj_y to adj_x and fwd_adj_x, its derivative along them, for nfwd seeds.
    /// </summary>
    public Program ForwardOfAdjoint()
    {
        Dim count = Dim.Symbol("nfwd");
        Value[] all = [.. _inputs, .. _seeds];
        var linear = _builder.Linearize(all, [.. _adjoints.Select(adjoint => adjoint.Value)]);
        Value[] seeds = [.. all.Select(value => Seeds($"fwd_{value.Name}", value, count))];
        var rows = new Dictionary<Value, Value>();
        for (var index = 0; index < all.Length; index++)
            rows[linear.Inputs[index]] = Unpacked(seeds[index], all[index], count);
        var along = Batched(linear.Outputs, rows, [.. _adjoints.Select(adjoint => adjoint.Value)], count);
        return Program.Create(
            [.. all, .. seeds],
            [.. _adjoints, .. along.Zip(_adjoints, (value, adjoint) => new NamedValue($"fwd_{adjoint.Name}", value))]
        );
    }

    private static void Check(Value value)
    {
        if (!value.Type.Element.IsFloat())
            throw new UserErrorException(
                $"'{value.Name}' holds {value.Type.Element.DisplayName()}, by which there are no derivatives; make an input a constant "
                    + "with --fix, or remove an output from the model."
            );
    }

    /// <summary>N seeds for a value, as one matrix.</summary>
    private Value Seeds(string name, Value value, Dim count)
    {
        var shape = value.Type.Shape;
        TensorShape packed = shape.Rank switch
        {
            0 => [1, count],
            1 => [shape[0], count],
            2 => [shape[0], count * shape[1]],
            _ => [shape.Elements, count],
        };
        return _builder.Parameter(value.Type with { Shape = packed }, name);
    }

    /// <summary>Seeds of a value [r, N·c] as [N, *value].</summary>
    private Value Unpacked(Value seeds, Value value, Dim count)
    {
        var shape = value.Type.Shape;
        if (shape.Rank != 2)
            return Reshape.To(_builder, TransposeAxes.Last(_builder, seeds), shape.Prepend(count));
        // The number of seeds is what is left beside the columns, and 0 stands for as many rows as there are.
        var columns = Slice.Of(_builder, Shape.Of(_builder, value), 0, 1, 2);
        var target = Concat.Of(_builder, [_builder.Vector(0, -1), columns], 0);
        TensorShape factored = [shape[0], count, shape[1]];
        var split = Catalogue.Get<Reshape>().Apply(_builder, [seeds, target], types: [seeds.Type with { Shape = factored }]).Output;
        return TransposeAxes.Of(_builder, split, 1, 0, 2);
    }

    /// <summary>Derivatives [N, *value] as a matrix [r, N·c].</summary>
    private Value Packed(Value rows, Dim count)
    {
        var shape = rows.Type.Shape.Range(1, rows.Type.Rank);
        if (shape.Rank != 2)
            return TransposeAxes.Last(_builder, Reshape.To(_builder, rows, [count, shape.Elements]));
        var moved = TransposeAxes.Of(_builder, rows, 1, 0, 2);
        return Catalogue
            .Get<Reshape>()
            .Apply(_builder, [moved, _builder.Vector(0, -1)], types: [rows.Type with { Shape = [shape[0], count * shape[1]] }])
            .Output;
    }

    private IEnumerable<Value> Batched(ImmutableArray<Value?> single, Dictionary<Value, Value> rows, ImmutableArray<Value> like, Dim count)
    {
        var batched = _builder.Batch([.. single.OfType<Value>()], rows, count);
        var next = 0;
        return
        [
            .. single.Select(
                (value, index) =>
                {
                    var found = value is null ? null : batched[next++];
                    var zero = _builder.Scalar(like[index].Type.Element, 0);
                    return Packed(found ?? Expand.Of(_builder, zero, like[index].Type.Shape.Prepend(count)), count);
                }
            ),
        ];
    }
}
