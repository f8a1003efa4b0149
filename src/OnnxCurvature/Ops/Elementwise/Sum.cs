using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>The sum of all inputs, under broadcasting.</summary>
internal sealed class Sum : VariadicElementwise
{
    /// <inheritdoc/>
    protected override double Function(ReadOnlySpan<double> elements)
    {
        double sum = 0;
        foreach (var element in elements)
            sum += element;
        return sum;
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Linear;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) => [OfTangents(b, node, dx)];

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) => cy[0];

    /// <summary>The sum of the tangents that are not zero, in the shape of the node's output; null where all are zero.</summary>
    internal static Value? OfTangents(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        Value? sum = null;
        foreach (var tangent in dx)
            if (tangent is not null)
                sum = sum is null ? tangent : Add.Of(b, sum, tangent);
        return sum is null ? null : Broadcasting.To(b, sum, node.Output.Type.Shape);
    }

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => SquaredCoefficients.Same;

    /// <inheritdoc/>
    public override bool KeepsBlocks => true;
}
