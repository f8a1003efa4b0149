using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = a / b; integers are divided towards zero.</summary>
internal sealed class Div : BinaryElementwise
{
    /// <summary>The quotient; a divisor that is a scalar one is left out.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) => Scalars.Is(y, 1) ? x : Catalogue.Get<Div>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) => Contents.Elementwise(node, Contents.Quotient);

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double a, double b) => a / b;

    /// <inheritdoc/>
    protected override long IntegerFunction(Attributes attributes, long a, long b) => Integers.Quotient(a, b);

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => active[1] ? Curvature.Curved : Curvature.Linear;

    /// <inheritdoc/>
    public override bool IsHomogeneous(Node node, ImmutableArray<bool> active) => true;

    /// <inheritdoc/>
    public override double? HarmlessInput(Node node, int input) => input == 1 ? 1 : null;

    /// <summary>dy = da / b - y / b * db.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var (divisor, y) = (node.Inputs[1]!, node.Output);
        return
        [
            Sum(b, node, dx[0] is { } da ? Of(b, da, divisor) : null, dx[1] is { } db ? Mul.Of(b, db, Neg.Of(b, Of(b, y, divisor))) : null),
        ];
    }

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        input == 0 ? Of(b, cy[0]!, node.Inputs[1]!) : base.Transpose(b, node, input, cy);

    /// <summary>The quotient without its fraction: that of whole numbers below 2^24 never rounds up to the next one.</summary>
    public override Value InFloat32(GraphBuilder b, OperatorCall call)
    {
        var quotient = new Expr(b, Of(b, call.Required(0), call.Required(1)));
        return quotient.Through<Sign>() * quotient.Through<Abs>().Through<Floor>();
    }

    /// <summary>
    /// A divisor is given the rank of a dividend of ones. ONNX Runtime makes y / x of 1 / x * y, and loses axes that only the 1 has.
    /// </summary>
    public override SimplerNode? Simplify(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        var simpler = base.Simplify(b, node, inputs);
        var (dividend, divisor) = (simpler?.Inputs[0] ?? inputs[0]!, simpler?.Inputs[1] ?? inputs[1]!);
        var missing = dividend.Type.Rank - divisor.Type.Rank;
        if (missing <= 0 || dividend.IsWeight || Scalars.Constant(dividend) != 1)
            return simpler;
        var raised = Reshape.To(b, divisor, [.. Enumerable.Repeat<Dim>(1, missing), .. divisor.Type.Shape]);
        return new SimplerNode(null, [dividend, raised], node.Attributes);
    }

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.OfFactors : null;

    /// <inheritdoc/>
    public override bool IsDivisor(int input) => input == 1;

    /// <inheritdoc/>
    public override ImmutableArray<LinearTerm>? LinearTerms(Node node, ImmutableArray<bool> active) =>
        active[1] ? null : [new LinearTerm(0, Factor: 1, IsDivisor: true)];
}
