using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Onnx;

/// <summary>
/// Checks the structure of written models: every name is defined once, bodies included, and before it is used; opsets and initializers are in
/// order, and external data is where they say.
/// </summary>
public static class OnnxChecker
{
    /// <summary>What is wrong with a model, in sentences; none where all is well.</summary>
    public static IReadOnlyList<string> Check(string path)
    {
        var file = ModelReader.Read(path);
        var problems = new List<string>();
        var opsets = FunctionLibrary.OpsetsOf(file.Model.OpsetImport);
        if (opsets.GetValueOrDefault("") is var opset && opset is < OnnxWriter.LowestOpset or > OnnxWriter.HighestOpset)
            problems.Add($"The opset {opset} is not one of {OnnxWriter.LowestOpset} to {OnnxWriter.HighestOpset}.");
        var tensors = new TensorReader(file);
        foreach (var tensor in file.Model.Graph.Initializer)
            try
            {
                tensors.Read(tensor);
            }
            catch (UserErrorException exception)
            {
                problems.Add(exception.Message);
            }
        Check(file.Model.Graph, opsets, new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), problems);
        return problems;
    }

    private static void Check(GraphProto graph, Dictionary<string, int> opsets, HashSet<string> visible, HashSet<string> defined, List<string> problems)
    {
        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in graph.Input.Select(input => input.Name).Union(graph.Initializer.Select(tensor => tensor.Name), StringComparer.Ordinal))
            Define(name, "an input or initializer");
        foreach (var node in graph.Node)
        {
            var what = $"{node.OpType} '{node.Name}'";
            if (!opsets.ContainsKey(node.Domain))
                problems.Add($"{what} is of the domain '{node.Domain}', whose opset the model does not name.");
            foreach (var input in node.Input)
                if (input.Length > 0 && !visible.Contains(input))
                    problems.Add($"{what} takes '{input}', which is not defined before it.");
            foreach (var attribute in node.Attribute)
                if (attribute.G is { } body)
                    Check(body, opsets, visible, defined, problems);
            foreach (var output in node.Output)
                if (output.Length > 0)
                    Define(output, what);
        }
        foreach (var output in graph.Output)
            if (!own.Contains(output.Name))
                problems.Add($"The output '{output.Name}' is not defined in its graph.");
        visible.ExceptWith(own);

        void Define(string name, string what)
        {
            if (name.Length == 0 || !defined.Add(name))
                problems.Add($"'{name}', defined by {what}, is empty or defined elsewhere, too.");
            visible.Add(name);
            own.Add(name);
        }
    }
}
