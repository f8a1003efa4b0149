using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Products;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>y = activation(alpha A B + beta C); <c>activation</c> names an operator of the standard.</summary>
internal sealed class FusedGemm : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        string[] parameters = ["activation_alpha", "activation_beta", "activation_gamma"];
        var y = Catalogue.Get<Gemm>().Apply(b, call.Inputs, call.Attributes.Without([.. parameters, "activation"])).Output;
        return
        [
            FusedActivation.Of(
                b,
                y,
                call.Attributes.Text("activation", ""),
                [.. parameters.Where(call.Attributes.Has).Select(name => call.Attributes.Float(name, 0))]
            ),
        ];
    }
}
