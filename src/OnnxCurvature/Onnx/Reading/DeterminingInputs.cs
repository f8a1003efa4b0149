using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>Finds the inputs of a model on whose elements values depend.</summary>
internal static class DeterminingInputs
{
    /// <summary>
    /// The inputs, in their order, that the elements of <paramref name="values"/> come from. Floating-point inputs count only where they
    /// are passed on as they are, since values computed from them are data and no sizes.
    /// </summary>
    public static ImmutableArray<Value> Of(IEnumerable<Value> values, ImmutableArray<Value> inputs)
    {
        var found = new HashSet<Value>();
        var seen = new HashSet<Value>();
        var pending = new Stack<(Value Value, bool IsPassedOn)>(values.Select(value => (value, true)));
        while (pending.TryPop(out var at))
        {
            if (!seen.Add(at.Value))
                continue;
            if (at.IsPassedOn || !at.Value.Type.Element.IsFloat())
                found.Add(at.Value);
            if (at.Value.Producer is not { } node || node.Rules().DependsOnShapesAlone)
                continue;
            var passesOn = at.IsPassedOn && node.Rules().KeepsNumbers;
            foreach (var input in GraphWalk.Dependencies(node))
                pending.Push((input, passesOn && input == node.Inputs[0]));
        }
        return [.. inputs.Where(found.Contains)];
    }
}
