using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Transforms;

/// <summary>The first transform: from a part of a graph to the linear map of its tangents.</summary>
internal static class Linearization
{
    /// <summary>
    /// Linearizes <paramref name="outputs"/> as functions of <paramref name="inputs"/>, which may be any values of the graph.
    /// Throws <see cref="UnsupportedModelException"/>, with all nodes that cannot be linearized.
    /// </summary>
    /// <param name="b">Where the tangent's nodes are built.</param>
    /// <param name="inputs">With respect to which values.</param>
    /// <param name="outputs">Of which values.</param>
    public static LinearProgram Linearize(this GraphBuilder b, IReadOnlyList<Value> inputs, IReadOnlyList<Value> outputs)
    {
        var tangents = new Dictionary<Value, Value>();
        foreach (var input in inputs)
            tangents[input] = b.Parameter(input.Type);
        var refusals = new List<UnsupportedNode>();
        var parameters = inputs.Select(input => tangents[input]).ToImmutableArray();
        Pushforward.Run(b, GraphWalk.Between(inputs.ToHashSet(), outputs), tangents, refusals, []);
        return refusals.Count > 0
            ? throw new UnsupportedModelException(refusals)
            : new LinearProgram(parameters, [.. outputs.Select(output => tangents.GetValueOrDefault(output))]);
    }
}
