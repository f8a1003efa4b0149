using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Passes;

/// <summary>Puts composites that an opset does not have yet together from others.</summary>
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
        if (node.Operator is not CompositeOperator composite || node.Rules().MinimumOpset(node) <= opset)
            return null;
        try
        {
            var call = new OperatorCall(composite.Name, composite.Domain, inputs, node.Attributes, node.Outputs.Length);
            return composite.Decompose(b, call);
        }
        catch (UnsupportedOperatorException)
        {
            // The writer refuses the node by its name.
            return null;
        }
    }
}
