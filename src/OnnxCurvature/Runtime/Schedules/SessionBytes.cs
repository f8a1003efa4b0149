using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>The bytes of a session.</summary>
internal sealed class SessionBytes
{
    /// <summary>Values that are given to it.</summary>
    public double Given { get; init; }

    /// <summary>The most that a node takes which computes with weights alone.</summary>
    public double Computing { get; set; }

    /// <summary>The bytes that are held beside weights as their files have them.</summary>
    public double Copies { get; set; }

    /// <summary>Weights that are laid out for products, and that nothing else needs.</summary>
    public double LaidOut { get; set; }

    /// <summary>The largest of these.</summary>
    public double LargestLaidOut { get; set; }

    /// <summary>The weights.</summary>
    public HashSet<Constant> Weights { get; } = [];

    /// <summary>
    /// The bytes that it holds, without weights that all sessions share. Of its own ones that are laid out the mapped pages are given back.
    /// </summary>
    public double Held(bool sharesWeights) => Copies + (sharesWeights ? LaidOut : Weights.Sum(weight => Size(weight.Type)));

    /// <summary>The bytes that it takes beside, when it starts. One after another, weights that are laid out are there twice.</summary>
    public double AtStart(bool sharesWeights) => Given + Math.Max(Computing, sharesWeights ? 0 : LargestLaidOut);

    /// <summary>
    /// The bytes that a session holds. Convolutions have copies in a layout of their own, and products of sessions that are kept. A value
    /// that follows from weights alone is computed when the session starts, and kept where anything else needs it.
    /// </summary>
    public static SessionBytes Of(ScheduleStep step, bool keepsSessions)
    {
        var laysOut = keepsSessions || step is LoopStep { Iterations: > 2 };
        HashSet<Value> dependent = [.. step.Program.Parameters],
            held = [];
        var bytes = new SessionBytes { Given = step.Program.Parameters.Sum(value => Size(value.Type)) };
        foreach (var node in step.Program.Nodes)
        {
            if (!GraphWalk.Dependencies(node).Any(dependent.Contains))
            {
                bytes.Computing = Math.Max(bytes.Computing, GraphWalk.Dependencies(node).Sum(value => Size(value.Type)));
                continue;
            }
            dependent.UnionWith(node.Outputs);
            held.UnionWith(GraphWalk.Dependencies(node).Where(value => !dependent.Contains(value)));
            if (node.Inputs is not [{ } x, { } factor, ..] || !dependent.Contains(x) || dependent.Contains(factor))
                continue;
            var packing = (node.Operator as Operator)?.Packing;
            if (packing == WeightPacking.Kept)
                bytes.Copies += Size(factor.Type);
            else if (laysOut && packing == WeightPacking.Passing)
            {
                bytes.LaidOut += Size(factor.Type);
                bytes.LargestLaidOut = Math.Max(bytes.LargestLaidOut, Size(factor.Type));
            }
        }
        bytes.Copies += held.Where(value => value.Constant is null).Sum(value => Size(value.Type));
        bytes.Weights.UnionWith(held.Select(value => value.Constant).OfType<Constant>());
        return bytes;
    }

    /// <summary>The bytes of a value; weights have known sizes.</summary>
    public static double Size(TensorType type) => type.Shape.IsKnown ? (double)type.Shape.Elements.Factor * type.Element.Size() : 0;
}
