using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Wire;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>
/// Checks the structure of written models: every name is defined once, bodies included, and before it is used; every node is one that the
/// opset has, with the inputs, outputs, attributes and element types that it wants; bodies take and give as many values as their nodes say;
/// initializers are in order, and external data is where they say.
/// </summary>
internal static class OnnxChecker
{
    /// <summary>
    /// The faults of a model, in sentences; none where all is well. Throws <see cref="UserErrorException"/> where the file is no
    /// model.
    /// </summary>
    public static IReadOnlyList<string> Check(string path)
    {
        var file = ModelReader.Read(path);
        var problems = new List<string>();
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
        problems.AddRange(Check(file.Model));
        return problems;
    }

    /// <summary>The faults of a model but for the elements of its initializers.</summary>
    internal static IReadOnlyList<string> Check(ModelProto model)
    {
        var problems = new List<string>();
        var opsets = FunctionLibrary.OpsetsOf(model.OpsetImport);
        if (opsets.Count < model.OpsetImport.Count)
            problems.Add("Two opsets are named for one domain.");
        var opset = opsets.GetValueOrDefault("");
        if (opset is < OpsetRange.LowestOnRequest or > OpsetRange.Newest)
            problems.Add($"The opset {opset} is not one of {OpsetRange.LowestOnRequest} to {OpsetRange.Newest}.");
        else if (model.IrVersion < OnnxWriter.IrVersionOf(opset))
            problems.Add($"The IR version {model.IrVersion} is older than opset {opset}.");
        if (model.Graph.Name.Length == 0)
            problems.Add("The graph has no name.");
        new Walk(opsets, opset, problems).Check(model.Graph);
        return problems;
    }

    private sealed class Walk
    {
        private readonly Dictionary<string, int> _opsets;
        private readonly int _opset;
        private readonly List<string> _problems;
        private readonly NodeChecker _nodes;
        private readonly HashSet<string> _visible = new(StringComparer.Ordinal);
        private readonly HashSet<string> _defined = new(StringComparer.Ordinal);
        private readonly HashSet<string> _nodeNames = new(StringComparer.Ordinal);
        private readonly Dictionary<string, ElementType> _types = new(StringComparer.Ordinal);

        public Walk(Dictionary<string, int> opsets, int opset, List<string> problems)
        {
            (_opsets, _opset, _problems) = (opsets, opset, problems);
            _nodes = new NodeChecker(opset, _types, problems);
        }

        /// <summary>Checks a graph; what is visible around it is visible in it, and what it defines is visible in it only.</summary>
        public void Check(GraphProto graph)
        {
            var own = new HashSet<string>(StringComparer.Ordinal);
            foreach (var input in graph.Input)
            {
                Declare(input, "The input");
                Define(input.Name, "an input", own);
            }
            foreach (var tensor in graph.Initializer)
            {
                // An input that is an initializer, too, is one whose value a caller may replace.
                if (!own.Contains(tensor.Name))
                    Define(tensor.Name, "an initializer", own);
                else if (_types.TryGetValue(tensor.Name, out var type) && type != (ElementType)tensor.DataType)
                    _problems.Add($"The input '{tensor.Name}' is of {type.DisplayName()}, and its initializer is not.");
                _types[tensor.Name] = (ElementType)tensor.DataType;
            }
            foreach (var node in graph.Node)
                Check(node, own);
            foreach (var output in graph.Output)
            {
                if (!own.Contains(output.Name))
                    _problems.Add($"The output '{output.Name}' is not defined in its graph.");
                var computed = _types.TryGetValue(output.Name, out var found) ? found : ElementType.Undefined;
                if (Declare(output, "The output") is { } type && computed != ElementType.Undefined && type != computed)
                    _problems.Add(
                        $"The output '{output.Name}' is declared as {type.DisplayName()}, and {computed.DisplayName()} is computed."
                    );
            }
            _visible.ExceptWith(own);
        }

        private void Check(NodeProto node, HashSet<string> own)
        {
            var what = $"{node.OpType} '{node.Name}'";
            if (!_opsets.ContainsKey(node.Domain))
                _problems.Add($"{what} is of the domain '{node.Domain}', whose opset the model does not name.");
            if (node.Name.Length > 0 && !_nodeNames.Add(node.Name))
                _problems.Add($"Two nodes have the name '{node.Name}'.");
            foreach (var input in node.Input)
                if (input.Length > 0 && !_visible.Contains(input))
                    _problems.Add($"{what} takes '{input}', which is not defined before it.");
            foreach (var attribute in node.Attribute)
            {
                if (attribute.G is { } body)
                    Check(body);
                foreach (var graph in attribute.Graphs)
                    Check(graph);
            }
            CheckBodies(what, node);
            _nodes.Check(node);
            foreach (var output in node.Output)
                if (output.Length > 0)
                    Define(output, what, own);
        }

        /// <summary>How many values the bodies of loops and branches take and give.</summary>
        private void CheckBodies(string what, NodeProto node)
        {
            if (node.Domain.Length > 0 || Catalogue.Find("", node.OpType) is not IBodyOperator op)
                return;
            var (taken, given) = (op.BodyInputs(node.Input.Count, _opset), node.Output.Count + op.OutputsBefore);
            foreach (var attribute in node.Attribute)
                if (attribute.G is { } body && (body.Input.Count, body.Output.Count) != (taken, given))
                    _problems.Add(
                        $"The body '{attribute.Name}' of {what} takes {body.Input.Count} and gives {body.Output.Count} values, and "
                            + $"{taken} and {given} are expected."
                    );
        }

        private ElementType? Declare(ValueInfoProto info, string what)
        {
            if (info.Type?.ValueCase is TypeProto.ValueOneofCase.TensorType && info.Type.TensorType.ElemType != 0)
                return _types[info.Name] = (ElementType)info.Type.TensorType.ElemType;
            if (info.Type is null || info.Type.ValueCase is TypeProto.ValueOneofCase.None or TypeProto.ValueOneofCase.TensorType)
                _problems.Add($"{what} '{info.Name}' has no type.");
            return null;
        }

        private void Define(string name, string what, HashSet<string> own)
        {
            if (name.Length == 0 || !_defined.Add(name))
                _problems.Add($"'{name}', defined by {what}, is empty or defined elsewhere, too.");
            _visible.Add(name);
            own.Add(name);
        }
    }
}
