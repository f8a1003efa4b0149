using System.Collections.Immutable;
using Google.Protobuf;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Wire;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Structure;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>
/// Turns a program into a graph of an opset. Constants are collected: they become initializers of the outermost graph, wherever
/// they are used.
/// </summary>
internal sealed class GraphEmitter
{
    private readonly int _opset;
    private readonly ValueNames _names;
    private readonly GraphBuilder _lowered = new();
    private readonly HashSet<Node> _loweredNodes = [];
    private readonly HashSet<Program> _bodies = [];
    private readonly HashSet<Value> _parameters = [];
    private readonly Dictionary<Value, string> _constants = [];
    private readonly Dictionary<string, string> _shared = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _domains = new(StringComparer.Ordinal);
    private readonly List<NodeProto> _made = [];

    private GraphEmitter(Program program, int opset)
    {
        _opset = opset;
        _names = new ValueNames(program);
        _parameters.UnionWith(program.Parameters);
        Graph = new GraphProto();
        Graph.Input.AddRange(program.Parameters.Select(parameter => TypeWriter.Info(_names.Of(parameter), parameter.Type)));
        EmitNodes(program, Graph);
        foreach (var output in program.Outputs)
        {
            var name = Reference(output.Value);
            if (name != output.Name)
                Graph.Node.Add(Alias(name, output.Name));
            Graph.Output.Add(TypeWriter.Info(output.Name, output.Value.Type));
        }
        for (var index = 0; index < _made.Count; index++)
            Graph.Node.Insert(index, _made[index]);
        NodeNames.Complete(Graph);
    }

    /// <summary>The graph, without its initializers.</summary>
    public GraphProto Graph { get; }

    /// <summary>The initializers in order of first use, by name.</summary>
    public List<(string Name, Constant Constant)> Initializers { get; } = [];

    /// <summary>The domains of the nodes besides ai.onnx, in ordinal order.</summary>
    public IEnumerable<string> Domains => _domains;

    /// <summary>The graph of a program.</summary>
    public static GraphEmitter Emit(Program program, int opset) => new(program, opset);

    private void EmitNodes(Program program, GraphProto graph)
    {
        foreach (var node in program.Nodes)
            EmitNode(node, graph);
    }

    private void EmitNode(Node node, GraphProto graph)
    {
        if (EmitSpelled(node, graph))
            return;
        var call = node.Rules().ToOpset(_lowered, node, _opset);
        foreach (var lowered in GraphWalk.Ancestors(call.Inputs.Where(input => input is not null)!, scope: _lowered))
            if (_loweredNodes.Add(lowered))
                EmitNode(lowered, graph);
        if (NodeChecker.InputWithoutFloat64(call, _opset) is { } refused)
            throw new UserErrorException(
                $"{node} cannot be computed in float64, which ONNX does not allow for its input '{refused}'; compute in the model's "
                    + $"own types."
            );
        var proto = new NodeProto { OpType = call.Name };
        if (call.Domain.Length > 0)
        {
            proto.Domain = call.Domain;
            _domains.Add(call.Domain);
        }
        foreach (var input in call.Inputs)
            proto.Input.Add(input is null ? "" : Reference(input));
        foreach (var output in node.Outputs.Take(call.OutputCount))
            proto.Output.Add(OutputName(output));
        proto.Name = node.Name ?? "";
        if (node.Origin is { } origin)
            proto.DocString = origin.Text;
        foreach (var (name, value) in call.Attributes.Items)
            if (!NodeChecker.IsNeedless(call, name, value, _opset))
                proto.Attribute.Add(Attribute(name, value));
        // A node that the catalogue does not know is written as the file has it, which an older opset may have had in another form.
        if (node.Operator is OpaqueOperator { Opset: var own } && NodeChecker.FormProblem(proto, _opset) is { } problem)
            throw new UserErrorException(
                $"{problem.TrimEnd('.')} in opset {_opset}, as it is of opset {own}; convert the model to a newer opset."
            );
        graph.Node.Add(proto);
    }

    /// <summary>Emits a node of an operator that is newer than the opsets of files by the operators that it is made of.</summary>
    private bool EmitSpelled(Node node, GraphProto graph)
    {
        var b = new GraphBuilder(node.Scope) { Origin = NodeOrigin.Of(node) };
        foreach (var input in node.Inputs)
            if (input is not null)
                b.Recognize(input);
        if (node.Rules().ForOlderOpsets(b, node) is not { } outputs)
            return false;
        foreach (var part in GraphWalk.Ancestors(outputs, scope: b))
            EmitNode(part, graph);
        for (var index = 0; index < node.Outputs.Length; index++)
            if (node.Outputs[index].Type.Element != ElementType.Undefined)
                graph.Node.Add(Alias(Reference(outputs[index]), OutputName(node.Outputs[index])));
        return true;
    }

