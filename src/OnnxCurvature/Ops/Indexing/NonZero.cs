using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>The coordinates of the entries of x that are not zero, in row-major order: [rank, count].</summary>
internal sealed class NonZero : NonDifferentiable
{
    /// <summary>The number is known where x is a constant.</summary>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) =>
        call.Required(0) is { Constant: not null } x
            ? [Coordinates(x.CompileIn()).Type]
            : throw new UnsupportedOperatorException("the number of entries that NonZero finds is known only at run time.");

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) => [Coordinates(inputs[0]!)];

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) =>
        call.Required(0) is { Type.Element: ElementType.Float64 } x
            ? [Apply(b, [Cast.Of(b, x, ElementType.Bool)], types: types).Output]
            : null;

    private static Tensor Coordinates(Tensor x)
    {
        var strides = Strided.Strides(x.Shape.AsSpan());
        var found = Enumerable.Range(0, x.Count).Where(position => x.At(position) != 0).ToArray();
        // A scalar counts as a vector of one.
        return x.Rank == 0
            ? Tensor.Of(ElementType.Int64, [1, found.Length], new long[found.Length])
            : Tensor.Of(
                ElementType.Int64,
                [x.Rank, found.Length],
                [.. Enumerable.Range(0, x.Rank).SelectMany(axis => found.Select(position => position / strides[axis] % x.Shape[axis]))]
            );
    }
}
