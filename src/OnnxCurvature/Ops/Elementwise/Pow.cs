using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = aᵖ, element by element under broadcasting; 0⁰ = 1. The exponent may have another element type than the base.</summary>
internal sealed class Pow : BinaryElementwise
{
    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double a, double b) => Math.Pow(a, b);

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        (active[1], Scalars.Constant(node.Inputs[1]!)) switch
        {
            (false, 0) => Curvature.PiecewiseConstant,
            (false, 1) => Curvature.Linear,
            _ => Curvature.Curved,
        };

    /// <summary>Whole powers have all derivatives everywhere.</summary>
    public override double? HarmlessInput(Node node, int input) =>
        input == 0 && !(Scalars.Constant(node.Inputs[1]!) is { } exponent && exponent >= 0 && Math.Floor(exponent) == exponent) ? 1 : null;

    /// <summary>ONNX Runtime has kernels for exponents that are int32 or int64, and for no other integers.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call.Required(1) is { Type.Element: var element } exponent
        && !element.IsFloat()
        && element is not (ElementType.Int32 or ElementType.Int64)
            ? call.WithInputs(call.Required(0), Cast.Of(b, exponent, ElementType.Int64))
            : base.FromOpset(b, call, opset);

    /// <summary>dy = p aᵖ⁻¹ da + y ln a dp.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var a = new Expr(b, node.Inputs[0]!);
        var p = a.With(Cast.Of(b, node.Inputs[1]!, a.Value.Type.Element));
        return [Sum(b, node, dx[0] is { } da ? ByBase(a, p, a.With(da)) : null, dx[1] is { } dp ? ByExponent(node, a, a.With(dp)) : null)];
    }

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        input == 0 && Scalars.Constant(node.Inputs[1]!) == 1 ? cy[0] : base.Transpose(b, node, input, cy);

    /// <summary>
    /// Where the exponent is 0, a¹ stands for a⁻¹: the factor p makes both zero, and a¹ is finite at a = 0. The same holds in all
    /// higher derivatives, so that those of a whole power end in zeros.
    /// </summary>
    private static Value? ByBase(Expr a, Expr p, Expr da)
    {
        if (Scalars.Constant(p) is { } exponent)
            return exponent switch
            {
                0 => null,
                1 => da,
                2 => da * (2 * a),
                _ => da * (p * Power(a, p - 1)),
            };
        return da * (p * Power(a, Expr.Select(Equal.Of(a.Builder, p, a.Number(0)), a.Number(1), p - 1)));
    }

    /// <summary>Where a = 0 the logarithm is left out: y is 0 there for a positive exponent, and its derivative, too.</summary>
    private static Expr ByExponent(Node node, Expr a, Expr dp)
    {
        var isZero = Equal.Of(a.Builder, a, a.Number(0));
        return dp * (a.With(node.Output) * Expr.Select(isZero, a.Number(1), a).Through<Log>());
    }

    private static Expr Power(Expr a, Expr p) => a.With(Catalogue.Get<Pow>().Apply(a.Builder, [a, p]).Output);
}
