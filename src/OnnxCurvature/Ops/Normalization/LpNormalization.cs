using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Ops.Normalization;

/// <summary>
/// x divided by its norm along <c>axis</c>: Σ|x| for <c>p</c> = 1, √Σx² for <c>p</c> = 2; 0, with derivatives of 0, where the norm is 0.
/// </summary>
internal sealed class LpNormalization : CompositeOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = new Expr(b, call.Required(0));
        Operator norm = call.Attributes.Int("p", 2) switch
        {
            1 => Catalogue.Get<ReduceL1>(),
            2 => Catalogue.Get<ReduceL2>(),
            var p => throw new UnsupportedOperatorException($"LpNormalization with p = {p} is not supported, only 1 and 2 are."),
        };
        var y = x.With(norm.Apply(b, [x.Value], Attributes.Empty.With("axes", [call.Attributes.Int("axis", -1)])).Output);
        var isZero = Equal.Of(b, y, y.Number(0));
        return [Expr.Select(isZero, y.Number(0), x / Expr.Select(isZero, y.Number(1), y))];
    }

    /// <inheritdoc/>
    protected override bool HasFloat64Kernel => true;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 3 * size(node.Output.Type.Shape.Elements);
}
