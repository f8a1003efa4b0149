using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Random;

/// <summary>
/// Classes sampled with probabilities whose logarithms, up to a constant, are x [N, classes]: <c>sample_size</c> (default 1) for each row,
/// where x plus a number of Gumbel's distribution is greatest. Piecewise constant in x. Of type <c>dtype</c>, int32 by default.
/// </summary>
internal sealed class Multinomial : RandomSource
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var numbers = Uniform(b, call, x.Type.Element, [x.Type.Shape[0], call.Attributes.Int("sample_size", 1), x.Type.Shape[1]]);
        for (var i = 0; i < numbers.Count; i++)
            numbers.Floats[i] = -Math.Log(-Math.Log(numbers.Floats[i]));
        var moved = Add.Of(b, Reshape.InsertAxis(b, x, 1), b.Constant(numbers));
        var classes = Catalogue.Get<ArgMax>().Apply(b, [moved], Attributes.Empty.With("axis", 2L).With("keepdims", 0L)).Output;
        return [Cast.Of(b, classes, Result(call, ElementType.Int32))];
    }

    /// <inheritdoc/>
    public override string? TypeAttribute => "dtype";
}
