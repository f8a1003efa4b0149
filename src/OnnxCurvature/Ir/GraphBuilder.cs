using System.Collections.Immutable;

namespace OnnxCurvature.Ir;

/// <summary>
/// Builds nodes and constants. A builder with a parent builds the body of a loop: its nodes may take values of the parent's,
/// and <see cref="Build"/> leaves the parent's nodes where they are.
/// </summary>
internal sealed class GraphBuilder
{
    private readonly GraphBuilder _root;
    private readonly Dictionary<(ElementType, double), Value> _scalars = [];
    private readonly Dictionary<DimSymbol, (Value Value, int Axis)> _symbols = [];
    private WorkBudget _budget = new(WorkLimits.None);
    private NodeOrigin? _origin;
    private int _lastId;

    /// <summary>A builder for a program, or for the body of a loop inside <paramref name="parent"/>'s program.</summary>
    public GraphBuilder(GraphBuilder? parent = null)
    {
        Parent = parent;
        _root = parent?._root ?? this;
    }

    /// <summary>A builder for a program that may take no more than a budget allows.</summary>
    public GraphBuilder(WorkBudget budget)
        : this() => _budget = budget;

    /// <summary>
    /// A builder that goes on from what this one, which has no parent, has built, and leaves this one as it is. So several may go on at
    /// once, each with a budget of its own.
    /// </summary>
    public GraphBuilder Continued()
    {
        var b = new GraphBuilder(_budget.Copy()) { _lastId = _lastId, Origin = _origin };
        foreach (var (key, scalar) in _scalars)
            b._scalars.Add(key, scalar);
        foreach (var (symbol, found) in _symbols)
            b._symbols.Add(symbol, found);
        return b;
    }

    /// <summary>The budget that building and computing constants have left; shared by the builders of all bodies.</summary>
    public WorkBudget Budget
    {
        get => _root._budget;
        set => _root._budget = value;
    }

    /// <summary>The builder of the program around this one, or null.</summary>
    public GraphBuilder? Parent { get; }

    /// <summary>The purpose of the nodes that are being built; it becomes <see cref="Node.Origin"/>.</summary>
    public NodeOrigin? Origin
    {
        get => _origin;
        init => _origin = value;
    }

    /// <summary>Nodes that are built before the result is disposed of have the given origin.</summary>
    public OriginScope For(NodeOrigin? origin)
    {
        var scope = new OriginScope(this, _origin);
        _origin = origin;
        return scope;
    }

    /// <summary>Nodes that are built before the result is disposed of are for a purpose.</summary>
    public OriginScope For(string purpose) => For(new NodeOrigin(purpose));

    internal void Restore(NodeOrigin? origin) => _origin = origin;

    /// <summary>A new parameter.</summary>
    public Value Parameter(TensorType type, string? name = null)
    {
        type.Shape.CheckSize();
        var value = new Value(type, name, null, null, 0);
        Register(value);
        return value;
    }

    /// <summary>A constant.</summary>
    public Value Constant(Constant constant, string? name = null) => new(constant.Type, name, constant, null, 0);

    /// <summary>A constant of the model's file; see <see cref="Value.IsWeight"/>.</summary>
    public Value Weight(Constant constant, string? name) =>
        new(constant.Type, name, constant, null, 0)
        {
            IsWeight = !Value.MayHaveContents(constant.Type) && constant.Type.Element != ElementType.String,
        };

    /// <summary>A constant that is held in memory.</summary>
    public Value Constant(Tensor tensor, string? name = null)
    {
        Budget.TakeBytes((long)sizeof(double) * tensor.Count);
        return Constant(new InlineConstant(tensor), name);
    }

    /// <summary>A scalar constant; the same one for the same type and value.</summary>
    public Value Scalar(ElementType element, double value)
    {
        if (!_root._scalars.TryGetValue((element, value), out var scalar))
            _root._scalars[(element, value)] = scalar = Constant(Tensor.Scalar(element, value));
        return scalar;
    }

    /// <summary>A constant vector of 64-bit integers.</summary>
    public Value Vector(params ReadOnlySpan<long> elements) => Constant(Tensor.Vector(elements));

    /// <summary>A vector of 64-bit integers that are computed from their indices, once their bytes have been taken.</summary>
    public Value Vector(long count, Func<long, long> element)
    {
        Budget.TakeTensor([count]);
        var elements = new long[count];
        for (var index = 0; index < elements.Length; index++)
            elements[index] = element(index);
        return Vector(elements);
    }

    /// <summary>Appends a node.</summary>
    public Node Append(
        OperatorSchema op,
        ImmutableArray<Value?> inputs,
        Attributes attributes,
        ReadOnlySpan<TensorType> outputs,
        string? name = null
    )
    {
        var named = new (TensorType, string?)[outputs.Length];
        for (var index = 0; index < outputs.Length; index++)
            named[index] = (outputs[index], null);
        return Append(op, inputs, attributes, named, name);
    }

    /// <summary>Appends a node whose outputs have names.</summary>
    public Node Append(
        OperatorSchema op,
        ImmutableArray<Value?> inputs,
        Attributes attributes,
        ReadOnlySpan<(TensorType Type, string? Name)> outputs,
        string? name = null
    )
    {
        _root._budget.TakeNodes(1);
        foreach (var (type, _) in outputs)
            type.Shape.CheckSize();
        var node = new Node(++_root._lastId, this, op, inputs, attributes, outputs, name, Origin);
        foreach (var output in node.Outputs)
            Register(output);
        if (node.Outputs is [var first, ..] && Value.MayHaveContents(first.Type) && op.ContentsOf(node) is { } contents)
            first.Contents = contents;
        return node;
    }

    /// <summary>
    /// A value and an axis whose size at run time is that of a symbol. Throws <see cref="UnsupportedOperatorException"/> for a
    /// symbol that no value of this program or of those around it has as a dimension.
    /// </summary>
    public (Value Value, int Axis) FindSymbol(DimSymbol symbol)
    {
        for (var builder = this; builder is not null; builder = builder.Parent)
            if (builder._symbols.TryGetValue(symbol, out var found))
                return found;
        throw new UnsupportedOperatorException($"no value has the dimension '{symbol}'; give the sizes of symbolic dimensions.");
    }

    /// <summary>Whether <see cref="FindSymbol"/> finds a symbol.</summary>
    public bool HasSymbol(DimSymbol symbol)
    {
        var builder = this;
        while (builder is not null && !builder._symbols.ContainsKey(symbol))
            builder = builder.Parent;
        return builder is not null;
    }

    /// <summary>Makes the symbols among the dimensions of a value of another builder known to this one.</summary>
    public void Recognize(Value value) => Register(value);

    /// <summary>The program or body of what this builder has built and the outputs need.</summary>
    public Program Build(IEnumerable<Value> parameters, IEnumerable<NamedValue> outputs) =>
        Program.Create(parameters, outputs, Parent is null ? null : this);

    private void Register(Value value)
    {
        for (var axis = 0; axis < value.Type.Rank; axis++)
            if (value.Type.Shape[axis] is { Factor: 1, Symbols: [var symbol] })
                _symbols.TryAdd(symbol, (value, axis));
    }
}
