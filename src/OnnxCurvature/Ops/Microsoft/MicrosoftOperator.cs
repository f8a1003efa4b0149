using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>An operator of ONNX Runtime's own domain, as its optimizer and exporters leave them in files.</summary>
internal abstract class MicrosoftOperator : ExpandedOperator
{
    /// <inheritdoc/>
    public override string Domain => "com.microsoft";
}
