using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = a + b.</summary>
public sealed class Add : BinaryElementwise
{
    /// <summary>The sum; a scalar zero is left out.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) =>
        Scalars.Is(x, 0) ? Broadcasting.To(b, y, TensorShape.Broadcast(x.Type.Shape, y.Type.Shape)!.Value)
        : Scalars.Is(y, 0) ? Broadcasting.To(b, x, TensorShape.Broadcast(x.Type.Shape, y.Type.Shape)!.Value)
        : Catalogue.Get<Add>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) => Contents.Elementwise(node, Contents.Sum);

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double a, double b) => a + b;

    /// <inheritdoc/>
    protected override long IntegerFunction(Attributes attributes, long a, long b) => unchecked(a + b);

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Linear;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) => [Sum(b, node, dx[0], dx[1])];

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) => cy[0];
}
