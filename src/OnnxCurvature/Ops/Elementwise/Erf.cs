using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>The error function, y = 2/√π ∫₀ˣ exp(-t²) dt.</summary>
internal sealed class Erf : UnaryElementwise
{
    /// <inheritdoc/>
    protected override Curvature Kind => Curvature.Curved;

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double x) => ErrorFunction.Of(x);

    /// <summary>The Taylor polynomial about the nearest point of a table, of |x|, with the sign of x.</summary>
    protected override Expr? InFloat64(Attributes attributes, Expr x)
    {
        var b = x.Builder;
        var size = x.Through<Abs>();
        size = Expr.Select(size > ErrorFunction.LastPoint, x.Number(ErrorFunction.LastPoint), size);
        var point = (size * ErrorFunction.PointsPerUnit).Through<Round>();
        // NaN has no point, and comes through by its distance from one.
        var known = Expr.Select(point > -1, point, x.Number(0));
        var index = Cast.Of(b, known, ElementType.Int64);
        var distance = size - point / ErrorFunction.PointsPerUnit;
        var coefficients = ErrorFunction.TaylorCoefficients();
        var sum = At(coefficients[^1]);
        for (var power = coefficients.Length - 2; power >= 0; power--)
            sum = sum * distance + At(coefficients[power]);
        return ExactFunctions.WithSignOf(x, sum);

        Expr At(double[] series) => x.With(Gather.Of(b, b.Constant(Tensor.Of([series.Length], series)), index, 0));
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? InFloat64OnCuda(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) => null;

    /// <inheritdoc/>
    protected override Expr? Slope(Node node, Expr x, Expr y) => 2 / Math.Sqrt(Math.PI) * (-(x * x)).Through<Exp>();
}
