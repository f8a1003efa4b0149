using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Wire;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>
/// Counts the nodes that a model has once its functions are written out, before anything writes them out: functions that call others twice
/// make a billion nodes of a few lines.
/// </summary>
internal sealed class ExpansionCount(ModelProto model, string path)
{
    private readonly FunctionLibrary _functions = new(model);
    private readonly Dictionary<FunctionProto, double> _counts = new(ReferenceEqualityComparer.Instance);

    /// <summary>
    /// Throws <see cref="WorkLimitException"/> where there are too many nodes, and <see cref="UserErrorException"/> where a function calls
    /// itself, or calls are nested too deep.
    /// </summary>
    public void Check(WorkLimits limits)
    {
        if (Of(model.Graph, 0) > limits.Nodes)
            throw new WorkLimitException("nodes", limits.Nodes);
    }

    private double Of(GraphProto graph, int depth) => graph.Node.Sum(node => Of(node, depth));

    private double Of(NodeProto node, int depth)
    {
        if (depth > ModelReader.DeepestNesting)
            throw new UserErrorException($"'{path}' nests bodies and functions more than {ModelReader.DeepestNesting} deep.");
        var graphs = node.Attribute.SelectMany(attribute => attribute.G is { } body ? attribute.Graphs.Prepend(body) : attribute.Graphs);
        var count = 1 + graphs.Sum(graph => Of(graph, depth + 1));
        var domain = node.Domain == "ai.onnx" ? "" : node.Domain;
        return _functions.Find(domain, node.OpType, node.Overload) is { } function ? count + Of(function, depth + 1) : count;
    }

    private double Of(FunctionProto function, int depth)
    {
        if (!_counts.TryGetValue(function, out var count))
        {
            _counts[function] = double.NaN;
            _counts[function] = count = function.Node.Sum(node => Of(node, depth));
        }
        // A function that is found again before it is counted lies within itself.
        return !double.IsNaN(count) ? count : throw new UserErrorException($"In '{path}' the function {function.Name} calls itself.");
    }
}
