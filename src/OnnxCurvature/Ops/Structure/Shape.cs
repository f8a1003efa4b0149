using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>The sizes of x from axis <c>start</c> up to <c>end</c>, as a vector of 64-bit integers.</summary>
internal sealed class Shape : NonDifferentiable
{
    /// <summary>The shape of a value.</summary>
    public static Value Of(GraphBuilder b, Value x) => Catalogue.Get<Shape>().Apply(b, [x]).Output;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (start, end) = Bounds(call.Attributes, call.Required(0).Type.Rank);
        return [new TensorType(ElementType.Int64, [end - start])];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node)
    {
        var (start, end) = Bounds(node.Attributes, node.Inputs[0]!.Type.Rank);
        return [.. node.Inputs[0]!.Type.Shape.Range(start, end)];
    }

    /// <inheritdoc/>
    public override bool DependsOnShapesAlone => true;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (start, end) = Bounds(node.Attributes, inputs[0]!.Rank);
        return [Tensor.Vector(inputs[0]!.Shape.AsSpan()[start..end])];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) => [SampleLayout.None];

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => node.Attributes.Has("start") || node.Attributes.Has("end") ? 15 : 13;

    private static (int Start, int End) Bounds(Attributes attributes, int rank)
    {
        var start = Bound(attributes.Int("start", 0));
        return (start, Math.Max(start, Bound(attributes.Int("end", rank))));

        int Bound(long axis) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);
    }

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;
}
