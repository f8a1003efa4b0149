using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Passes;

/// <summary>
/// Folds norms into the weights of convolutions before them. ONNX Runtime does the same when a session starts, in the same order of
/// operations, so with the same rounding; but with three copies of each weight by one thread. What is folded here is computed by the
/// session, by all of its threads.
/// </summary>
/// <remarks>
/// Requires nothing. Ensures that no norm of constant scale follows a product of constant weight which nothing else uses.
/// </remarks>
internal sealed class NormFolding : IPass
{
    /// <inheritdoc/>
    public string Name => "norm folding";

    /// <inheritdoc/>
    public Program Run(Program program)
    {
        var uses = program
            .Nodes.SelectMany(GraphWalk.Dependencies)
            .Concat(program.Outputs.Select(output => output.Value))
            .CountBy(value => value)
            .ToDictionary();
        return NodeReplacement.Run(program, (b, node, inputs) => Folded(b, node, inputs, uses));
    }

    private static ImmutableArray<Value?>? Folded(GraphBuilder b, Node norm, ImmutableArray<Value?> inputs, Dictionary<Value, int> uses) =>
        norm is { Outputs.Length: 1, Inputs: [{ } before, _, ..] }
        && uses.GetValueOrDefault(before) == 1
        // In the body of a loop the convolution would be computed anew for every iteration.
        && before.Producer?.Scope == norm.Scope
        && inputs[0]!.Producer is { Inputs: [_, _, ..] } product
        && product.Inputs.Skip(1).Concat(inputs.Skip(1)).OfType<Value>().All(value => IsWeight(value, norm.Output.Type.Element))
        && norm.Rules().ChannelScalingOf(b, norm, inputs) is { } scaling
        && product.Rules().WithScaledChannels(b, product, scaling) is { } scaled
            ? [scaled]
            : null;

    private static bool IsWeight(Value value, ElementType element) => value.Type.Element == element && GraphWalk.HoldsNoParameter(value);
}
