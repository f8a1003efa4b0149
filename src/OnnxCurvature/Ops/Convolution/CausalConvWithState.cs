using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Convolution;

/// <summary>
/// Every channel convolved with a kernel of its own that ends at each position: y[t] = a(b + Σ_j w[j] x[t - k + 1 + j]). Inputs: x [N, C,
/// L], w [C, 1, k], the bias [C], and the k - 1 positions before the first, [N, C, k - 1], which are zero where they are left out. Outputs:
/// y, and the last k - 1 positions. The <c>activation</c> a is the identity or u σ(u). Of opset 27, so files hold what it is made of.
/// </summary>
internal sealed class CausalConvWithState : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 3;

    /// <inheritdoc/>
    protected override bool IsNewerThanFiles => true;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (x, w) = (call.Required(0), call.Required(1));
        if (x.Type.Rank != 3 || w.Type.Rank != 3 || call.Input(3) is { Type.Rank: not 3 })
            throw new ShapeException($"the shapes {x.Type.Shape} and {w.Type.Shape} do not fit a causal convolution along one axis");
        if (x.Type.Shape[1].Known is not { } channels || w.Type.Shape[2].Known is not { } size)
            throw new UnsupportedOperatorException(
                $"the channels of {x.Type.Shape} and the kernel {w.Type.Shape} are not of known size; give the sizes of symbolic "
                    + $"dimensions."
            );
        var padded = call.Input(3) is { } past ? Concat.Of(b, [past, x], 2) : Pad.Of(b, x, 2, size - 1, 0);
        var conv = Catalogue.Get<Conv>();
        var plain = conv.FromOpset(
            b,
            new OperatorCall(conv.Name, conv.Domain, [padded, w, call.Input(2)], Attributes.Empty.With("group", channels), 1),
            21
        );
        // The positions are as many as those of x, which does not follow from a symbol of the padded axis.
        var y = new Expr(b, conv.Apply(b, plain.Inputs, plain.Attributes, types: [x.Type]).Output);
        y = call.Attributes.Text("activation", "none") switch
        {
            "none" => y,
            "silu" or "swish" => y * y.Through<Logistic>(),
            var other => throw new UnsupportedOperatorException($"the activation '{other}' of CausalConvWithState is not known."),
        };
        return call.OutputCount < 2 ? [y] : [y, size == 1 ? Slice.Of(b, x, 2, 0, 0) : Slice.Of(b, padded, 2, 1 - size, long.MaxValue)];
    }
}
