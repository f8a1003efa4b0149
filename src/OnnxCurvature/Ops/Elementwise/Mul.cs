using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = a * b.</summary>
internal sealed class Mul : BinaryElementwise
{
    /// <summary>The product; a factor that is a scalar one is left out.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) =>
        Scalars.Is(x, 1) ? y
        : Scalars.Is(y, 1) ? x
        : Catalogue.Get<Mul>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) => Contents.Elementwise(node, (a, b) => a * b);

    /// <inheritdoc/>
    protected override double Function(Attributes attributes, double a, double b) => a * b;

    /// <inheritdoc/>
    protected override long IntegerFunction(Attributes attributes, long a, long b) => unchecked(a * b);

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] && active[1] ? Curvature.Curved : Curvature.Linear;

    /// <inheritdoc/>
    public override bool IsHomogeneous(Node node, ImmutableArray<bool> active) => true;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        [Sum(b, node, dx[0] is { } da ? Of(b, da, node.Inputs[1]!) : null, dx[1] is { } db ? Of(b, node.Inputs[0]!, db) : null)];

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) =>
        Of(b, cy[0]!, node.Inputs[1 - input]!);

    /// <summary>A factor that is a scalar one is left out, where the other has the product's type.</summary>
    public override SimplerNode? Simplify(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        var simpler = base.Simplify(b, node, inputs) ?? new SimplerNode(null, inputs, node.Attributes);
        var factors = simpler.Inputs;
        var other =
            Scalars.Is(factors[0]!, 1) ? factors[1]
            : Scalars.Is(factors[1]!, 1) ? factors[0]
            : null;
        return other?.Type == node.Output.Type ? simpler with { Same = other } : simpler;
    }

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => SquaredCoefficients.OfFactors;

    /// <inheritdoc/>
    public override bool KeepsBlocks => true;

    /// <inheritdoc/>
    public override ImmutableArray<LinearTerm>? LinearTerms(Node node, ImmutableArray<bool> active) =>
        active[0] == active[1] ? null
        : active[0] ? [new LinearTerm(0, Factor: 1)]
        : [new LinearTerm(1, Factor: 0)];

    /// <inheritdoc/>
    public override bool IsProduct => true;
}