    private string OutputName(Value output) =>
        output.Type.Element == ElementType.Undefined ? ""
        : _parameters.Contains(output) ? _names.Unique(_names.Of(output))
        : _names.Of(output);

    private AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case long number:
                (attribute.Type, attribute.I) = (Kind.Int, number);
                break;
            case double number:
                (attribute.Type, attribute.F) = (Kind.Float, (float)number);
                break;
            case string text:
                (attribute.Type, attribute.S) = (Kind.String, ByteString.CopyFromUtf8(text));
                break;
            case ImmutableArray<long> list:
                attribute.Type = Kind.Ints;
                attribute.Ints.AddRange(list);
                break;
            case ImmutableArray<double> list:
                attribute.Type = Kind.Floats;
                attribute.Floats.AddRange(list.Select(number => (float)number));
                break;
            case ImmutableArray<string> list:
                attribute.Type = Kind.Strings;
                attribute.Strings.AddRange(list.Select(ByteString.CopyFromUtf8));
                break;
            case Tensor tensor:
                (attribute.Type, attribute.T) = (Kind.Tensor, TensorWriter.Header("", tensor.Type));
                attribute.T.RawData = ByteString.CopyFrom(TensorEncoder.Encode(tensor));
                break;
            case Program body:
                (attribute.Type, attribute.G) = (Kind.Graph, Body(body, name));
                break;
        }
        return attribute;
    }

    /// <summary>
    /// A body must compute all its outputs itself, each once, so those that it passes through go through an Identity.
    /// </summary>
    private GraphProto Body(Program program, string attribute)
    {
        if (!_bodies.Add(program))
            _names.Renew(program);
        var graph = new GraphProto { Name = attribute };
        var added = program.Parameters.Where(_parameters.Add).ToList();
        graph.Input.AddRange(program.Parameters.Select(parameter => TypeWriter.Info(_names.Of(parameter), parameter.Type)));
        EmitNodes(program, graph);
        var own = program.Nodes.SelectMany(node => node.Outputs).ToHashSet();
        foreach (var output in program.Outputs)
        {
            var name = Reference(output.Value);
            if (!own.Remove(output.Value))
            {
                var alias = _names.Unique(output.Name);
                graph.Node.Add(Alias(name, alias));
                name = alias;
            }
            graph.Output.Add(TypeWriter.Info(name, output.Value.Type));
        }
        _parameters.ExceptWith(added);
        return graph;
    }

    private static NodeProto Alias(string from, string to) =>
        new()
        {
            OpType = nameof(Identity),
            Input = { from },
            Output = { to },
        };

    private string Reference(Value value) =>
        value.Constant is { } constant && !_parameters.Contains(value) ? Initializer(value, constant) : _names.Of(value);

    /// <summary>The name of an initializer; nameless small ones with the same contents are one.</summary>
    private string Initializer(Value value, Constant constant)
    {
        if (_constants.TryGetValue(value, out var name))
            return name;
        if (
            value.Name is null
            && constant is InlineConstant
            && TensorWriter.Bytes(constant.Type) <= ModelReader.LargestInline
            && constant.Type.Element.Size() > 0
        )
        {
            var key = constant.Type + Convert.ToHexString(TensorEncoder.Encode(constant.Read()));
            if (!_shared.TryGetValue(key, out name))
            {
                _shared[key] = name = _names.Of(value);
                Initializers.Add((name, constant));
            }
            return _constants[value] = name;
        }
        _constants[value] = name = _names.Of(value);
        if (constant is WidenedConstant { Stored: MappedConstant stored } widened)
        {
            _constants[value] = _names.Unique($"{name}.{widened.Type.Element.DisplayName()}");
            _made.Add(Widen(name, _constants[value], widened));
            Initializers.Add((name, stored));
            return _constants[value];
        }
        if (constant is FilledConstant filled)
            _made.Add(Fill(name, filled));
        else
            Initializers.Add((name, constant));
        return name;
    }

    /// <summary>The weight stays as the file has it, so that it can be taken from there.</summary>
    private NodeProto Widen(string from, string to, WidenedConstant widened) =>
        new()
        {
            OpType = nameof(Ops.Elementwise.Cast),
            Input = { from },
            Output = { to },
            Attribute = { Attribute("to", (long)widened.Type.Element) },
        };

    private NodeProto Fill(string name, FilledConstant filled)
    {
        var shape = _names.Unique($"{name}.shape");
        Initializers.Add((shape, new InlineConstant(Tensor.Vector(filled.Type.Shape.Sizes))));
        return new NodeProto
        {
            OpType = "ConstantOfShape",
            Input = { shape },
            Output = { name },
            Attribute = { Attribute("value", Tensor.Filled(filled.Type.Element, [1], filled.Element)) },
        };
    }
}
