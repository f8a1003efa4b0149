using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>The numbers start, start + delta, … before limit. Inputs: three scalars.</summary>
public sealed class Range : NonDifferentiable
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [new TensorType(call.Required(0).Type.Element, [Length(call)])];

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) =>
        node.Output.Type.Shape[0].Known is { } length && Known(node.Inputs[0]!) is { } start && Known(node.Inputs[2]!) is { } delta
            ? [.. Enumerable.Range(0, (int)length).Select(i => (Dim)(long)(start + i * delta))]
            : null;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (start, limit, delta) = (inputs[0]!.At(0), inputs[1]!.At(0), inputs[2]!.At(0));
        var values = new double[Count(start, limit, delta)];
        for (var i = 0; i < values.Length; i++)
            values[i] = start + i * delta;
        return [Tensor.Of(ElementType.Float64, [values.Length], values).CastTo(inputs[0]!.Element)];
    }

    /// <summary>A computed start or step would carry a derivative; Linearize refuses it rather than pass it over.</summary>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => active[0] || active[2] ? Curvature.Curved : Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) => dx[0] is null && dx[2] is null
        ? [null]
        : throw new UnsupportedOperatorException("the derivative of Range in its start or step is not supported.");

    private static Dim Length(OperatorCall call)
    {
        if (Known(call.Required(0)) is { } start && Known(call.Required(1)) is { } limit && Known(call.Required(2)) is { } delta)
            return Count(start, limit, delta);
        return Known(call.Required(0)) == 0 && Known(call.Required(2)) == 1 && call.Required(1).Contents is [var length]
            ? length
            : throw new UnsupportedOperatorException("the length of Range is known only at run time, and only constants are supported there.");
    }

    private static double? Known(Value value) => value.Contents is [{ Known: { } number }] ? number : Scalars.Constant(value);

    private static long Count(double start, double limit, double delta) => Math.Max(0, (long)Math.Ceiling((limit - start) / delta));
}
