using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;

namespace OnnxCurvature.Ops.Random;

/// <summary>1 with a probability x, else 0: whether a sampled number is less than x. Piecewise constant in x.</summary>
internal sealed class Bernoulli : RandomSource
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        return [Cast.Of(b, Less.Of(b, b.Constant(Uniform(b, call, x.Type.Element, x.Type.Shape)), x), Result(call, x.Type.Element))];
    }

    /// <inheritdoc/>
    public override string? TypeAttribute => "dtype";
}
