using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = a - b.</summary>
internal sealed class Sub : BinaryElementwise
{
    /// <summary>The difference; a scalar zero is left out.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) =>
        Scalars.Is(y, 0) ? x
        : Scalars.Is(x, 0) ? Neg.Of(b, y)
        : Catalogue.Get<Sub>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) => Contents.Elementwise(node, Contents.Difference);

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double a, double b) => a - b;

    /// <inheritdoc/>
    protected override long IntegerFunction(Attributes attributes, long a, long b) => unchecked(a - b);

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Linear;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        [dx is [{ } da, { } db] ? Apply(b, [da, db]).Output : Sum(b, node, dx[0], dx[1] is { } only ? Neg.Of(b, only) : null)];

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        input == 0 ? cy[0] : Neg.Of(b, cy[0]!);

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) =>
        input == 0 ? SquaredCoefficients.Same : SquaredCoefficients.Negated;

    /// <inheritdoc/>
    public override ImmutableArray<LinearTerm>? LinearTerms(Node node, ImmutableArray<bool> active) =>
        active[0] && active[1] ? [new LinearTerm(0), new LinearTerm(1, IsNegative: true)] : null;
}
