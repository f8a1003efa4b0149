using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Convolution;

/// <summary>The common part of a convolution and its transpose: y = x ∗ w + b is bilinear in x and w, and affine in b.</summary>
internal abstract class ConvolutionOperator : Operator
{
    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] && active[1] ? Curvature.Curved : Curvature.Linear;

    /// <summary>dy = dx ∗ w + x ∗ dw + db.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var byInput = dx[0] is { } input ? Apply(b, [input, node.Inputs[1]], node.Attributes, types: [node.Output.Type]).Output : null;
        var byWeight = dx[1] is { } weight ? Apply(b, [node.Inputs[0], weight], node.Attributes, types: [node.Output.Type]).Output : null;
        var byBias = dx.Length > 2 && dx[2] is { } bias ? ChannelVectors.Along(b, bias, node.Output.Type.Rank) : null;
        return [Sums.Of(b, node.Output.Type.Shape, byInput, byWeight, byBias)];
    }
}
