using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Transforms;

/// <summary>
/// A linear map from tangents to tangents, as a part of a graph. What it takes besides its tangents are residuals: values that
/// do not depend on them. Only a program of this type can be transposed.
/// </summary>
/// <param name="Inputs">The tangents that go in: parameters.</param>
/// <param name="Outputs">The tangents that come out; null where one is zero for any input.</param>
public sealed record LinearProgram(ImmutableArray<Value> Inputs, ImmutableArray<Value?> Outputs)
{
    /// <summary>
    /// The cotangents of the inputs, given those of the outputs; null where one is zero. Throws
    /// <see cref="UnsupportedModelException"/> where a node is not linear in the tangents or has no transpose.
    /// </summary>
    public ImmutableArray<Value?> Transpose(GraphBuilder b, IReadOnlyList<Value?> cotangents)
    {
        var tangents = new HashSet<Value>(Inputs);
        var nodes = GraphWalk.Between(tangents, Outputs.Where(output => output is not null)!);
        foreach (var node in nodes)
            tangents.UnionWith(node.Outputs);
        var sums = new Dictionary<Value, Value>();
        for (var index = 0; index < Outputs.Length; index++)
            if (Outputs[index] is { } output && cotangents[index] is { } cotangent)
                Accumulate(output, cotangent);
        var outer = b.Origin;
        var refusals = new List<UnsupportedNode>();
        foreach (var node in nodes.Reverse())
        {
            ImmutableArray<Value?> cy = [.. node.Outputs.Select(output => sums.GetValueOrDefault(output))];
            if (cy.All(cotangent => cotangent is null))
                continue;
            b.Origin = node.Origin;
            ImmutableArray<bool> active = [.. node.Inputs.Select(input => input is not null && tangents.Contains(input))];
            try
            {
                if (node.Rules().CurvatureIn(node, active) != Curvature.Linear)
                    throw new UnsupportedOperatorException($"{node.Operator.Name} is not linear in its tangents, so it has no transpose.");
                for (var index = 0; index < active.Length; index++)
                    if (active[index] && node.Rules().Transpose(b, node, index, cy) is { } cx)
                        Accumulate(node.Inputs[index]!, Broadcasting.Undo(b, cx, node.Inputs[index]!.Type.Shape));
            }
            catch (UnsupportedOperatorException exception)
            {
                refusals.Add(new UnsupportedNode(node, exception.Message));
            }
        }
        b.Origin = outer;
        return refusals.Count > 0 ? throw new UnsupportedModelException(refusals) : [.. Inputs.Select(input => sums.GetValueOrDefault(input))];

        void Accumulate(Value value, Value cotangent) =>
            sums[value] = sums.TryGetValue(value, out var sum) ? Ops.Elementwise.Add.Of(b, sum, cotangent) : cotangent;
    }
}
