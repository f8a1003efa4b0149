using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.ControlFlow;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Wire;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Quantization;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>
/// Builds the nodes of a file in their canonical form. A node whose types cannot be inferred is noted, and what depends on it is
/// left out, so that all such nodes are reported together.
/// </summary>
internal sealed class NodeLoader(ModelReader file, LoadOptions options)
{
    private readonly TensorReader _tensors = new(file);
    private readonly FunctionLibrary _functions = new(file.Model);
    private readonly Dictionary<object, Value> _repeated = new(ReferenceEqualityComparer.Instance);
    private SequenceLoader? _sequences;
    private NodeAppender? _appender;

    /// <summary>The budget that loading has left.</summary>
    public WorkBudget Budget { get; } = new(options.Limits);

    /// <summary>The nodes whose types cannot be inferred.</summary>
    public List<LeftOutNode> LeftOutNodes { get; } = [];

    /// <summary>The outputs of the model that are left out: one sentence each.</summary>
    public List<string> LeftOutOutputs { get; } = [];

    /// <summary>The nodes of operators that the catalogue does not have.</summary>
    public List<Node> UnknownNodes { get; } = [];

    /// <summary>The values that would have to be known for a node to be taken, or to be taken in a plainer form.</summary>
    public List<Value> Undecided { get; } = [];

    /// <summary>In which types everything is computed.</summary>
    public Widening Widening { get; } = new(options.Precision, options.Targets);

    /// <summary>
    /// The constants of bodies and functions whose nodes have become those of the outermost graph, without scalars, which belong to
    /// formulas; those of a body that is written out several times stand here as often.
    /// </summary>
    public List<Value> WrittenOutConstants { get; } = [];

    /// <summary>How messages call the nodes whose random numbers are sampled at load.</summary>
    public List<string> Sampled { get; } = [];

    /// <summary>How messages call the nodes through which derivatives pass as if there were no rounding.</summary>
    public List<string> StraightThrough { get; } = [];

    /// <summary>The oracle that infers the types that the catalogue cannot; known once the inputs are.</summary>
    public ModelTypes? Types { get; set; }

    /// <summary>Defines the initializers of a graph as constants.</summary>
    public void LoadInitializers(GraphProto graph, Scope scope)
    {
        foreach (var tensor in graph.SparseInitializer)
            DefineWeight(scope, tensor, tensor.Values?.Name ?? "", () => SparseTensors.Dense(tensor, _tensors, file.File.Path, Budget));
        foreach (var tensor in graph.Initializer)
            DefineWeight(scope, tensor, tensor.Name, () => _tensors.Read(tensor));
    }

    /// <summary>Gives a value a name in a scope. Throws <see cref="UserErrorException"/> where it is taken.</summary>
    public void Define(Scope scope, string name, Value? value)
    {
        if (name.Length == 0)
            throw new UserErrorException($"'{file.File.Path}' holds a value without a name.");
        if (!scope.Define(name, value))
            throw new UserErrorException($"'{file.File.Path}' defines the value '{name}' twice.");
    }

    /// <summary>
    /// Defines a constant that the file holds, once for all times that a body is written out. Where a scope is a body or a function that is
    /// written out, the constant is one of the outermost graph.
    /// </summary>
    private void DefineWeight(Scope scope, object source, string name, Func<Constant> read)
    {
        Budget.TakeNodes(1);
        if (!scope.IsRepeated || !_repeated.TryGetValue(source, out var constant))
            constant = scope.Builder.Weight(
                Widening.Of(read(), scope.FullName(name), isInitializer: source is not NodeProto),
                scope.FullName(name)
            );
        if (scope.IsRepeated)
            _repeated[source] = constant;
        Define(scope, name, constant);
        if (scope is { Depth: > 0, Builder.Parent: null } && constant.Type.Rank > 0)
            WrittenOutConstants.Add(constant);
    }

