using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x σ(α x) with the logistic function σ; α is <c>alpha</c> (default 1). Of opset 24, so files hold the product.</summary>
internal sealed class Swish : CompositeOperator
{
    /// <inheritdoc/>
    protected override bool IsNewerThanFiles => true;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        var alpha = call.Attributes.Float("alpha", 1);
        return [x * (alpha == 1 ? x : alpha * x).Through<Logistic>()];
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 3 * size(node.Output.Type.Shape.Elements);

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;
}
