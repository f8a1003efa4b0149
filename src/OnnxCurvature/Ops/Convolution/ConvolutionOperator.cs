using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

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

    /// <inheritdoc/>
    public sealed override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        var (x, w, bias) = (inputs[0]!, inputs[1]!, inputs.Length > 2 ? inputs[2] : null);
        var y = (batched[0], batched[1]) switch
        {
            (false, false) => Apply(b, [x, w], node.Attributes, types: [node.Output.Type]).Output,
            (true, false) => BatchInput(b, node, x, w, batched.Length > 2 && batched[2] ? null : bias, directions),
            (false, true) => BatchWeight(b, node, x, w, directions),
            (true, true) => BatchBoth(b, node, x, w, directions),
        };
        if (bias is null || (batched[0] && !batched[1] && !batched[2]))
            return [y];
        var along = ChannelVectors.Along(b, bias, node.Output.Type.Rank);
        return [Add.Of(b, y, batched[2] ? Reshape.InsertAxis(b, along, 1) : along)];
    }

    /// <summary>The outputs [K, …] for K weights w [K, …], without a bias.</summary>
    protected abstract Value BatchWeight(GraphBuilder b, Node node, Value x, Value w, Dim directions);

    /// <summary>The outputs [K, …] for K inputs x [K, …], each with its weight w [K, …], without a bias.</summary>
    protected abstract Value BatchBoth(GraphBuilder b, Node node, Value x, Value w, Dim directions);

    /// <summary>The inputs of all directions as samples of one convolution.</summary>
    private Value BatchInput(GraphBuilder b, Node node, Value x, Value w, Value? bias, Dim directions) =>
        SampleFolding.Unfold(b, Apply(b, [SampleFolding.Fold(b, x), w, bias], node.Attributes).Output, node.Output.Type.Shape, directions);
}