    /// <summary>
    /// Gives a sequence or an optional value a name in a scope. Throws <see cref="UserErrorException"/> where it is taken.
    /// </summary>
    public void DefineList(Scope scope, string name, ListValue list)
    {
        if (!scope.DefineList(name, list))
            throw new UserErrorException($"'{file.File.Path}' defines the value '{name}' twice.");
    }

    /// <summary>Builds nodes in their order.</summary>
    public void Load(IEnumerable<NodeProto> nodes, Scope scope)
    {
        foreach (var node in nodes)
        {
            Budget.TakeNodes(1);
            if (!Resolve(node, scope, out var inputs))
            {
                LeaveOut(node, scope, IsKnown(node) ? null : NotInCatalogue(node.OpType));
                continue;
            }
            try
            {
                Load(node, scope, inputs);
            }
            catch (Exception exception) when (exception is UnsupportedOperatorException or FormatException or ShapeException)
            {
                Note(exception as UnsupportedOperatorException);
                LeaveOut(node, scope, exception.Message);
            }
            catch (ArithmeticException exception)
            {
                LeaveOut(node, scope, $"a size or a number in it is out of range ({exception.Message.TrimEnd('.')})");
            }
            catch (Exception exception) when (NodeTrace.Note(exception, () => Describe(node)))
            {
                throw;
            }
        }
    }

    /// <summary>How messages call a node of the file.</summary>
    public static string Describe(NodeProto node) =>
        node.Name.Length > 0 ? $"{node.OpType} '{node.Name}'"
        : node.Output.FirstOrDefault(name => name.Length > 0) is { } output ? $"{node.OpType} that makes '{output}'"
        : node.OpType;

    private bool Resolve(NodeProto node, Scope scope, out ImmutableArray<Value?> inputs)
    {
        var found = ImmutableArray.CreateBuilder<Value?>(node.Input.Count);
        var known = true;
        foreach (var name in node.Input)
        {
            Value? value = null;
            if (name.Length > 0 && !scope.IsLeftOut(name) && scope.FindList(name) is null)
            {
                if (!scope.Find(name, out value))
                    throw new UserErrorException(
                        $"In '{file.File.Path}' {Describe(node)} takes the value '{name}', which nothing before it defines."
                    );
                known &= value is not null;
            }
            found.Add(value);
        }
        inputs = found.MoveToImmutable();
        return known;
    }

    private bool IsKnown(NodeProto node) =>
        _functions.Find(DomainOf(node), node.OpType, node.Overload) is not null
        || Catalogue.Find(DomainOf(node), node.OpType) is not null
        || node.OpType == "Constant"
        || SequenceLoader.Resolves(node);

    private static string DomainOf(NodeProto node) => node.Domain == "ai.onnx" ? "" : node.Domain;

    /// <summary>Why a node of an unknown operator is not taken.</summary>
    public static string NotInCatalogue(string name) => $"{name} is not in the operator catalogue";

    /// <summary>Notes the value that would have to be known for a node to be taken.</summary>
    public void Note(UnsupportedOperatorException? refusal)
    {
        if (refusal?.Unknown is { } value)
            Undecided.Add(value);
    }

    private void LeaveOut(NodeProto node, Scope scope, string? reason)
    {
        var domain = DomainOf(node);
        LeftOutNodes.Add(
            new LeftOutNode(
                domain.Length > 0 ? $"{domain}.{node.OpType}" : node.OpType,
                Describe(node),
                scope.Opsets.TryGetValue(domain, out var opset) ? opset : null,
                reason?.TrimEnd('.')
            )
        );
        foreach (var name in node.Output)
            if (name.Length > 0)
                Define(scope, name, null);
    }

