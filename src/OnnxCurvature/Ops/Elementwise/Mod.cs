using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>
/// The remainder of a / b: with the sign of a for <c>fmod</c> = 1, which floating-point numbers need, else with that of b.
/// </summary>
internal sealed class Mod : BinaryElementwise
{
    /// <summary>The remainder, of the sign of the divisor.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) => Catalogue.Get<Mod>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) =>
        Contents.Elementwise(
            node,
            (a, b) =>
                a.IsKnown && b.IsKnown && b.Factor != 0
                    ? IntegerFunction(node.Attributes, a.Factor, b.Factor)
                    : Dim.Computed($"({a})%({b})", a, b)
        );

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double a, double b) => a % b;

    /// <inheritdoc/>
    protected override long IntegerFunction(Attributes attributes, long a, long b)
    {
        var remainder = Integers.Remainder(a, b);
        return attributes.Int("fmod", 0) == 0 && remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.PiecewiseLinear;

    /// <summary>dy = da - q db for the whole number q = (a - y) / b, whose derivative is zero.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var (divisor, y) = (new Expr(b, node.Inputs[1]!), new Expr(b, node.Output));
        return
        [
            Sum(
                b,
                node,
                dx[0],
                dx[1] is { } tangent ? -((y.With(node.Inputs[0]!) - y) / divisor).Through<Round>() * y.With(tangent) : null
            ),
        ];
    }

    /// <summary>a - ⌊a / b⌋ b, or with the quotient that is truncated for <c>fmod</c>.</summary>
    public override Value InFloat32(GraphBuilder b, OperatorCall call)
    {
        var (x, divisor) = (new Expr(b, call.Required(0)), new Expr(b, call.Required(1)));
        return call.Attributes.Int("fmod", 0) != 0
            ? Apply(b, call.Inputs, call.Attributes).Output
            : x - (x / divisor).Through<Floor>() * divisor;
    }
}
