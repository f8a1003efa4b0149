using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>
/// The mean of all inputs, under broadcasting. Its derivatives are sums with a factor, for which more runtimes have kernels.
/// </summary>
internal sealed class Mean : VariadicElementwise
{
    /// <inheritdoc/>
    protected override double Function(ReadOnlySpan<double> elements)
    {
        double sum = 0;
        foreach (var element in elements)
            sum += element;
        return sum / elements.Length;
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Linear;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        [Sum.OfTangents(b, node, dx) is { } sum ? Share(b, node, sum) : null];

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy) => Share(b, node, cy[0]!);

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) =>
        [new Expr(b, Catalogue.Get<Sum>().Apply(b, call.Inputs).Output) / call.Inputs.Length];

    private static Value Share(GraphBuilder b, Node node, Value value) => new Expr(b, value) * (1.0 / node.Inputs.Length);
}