    private void Load(NodeProto node, Scope scope, ImmutableArray<Value?> inputs)
    {
        var domain = DomainOf(node);
        if (_functions.Find(domain, node.OpType, node.Overload) is { } function)
        {
            LoadFunction(node, function, scope, inputs);
            return;
        }
        new NodeForm(node, scope).Check(inputs);
        if ((_sequences ??= new SequenceLoader(this)).Load(node, scope, inputs))
            return;
        if (domain.Length == 0 && node.OpType == "Constant" && node.Output.Count == 1)
        {
            DefineWeight(scope, node, node.Output[0], () => ConstantNodes.Read(node, scope, _tensors, file.File.Path, Budget));
            return;
        }
        if (domain == GradientNode.Domain && node.OpType == GradientNode.Name)
        {
            LoadGradient(node, scope, inputs);
            return;
        }
        string? reason = null;
        var bodies = new BodyLoader(this, file, options);
        var kept =
            options.KeepLoops && domain.Length == 0 && Catalogue.Find("", node.OpType) is IBodyOperator and Operator { Branches: false }
                ? bodies.TryLoad(node, scope, inputs)
                : null;
        if (kept is null && domain.Length == 0 && new BodyInliner(this).TryInline(node, scope, inputs, out reason))
            return;
        var attributes = AttributeReader.Read(
            node,
            scope,
            Widening.Recover,
            ReadTensor,
            graph => kept ?? bodies.Load(node, graph, scope, inputs)
        );
        var outputs = node.Output.Count;
        while (outputs > 0 && node.Output[outputs - 1].Length == 0)
            outputs--;
        if (domain.Length == 0)
            attributes = TypeAttributes.Widen(attributes, Catalogue.Find(domain, node.OpType), outputs, Widening);
        var call = new OperatorCall(node.OpType, domain, inputs, attributes, outputs).WithInputs(inputs);
        if (
            domain.Length == 0
            && node.OpType == "ConstantOfShape"
            && inputs is [{ Contents: { } sizes }]
            && sizes.All(size => size.Known >= 0)
        )
        {
            Define(scope, node.Output[0], scope.Builder.Constant(ConstantNodes.Filled(call, sizes), scope.FullName(node.Output[0])));
            return;
        }
        (_appender ??= new NodeAppender(this, options)).Append(node, scope, call, reason);
    }

    private Tensor ReadTensor(TensorProto tensor)
    {
        var constant = Widening.Of(_tensors.Read(tensor), "", isInitializer: false);
        Budget.TakeTensor(constant.Type.Shape);
        return constant.Read();
    }

    private void LoadGradient(NodeProto node, Scope scope, ImmutableArray<Value?> inputs)
    {
        using var origin = scope.Builder.For(Describe(node));
        var gradients = GradientNode.Compile(node, scope, inputs);
        for (var index = 0; index < node.Output.Count; index++)
            if (node.Output[index].Length > 0)
            {
                gradients[index].NameAs(scope.FullName(node.Output[index]));
                Define(scope, node.Output[index], gradients[index]);
            }
    }

    private void LoadFunction(NodeProto node, FunctionProto function, Scope scope, ImmutableArray<Value?> inputs)
    {
        var inner = FunctionLibrary.Enter(node, function, scope, Deeper(scope));
        for (var index = 0; index < function.Input.Count; index++)
            if (index < inputs.Length && inputs[index] is { } value)
                Define(inner, function.Input[index], value);
            else if (index < inputs.Length && scope.FindList(node.Input[index]) is { } list)
                DefineList(inner, function.Input[index], list);
            else
                inner.LeaveOut(function.Input[index]);
        Load(function.Node, inner);
        for (var index = 0; index < node.Output.Count; index++)
            if (node.Output[index].Length > 0)
            {
                if (index < function.Output.Count && inner.FindList(function.Output[index]) is { } list)
                {
                    DefineList(scope, node.Output[index], list);
                    continue;
                }
                Value? value = null;
                if (index >= function.Output.Count || !inner.Find(function.Output[index], out value))
                    throw new UserErrorException($"In '{file.File.Path}' the function {function.Name} does not define its output {index}.");
                Define(scope, node.Output[index], value);
            }
    }

    /// <summary>The depth of a body in a scope. Throws <see cref="UserErrorException"/> where it is too deep.</summary>
    public int Deeper(Scope scope) =>
        scope.Depth < ModelReader.DeepestNesting
            ? scope.Depth + 1
            : throw new UserErrorException($"'{file.File.Path}' nests bodies and functions more than {ModelReader.DeepestNesting} deep.");
}
