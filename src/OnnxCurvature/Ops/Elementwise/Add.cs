using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Products;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = a + b.</summary>
internal sealed class Add : BinaryElementwise
{
    /// <summary>The sum; a scalar zero is left out.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) =>
        Scalars.Is(x, 0) ? Broadcasting.To(b, y, TensorShape.Broadcast(x.Type.Shape, y.Type.Shape)!.Value)
        : Scalars.Is(y, 0) ? Broadcasting.To(b, x, TensorShape.Broadcast(x.Type.Shape, y.Type.Shape)!.Value)
        : Catalogue.Get<Add>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    /// <remarks>A vector of a single number is a weight as the bias of a product. A mask of scores is none.</remarks>
    public override ConstantRole RoleOf(Node node, int input)
    {
        var constant = node.Inputs[input]!;
        if (!constant.Type.Shape.Elements.IsOne)
            return IsMask(constant) ? ConstantRole.Formula : ConstantRole.Weight;
        var isBias = node.Inputs[1 - input]!.Producer?.Operator is BilinearOperator or Conv or ConvTranspose or Gemm;
        return isBias && constant.Type.Rank > 0 ? ConstantRole.Weight : ConstantRole.Number;
    }

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) => Contents.Elementwise(node, Contents.Sum);

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double a, double b) => a + b;

    /// <inheritdoc/>
    protected override long IntegerFunction(Attributes attributes, long a, long b) => unchecked(a + b);

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Linear;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) => [Sum(b, node, dx[0], dx[1])];

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) => cy[0];

    /// <summary>Whether a constant leaves each score that it is added to as it is, or makes its probability zero.</summary>
    private static bool IsMask(Value value)
    {
        // Exporters write -1e4 in 16 bits, -1e9, the lowest number, or an infinity.
        const double LeastHidden = -1e4;
        if (value.Constant is not { } constant)
            return false;
        var hides = false;
        var elements = constant.Type.Shape.Elements.Factor;
        for (long start = 0, count = 16; start < elements; start += count, count = Math.Min(1 << 18, 16 * count))
        {
            var part = constant.Part(start, (int)Math.Min(count, elements - start)).Floats;
            if (part.Any(element => element != 0 && !(element <= LeastHidden)))
                return false;
            hides |= part.Any(element => element != 0);
        }
        return hides;
    }

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => SquaredCoefficients.Same;

    /// <inheritdoc/>
    public override bool KeepsBlocks => true;

    /// <inheritdoc/>
    public override ImmutableArray<LinearTerm>? LinearTerms(Node node, ImmutableArray<bool> active) =>
        active[0] && active[1] ? [new LinearTerm(0), new LinearTerm(1)] : null;
}
