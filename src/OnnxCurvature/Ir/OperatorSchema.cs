using System.Collections.Immutable;

namespace OnnxCurvature.Ir;

/// <summary>
/// The part of an operator that the intermediate representation knows: its name and domain. The mathematics is added by the
/// operator catalogue, which derives from this.
/// </summary>
internal abstract class OperatorSchema
{
    /// <summary>The name of the operator in ONNX.</summary>
    public abstract string Name { get; }

    /// <summary>The name by which messages call it: that of the operator which it stands for where ONNX has no such one.</summary>
    public virtual string CommonName => Name;

    /// <summary>The domain; empty for ai.onnx.</summary>
    public virtual string Domain => "";

    /// <summary>
    /// The knowledge of the elements of the first output, an integer scalar or vector, as dimensions; null where nothing is. Called
    /// when a node is built, so that the shapes which a model computes at run time are known to what takes them.
    /// </summary>
    public virtual ImmutableArray<Dim>? ContentsOf(Node node) => null;

    /// <inheritdoc/>
    public override string ToString() => Domain.Length == 0 ? Name : $"{Domain}.{Name}";
}
