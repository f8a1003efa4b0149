namespace OnnxCurvature.Onnx.Reading;

/// <summary>A node of a file that was left out, because the types of its outputs cannot be inferred.</summary>
/// <param name="Operator">The operator, with its domain where that is not ai.onnx.</param>
/// <param name="Node">How messages call the node.</param>
/// <param name="Opset">The opset of the operator's domain, or null where the file names none.</param>
/// <param name="Reason">One clause, or null where only nodes before it are to blame.</param>
internal sealed record LeftOutNode(string Operator, string Node, int? Opset, string? Reason)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        if (Opset is null)
            return $"{Node}: {Reason}";
        var dot = Operator.LastIndexOf('.');
        var domain = dot < 0 ? "" : $" of {Operator[..dot]}";
        return $"{Node} (opset {Opset}{domain}): {Reason}";
    }
}
