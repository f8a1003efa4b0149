namespace OnnxCurvature.Ir;

/// <summary>
/// What the intermediate representation knows of an operator: its name and domain. The mathematics is added by the
/// operator catalogue, which derives from this.
/// </summary>
public abstract class OperatorSchema
{
    /// <summary>The name of the operator in ONNX.</summary>
    public abstract string Name { get; }

    /// <summary>The domain; empty for ai.onnx.</summary>
    public virtual string Domain => "";

    /// <inheritdoc/>
    public override string ToString() => Domain.Length == 0 ? Name : $"{Domain}.{Name}";
}
