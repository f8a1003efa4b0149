using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// An operator that takes axes of size one away or puts them in. Its axes are an attribute <c>axes</c> here; in files an input from opset
/// 13 on.
/// </summary>
internal abstract class AxisChange : ReshapingOperator
{
    private const int AxesInputSince = 13;

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        if (opset < AxesInputSince)
            return call;
        var attributes = call.ConstantIntegers(1) is { } axes ? call.Attributes.With("axes", axes) : call.Attributes;
        return call.WithInputs(call.Input(0)) with { Attributes = attributes };
    }

    /// <inheritdoc/>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset)
    {
        var call = base.ToOpset(b, node, opset);
        return opset >= AxesInputSince ? call.WithAxesAsInput(b) : call;
    }
}
