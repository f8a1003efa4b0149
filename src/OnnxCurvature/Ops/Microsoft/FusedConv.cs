using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// y = activation(Conv(x, w, bias) + z); bias and z may be left out, and <c>activation</c> names an operator of the standard.
/// </summary>
internal sealed class FusedConv : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var conv = Catalogue.Get<Conv>();
        var plain = conv.FromOpset(
            b,
            call.WithInputs(call.Input(0), call.Input(1), call.Input(2)) with
            {
                Name = conv.Name,
                Domain = "",
                Attributes = call.Attributes.Without("activation", "activation_params"),
            },
            21
        );
        Value y = conv.Apply(b, plain.Inputs, plain.Attributes).Output;
        if (call.Input(3) is { } z)
            y = Add.Of(b, y, z);
        return [FusedActivation.Of(b, y, call.Attributes.Text("activation", ""), call.Attributes.Floats("activation_params") ?? [])];
    }
}
