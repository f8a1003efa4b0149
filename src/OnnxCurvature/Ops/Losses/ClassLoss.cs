using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Losses;

/// <summary>
/// A loss that gathers, by a target of integers [N, *d], an entry of the scores [N, C, *d] along the classes. Optional is a weight for each
/// class; a target equal to <c>ignore_index</c> has the weight zero. <c>reduction</c>: none, sum, or mean, which is the weighted mean.
/// </summary>
internal abstract class ClassLoss : CompositeOperator
{
    /// <summary>The axis of the classes.</summary>
    public const int ClassAxis = 1;

    /// <summary>The logits of which a node is the cross-entropy; null where it is that of nothing.</summary>
    public abstract Value? LogitsOf(Node node);

    /// <summary>The weight w[t] of every target, zero for those that are ignored, of shape [N, *d]; null where all are one.</summary>
    public static Value? Weights(GraphBuilder b, OperatorCall call)
    {
        var (target, ignored) = Targets(b, call);
        var weight = call.Input(2) is { } weights ? Gather.Of(b, weights, target, 0) : null;
        if (ignored is null)
            return weight;
        var counted = Cast.Of(b, Catalogue.Get<Not>().Apply(b, [ignored]).Output, call.Required(0).Type.Element);
        return weight is null ? counted : Mul.Of(b, weight, counted);
    }

    /// <summary>-w[t] * logarithms[n, t, …] for the targets t, reduced.</summary>
    protected static Value Loss(GraphBuilder b, OperatorCall call, Value logarithms)
    {
        var (target, _) = Targets(b, call);
        var gathered = GatherElements.Of(b, logarithms, Reshape.InsertAxis(b, target, 1), 1);
        var losses = -new Expr(b, Reshape.To(b, gathered, target.Type.Shape));
        var weight = Weights(b, call);
        if (weight is not null)
            losses *= losses.With(weight);
        var axes = Enumerable.Range(0, target.Type.Rank).Select(axis => (long)axis);
        return call.Attributes.Text("reduction", "mean") switch
        {
            "none" => losses,
            "sum" => ReduceSum.All(b, losses),
            "mean" when weight is null => ReduceMean.Of(b, losses, axes, keepDims: false),
            "mean" => Div.Of(b, ReduceSum.All(b, losses), ReduceSum.All(b, weight)),
            var reduction => throw new UnsupportedOperatorException($"the reduction '{reduction}' is not known."),
        };
    }

    /// <summary>The targets, with 0 in place of those that are ignored, and which are ignored.</summary>
    private static (Value Target, Value? Ignored) Targets(GraphBuilder b, OperatorCall call)
    {
        var target = call.Required(1);
        if (!call.Attributes.Has("ignore_index"))
            return (target, null);
        var ignored = Equal.Of(b, target, b.Scalar(target.Type.Element, call.Attributes.Int("ignore_index", 0)));
        return (Where.Of(b, ignored, b.Scalar(target.Type.Element, 0), target), ignored);
    }

    /// <inheritdoc/>
    /// <remarks>The weights of classes belong to the loss.</remarks>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? base.RoleOf(node, input) : ConstantRole.Formula;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 5 * size(node.Inputs[0]!.Type.Shape.Elements);
}
