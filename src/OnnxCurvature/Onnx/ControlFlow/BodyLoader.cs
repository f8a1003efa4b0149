using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Wire;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Onnx.ControlFlow;

/// <summary>
/// Loads the bodies of If, Loop and Scan that are kept. A carried value is taken to have the shape that it has at first, which is
/// proven where the body gives it that shape again; where it does not, the body has the types that the file says.
/// </summary>
internal sealed class BodyLoader(NodeLoader loader, ModelReader file, LoadOptions options)
{
    /// <summary>The body of a loop that is to stay one, or null where it cannot.</summary>
    public Program? TryLoad(NodeProto node, Scope scope, ImmutableArray<Value?> inputs)
    {
        var built = loader.Budget.Nodes;
        var (unknown, leftOut, through) = (loader.UnknownNodes.Count, loader.LeftOutNodes.Count, loader.StraightThrough.Count);
        try
        {
            var body = Load(
                node,
                node.Attribute.FirstOrDefault(attribute => attribute.Name == "body")?.G
                    ?? throw new UnsupportedOperatorException($"{node.OpType} lacks its body."),
                scope,
                inputs
            );
            if (loader.UnknownNodes.Count == unknown)
                return body;
        }
        catch (UnsupportedOperatorException)
        {
            // Its iterations may do, or the reason is reported then.
        }
        Forget(built, unknown, leftOut, through);
        return null;
    }

    /// <summary>The body of a node.</summary>
    public Program Load(NodeProto node, GraphProto graph, Scope scope, ImmutableArray<Value?> inputs)
    {
        CheckCounts(node, graph, scope);
        if (BodyTypes.AtFirst(node, graph, scope, inputs) is { } types)
        {
            var built = loader.Budget.Nodes;
            var (unknown, leftOut, through) = (loader.UnknownNodes.Count, loader.LeftOutNodes.Count, loader.StraightThrough.Count);
            try
            {
                var body = Load(node, graph, scope, inputs, types);
                if (BodyTypes.KeepsStates(node, body))
                    return body;
            }
            catch (UnsupportedOperatorException)
            {
                // The file's own types may do; if they do not, the reason is reported then.
            }
            Forget(built, unknown, leftOut, through);
        }
        return Load(node, graph, scope, inputs, null);
    }

    /// <summary>Throws <see cref="UnsupportedOperatorException"/> where a body takes or gives other values than its node.</summary>
    private static void CheckCounts(NodeProto node, GraphProto graph, Scope scope)
    {
        if (Catalogue.Find("", node.OpType) is not IBodyOperator op)
            return;
        var taken = op.BodyInputs(node.Input.Count, scope.Opsets[""]);
        var given = op.OutputsBefore + Math.Max(node.Output.Count, BodyTypes.States(node, taken));
        if (graph.Input.Count != taken || graph.Output.Count < given)
            throw new UnsupportedOperatorException(
                $"its body takes {graph.Input.Count} and gives {graph.Output.Count} values, and {taken} and {given} are expected."
            );
    }

    /// <summary>The nodes of the trial are dead; nothing of it is reported.</summary>
    private void Forget(long built, int unknown, int leftOut, int through)
    {
        loader.Budget.Discard(built);
        loader.UnknownNodes.RemoveRange(unknown, loader.UnknownNodes.Count - unknown);
        loader.LeftOutNodes.RemoveRange(leftOut, loader.LeftOutNodes.Count - leftOut);
        loader.StraightThrough.RemoveRange(through, loader.StraightThrough.Count - through);
    }

    private Program Load(NodeProto node, GraphProto graph, Scope scope, ImmutableArray<Value?> inputs, TensorType[]? types)
    {
        var inner = new Scope(new GraphBuilder(scope.Builder), scope, scope.Opsets, loader.Deeper(scope))
        {
            FullName = scope.FullName,
            Arguments = scope.Arguments,
            IsRepeated = scope.IsRepeated,
        };
        loader.LoadInitializers(graph, inner);
        var parameters = new List<Value>();
        for (var index = 0; index < graph.Input.Count; index++)
        {
            var input = graph.Input[index];
            var type =
                types?[index]
                ?? loader.Widening.Of(
                    TypeReader.Read(input.Type, axis => $"{input.Name}_{axis}", options.Dims, out var reason)
                        ?? BodyTypes.Guess(node.OpType, inputs, index, input.Name)
                        ?? throw new UnsupportedOperatorException($"the input '{input.Name}' of its body {reason}.")
                );
            var parameter = inner.Builder.Parameter(type, scope.FullName(input.Name));
            parameters.Add(parameter);
            loader.Define(inner, input.Name, parameter);
        }
        loader.Load(graph.Node, inner);
        var outputs = new List<NamedValue>();
        foreach (var output in graph.Output)
        {
            if (inner.FindList(output.Name) is not null)
                throw new UnsupportedOperatorException(
                    $"its body gives out '{output.Name}', which is a sequence or an optional value and no tensor."
                );
            if (!inner.Find(output.Name, out var value))
                throw new UserErrorException(
                    $"In '{file.File.Path}' the body of {NodeLoader.Describe(node)} gives out '{output.Name}', which nothing in it defines."
                );
            outputs.Add(
                new NamedValue(
                    scope.FullName(output.Name),
                    value ?? throw new UnsupportedOperatorException($"the type of '{output.Name}' in its body is not known.")
                )
            );
        }
        return inner.Builder.Build(parameters, outputs);
    }
}
