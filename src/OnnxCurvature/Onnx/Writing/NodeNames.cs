using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>
/// Gives every node of a graph and of its bodies a name of its own, which ONNX Runtime asks for. Names of the model stay; other nodes
/// are named after what they give out.
/// </summary>
internal static class NodeNames
{
    /// <summary>Names the nodes that have no name, and those that share one, as nodes do whose body was written out.</summary>
    public static void Complete(GraphProto graph)
    {
        var (names, open) = (new UniqueNames(), new List<NodeProto>());
        foreach (var node in Nodes(graph))
            if (node.Name.Length == 0 || !names.Take(node.Name))
                open.Add(node);
        // Only now, so that no number makes the name of another node.
        foreach (var node in open)
            node.Name = names.Of(node.Name.Length > 0 ? node.Name : node.Output.First(output => output.Length > 0));
    }

    private static IEnumerable<NodeProto> Nodes(GraphProto graph) =>
        graph.Node.SelectMany(node =>
            node.Attribute.Where(attribute => attribute.G is not null).SelectMany(attribute => Nodes(attribute.G)).Prepend(node)
        );
}
