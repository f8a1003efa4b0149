using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Passes;

/// <summary>Puts operators that an opset does not have yet together from others.</summary>
/// <remarks>Requires nothing. Ensures that a node which is newer than the opset has no such form.</remarks>
/// <param name="opset">The newest opset that a node may be of.</param>
internal sealed class OpsetForms(int opset) : IPass
{
    /// <inheritdoc/>
    public string Name => "forms of an opset";

    /// <inheritdoc/>
    public Program Run(Program program) => NodeReplacement.Run(program, Replacement);

    private ImmutableArray<Value?>? Replacement(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        if (node.Operator is not Operator known || known.MinimumOpset(node) <= opset)
            return null;
        try
        {
            return known.Decompose(b, new OperatorCall(known.Name, known.Domain, inputs, node.Attributes, node.Outputs.Length));
        }
        catch (UnsupportedOperatorException)
        {
            // The writer refuses the node by its name.
            return null;
        }
    }
}
