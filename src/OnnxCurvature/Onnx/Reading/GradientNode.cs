using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>
/// The standard's own request for derivatives, Gradient of ai.onnx.preview.training, is compiled away: the node becomes the gradient of the
/// sum of the value that its attribute <c>y</c> names. It says by <c>xs</c> with respect to which values, and by <c>zs</c> on which others
/// y depends; its inputs are the points at which these are taken. A Gradient of what a Gradient gives is a second derivative.
/// </summary>
internal static class GradientNode
{
    /// <summary>The domain of the operator.</summary>
    public const string Domain = "ai.onnx.preview.training";

    /// <summary>The name of the operator.</summary>
    public const string Name = "Gradient";

    /// <summary>
    /// The gradients. Throws <see cref="UnsupportedOperatorException"/> where the node is malformed or y cannot be differentiated.
    /// </summary>
    public static ImmutableArray<Value> Compile(NodeProto node, Scope scope, ImmutableArray<Value?> inputs)
    {
        var (xs, zs) = (Named(node, "xs", scope), Named(node, "zs", scope));
        var y = Find(node.Attribute.FirstOrDefault(attribute => attribute.Name == "y")?.S?.ToStringUtf8() ?? "", scope);
        if (xs.Length == 0 || xs.Length + zs.Length != inputs.Length || node.Output.Count > xs.Length)
            throw new UnsupportedOperatorException(
                $"it has {inputs.Length} inputs and {node.Output.Count} outputs for {xs.Length} names in xs and {zs.Length} in zs."
            );
        var b = scope.Builder;
        var points = new Dictionary<Value, Value>();
        // One value may be the point of several, or be used on the way in its own right: a point is a value of its own.
        foreach (var (name, point) in xs.Concat(zs).Zip(inputs))
            points[name] =
                point == name
                    ? name
                    : Catalogue
                        .Get<Identity>()
                        .Apply(b, [point ?? throw new UnsupportedOperatorException("one of its inputs is left out.")])
                        .Output;
        var map = new Dictionary<Value, Value>(points.Where(entry => entry.Key != entry.Value));
        if (map.Count > 0)
        {
            BodyCopy.Into(b, GraphWalk.Between(points.Keys.ToHashSet(), [y]), map);
            y = BodyCopy.Mapped(map, y);
        }
        return Gradients(b, y, [.. xs.Select(x => points[x])], [.. points.Values]);
    }

    private static ImmutableArray<Value> Gradients(GraphBuilder b, Value y, ImmutableArray<Value> xs, HashSet<Value> points)
    {
        var tangents = xs.Distinct().ToDictionary(x => x, x => b.Parameter(x.Type));
        var parameters = tangents.Values.ToHashSet();
        var nodes = GraphWalk.Between(points, [y]);
        var (refusals, cuts) = (new List<UnsupportedNode>(), new List<Node>());
        Pushforward.Run(b, nodes, tangents, refusals, cuts);
        var sums = new Dictionary<Value, Value>();
        if (refusals.Count == 0 && tangents.TryGetValue(y, out var dy))
        {
            sums[dy] = Expand.Of(b, b.Scalar(y.Type.Element, 1), y.Type.Shape);
            Pullback.Run(b, GraphWalk.Between(parameters, [dy]), parameters, sums, refusals);
        }
        if (refusals.Count > 0)
            throw new UnsupportedOperatorException(string.Join(" ", refusals.Select(refusal => $"{refusal.Node}: {refusal.Reason}")));
        return [.. xs.Select(x => sums.TryGetValue(tangents[x], out var gradient) ? gradient : Zero(b, x, y, points, cuts))];
    }

    /// <summary>
    /// Zero for a value on which y does not depend. Where it does, the derivative was lost on the way, which is an error.
    /// </summary>
    private static Value Zero(GraphBuilder b, Value x, Value y, HashSet<Value> points, List<Node> cuts)
    {
        var between = GraphWalk.Between(new HashSet<Value> { x }, [y]).ToHashSet();
        between.RemoveWhere(node => points.Overlaps(node.Outputs));
        return cuts.FirstOrDefault(between.Contains) is { } cut
            ? throw new UnsupportedOperatorException(
                $"the derivative by '{x.Name}' is zero almost everywhere, because {cut} on the way to '{y.Name}' is piecewise constant."
            )
            : Expand.Of(b, b.Scalar(x.Type.Element, 0), x.Type.Shape);
    }

    private static Value[] Named(NodeProto node, string attribute, Scope scope) =>
        [
            .. node.Attribute.FirstOrDefault(given => given.Name == attribute)?.Strings.Select(name => Find(name.ToStringUtf8(), scope))
                ?? [],
        ];

    private static Value Find(string name, Scope scope) =>
        scope.Find(name, out var value) && value is not null
            ? value
            : throw new UnsupportedOperatorException($"it names the value '{name}', which is not there.");
}
