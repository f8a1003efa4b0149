using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>
/// A new <c>axis</c> (default -1) of size <c>depth</c>, along which the on-value stands where an index says and the off-value elsewhere;
/// negative indices count from the back, and those beyond the depth are nowhere. Linear in the values. Inputs: indices, depth, [off, on].
/// </summary>
internal sealed class OneHot : CompositeOperator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => ConstantRole.Formula;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var values = call.Required(2);
        var depth = Depth(call.Required(1));
        b.Budget.TakeTensor([depth]);
        var indices = Cast.Of(b, call.Required(0), ElementType.Int64);
        var axis = Axes.Normalize(call.Attributes.Int("axis", -1), indices.Type.Rank + 1);
        var isNegative = Less.Of(b, indices, b.Scalar(ElementType.Int64, 0));
        var wrapped = Where.Of(b, isNegative, Add.Of(b, indices, b.Scalar(ElementType.Int64, depth)), indices);
        var positions = Tensor.Of(
            ElementType.Int64,
            [depth, .. Enumerable.Repeat(1L, indices.Type.Rank - axis)],
            [.. Enumerable.Range(0, checked((int)depth)).Select(i => (long)i)]
        );
        return [Where.Of(b, Equal.Of(b, Reshape.InsertAxis(b, wrapped, axis), b.Constant(positions)), Value(1), Value(0))];

        Value Value(int index) => Reshape.To(b, Slice.Of(b, values, 0, index, index + 1), TensorShape.Scalar);
    }

    /// <summary>Files hold it as a number of any type, alone or in a vector of one.</summary>
    private static long Depth(Value value)
    {
        var known = KnownTensor.Required(value, "the depth of OneHot is computed at run time, and only a constant is supported there.");
        return known.Count == 1 && known.At(0) is >= 1 and <= int.MaxValue and var depth
            ? (long)depth
            : throw new UnsupportedOperatorException($"the depth of OneHot must be a single number from 1 to {int.MaxValue}.");
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;
}
