using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Structure;

/// <summary>
/// The numbers start, start + delta, … before limit. Inputs: three scalars. Their count is piecewise constant, and for a given count they
/// are linear in start and delta together.
/// </summary>
internal sealed class Range : NonDifferentiable
{
    /// <summary>0, 1, … below a limit, a 64-bit scalar or vector of one, that is the size <paramref name="length"/>.</summary>
    public static Value UpTo(GraphBuilder b, Value limit, Dim length) =>
        Catalogue
            .Get<Range>()
            .Apply(
                b,
                [b.Scalar(ElementType.Int64, 0), Reshape.To(b, limit, TensorShape.Scalar), b.Scalar(ElementType.Int64, 1)],
                types: [new TensorType(ElementType.Int64, [length])]
            )
            .Output;

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

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] || active[2] ? Curvature.PiecewiseLinear : Curvature.PiecewiseConstant;

    /// <summary>dy_i = dstart + i ddelta.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var shape = node.Output.Type.Shape;
        var slope = dx[2] is { } delta ? Mul.Of(b, Positions(b, shape[0], delta.Type.Element), Reshape.To(b, delta, [1])) : null;
        var start = dx[0] is { } first ? Reshape.To(b, first, [1]) : null;
        return
        [
            (start, slope) switch
            {
                (null, _) => slope,
                (_, null) => Expand.Of(b, start, shape),
                _ => Add.Of(b, slope, start),
            },
        ];
    }

    /// <summary>
    /// The <c>stash_type</c> of opset 27 says in which type 16-bit floats are computed, which is float32 here in any case.
    /// </summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            Attributes = call.Attributes.Without("stash_type"),
        };

    /// <summary>0, 1, … up to a size.</summary>
    private static Value Positions(GraphBuilder b, Dim size, ElementType element) =>
        size.Known is { } count
            ? Cast.Of(b, b.Vector(count, index => index), element)
            : Add.Of(
                b,
                Catalogue.Get<CumSum>().Apply(b, [Expand.Of(b, b.Scalar(element, 1), [size]), b.Scalar(ElementType.Int64, 0)]).Output,
                b.Scalar(element, -1)
            );

    private static Dim Length(OperatorCall call)
    {
        if (Known(call.Required(0)) is { } start && Known(call.Required(1)) is { } limit && Known(call.Required(2)) is { } delta)
            return Count(start, limit, delta);
        return Known(call.Required(0)) == 0 && Known(call.Required(2)) == 1 && call.Required(1).Contents is [var length]
            ? length
            : throw new UnsupportedOperatorException(
                "the length of Range is known only at run time, and only constants are supported there.",
                call.Inputs.FirstOrDefault(input => input is not null && Known(input) is null)
            );
    }

    private static double? Known(Value value)
    {
        if (!value.Type.Shape.Elements.IsOne)
            throw new UnsupportedOperatorException($"Range takes single numbers, and {value.Type} holds others.");
        return value.Contents is [{ Known: { } number }] ? number : KnownTensor.Of(value)?.At(0);
    }

    private static long Count(double start, double limit, double delta) =>
        Math.Ceiling((limit - start) / delta) switch
        {
            <= 0 => 0,
            <= int.MaxValue and var count => (long)count,
            _ => throw new UnsupportedOperatorException(
                $"Range counts from {start:R} to {limit:R} by {delta:R}, which has no end or too many numbers."
            ),
        };
}
