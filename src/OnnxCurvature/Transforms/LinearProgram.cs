using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Transforms;

/// <summary>
/// A linear map from tangents to tangents, as a part of a graph. Its other inputs are residuals: values that
/// do not depend on them. Only a program of this type can be transposed.
/// </summary>
/// <param name="Inputs">The tangents that go in: parameters.</param>
/// <param name="Outputs">The tangents that come out; null where one is zero for any input.</param>
internal sealed record LinearProgram(ImmutableArray<Value> Inputs, ImmutableArray<Value?> Outputs)
{
    /// <summary>
    /// The cotangents of the inputs, given those of the outputs; null where one is zero. Throws
    /// <see cref="UnsupportedModelException"/> where a node is not linear in the tangents or has no transpose.
    /// </summary>
    public ImmutableArray<Value?> Transpose(GraphBuilder b, IReadOnlyList<Value?> cotangents)
    {
        var nodes = GraphWalk.Between(new HashSet<Value>(Inputs), Outputs.Where(output => output is not null)!);
        var sums = new Dictionary<Value, Value>();
        for (var index = 0; index < Outputs.Length; index++)
            if (Outputs[index] is { } output && cotangents[index] is { } cotangent)
                Pullback.Accumulate(b, sums, output, cotangent);
        var refusals = new List<UnsupportedNode>();
        Pullback.Run(b, nodes, Inputs, sums, refusals);
        return refusals.Count > 0
            ? throw new UnsupportedModelException(refusals)
            : [.. Inputs.Select(input => sums.GetValueOrDefault(input))];
    }
}
