using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>
/// A matrix of the shape of x with ones on the diagonal <c>k</c> (default 0), zeros elsewhere, of type <c>dtype</c> (default: that of x).
/// </summary>
internal sealed class EyeLike : NonDifferentiable
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        return x.Rank == 2
            ? [x with { Element = (ElementType)call.Attributes.Int("dtype", (long)x.Element) }]
            : throw new UnsupportedOperatorException($"EyeLike needs a matrix, and {x.Shape} is none.");
    }

    /// <inheritdoc/>
    public override bool DependsOnShapesAlone => true;

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (rows, columns) = (inputs[0]!.Shape[0], inputs[0]!.Shape[1]);
        var k = node.Attributes.Int("k", 0);
        var eye = Tensor.Filled(ElementType.Float64, [rows, columns], 0);
        for (var row = Math.Max(0, -k); row < rows && row + k < columns; row++)
            eye.Floats[row * columns + row + k] = 1;
        return [eye.CastTo(node.Output.Type.Element)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) => [SampleLayout.None];

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    /// <inheritdoc/>
    public override string? TypeAttribute => "dtype";
}
