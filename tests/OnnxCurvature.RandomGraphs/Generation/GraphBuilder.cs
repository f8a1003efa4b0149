using System.Collections.Immutable;
using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Collects nodes, constants and inputs, with elements that depend on the seed and their number alone.</summary>
internal sealed class GraphBuilder(Choices choices, ulong seed)
{
    private readonly List<GraphNode> _nodes = [];
    private readonly List<GraphConstant> _constants = [];
    private readonly List<GraphInput> _inputs = [];
    private readonly List<string> _weights = [];
    private readonly SortedSet<string> _traits = new(StringComparer.Ordinal);
    private readonly List<Sketch> _values = [];
    private readonly List<Sketch> _inputValues = [];
    private int _made;

    public Choices Choices { get; } = choices;

    public int Opset { get; init; }

    /// <summary>The bits of floating-point numbers.</summary>
    public int Bits { get; init; } = 64;

    public int Samples { get; init; }

    public bool IsSymbolic { get; init; }

    /// <summary>Weights that a tie may use again.</summary>
    public IReadOnlyList<GraphConstant> Weights => [.. _constants.Where(constant => _weights.Contains(constant.Name))];

    /// <summary>Notes that a family or a layout takes part.</summary>
    public void Trait(string trait) => _traits.Add(trait);

    /// <summary>The factor of samples.</summary>
    public Factor Batch => new(Samples, true);

    /// <summary>A node with one output.</summary>
    public string Node(string op, IEnumerable<string> inputs, params (string Name, object Value)[] attributes) =>
        Nodes(op, inputs, 1, attributes)[0];

    /// <summary>A node with several outputs.</summary>
    public string[] Nodes(string op, IEnumerable<string> inputs, int outputs, params (string Name, object Value)[] attributes)
    {
        string[] names = [.. Enumerable.Range(0, outputs).Select(index => outputs == 1 ? $"v{_made}" : $"v{_made}_{index}")];
        _made++;
        _nodes.Add(new GraphNode(op, [.. inputs], [.. names], attributes.ToImmutableDictionary(entry => entry.Name, entry => entry.Value)));
        return names;
    }

    /// <summary>A body of a loop, whose parameters have names of their own.</summary>
    /// <param name="parameters">The kind of each: i for the number of the iteration, c for the condition, any other for numbers.</param>
    /// <param name="rank">The number of axes that all numbers have.</param>
    /// <param name="outputs">Makes the nodes, and gives the names of the outputs.</param>
    public GraphBody Body(IReadOnlyList<string> parameters, int rank, Func<IReadOnlyList<string>, IReadOnlyList<string>> outputs)
    {
        var start = _nodes.Count;
        string[] names = [.. parameters.Select(parameter => $"{parameter}{_made}")];
        var given = outputs(names);
        ImmutableArray<GraphNode> nodes = [.. _nodes[start..]];
        _nodes.RemoveRange(start, nodes.Length);
        GraphValue Of(string name, int index) =>
            parameters.ElementAtOrDefault(index) switch
            {
                "i" => new GraphValue(name, GraphElement.Integer, 0),
                "c" => new GraphValue(name, GraphElement.Boolean, 0),
                _ => new GraphValue(name, GraphElement.Model, rank),
            };
        // Outputs begin with the condition, where there is one.
        var skipped = parameters[0] == "i" ? 1 : 0;
        return new GraphBody([.. names.Select(Of)], [.. given.Select((name, index) => Of(name, index + skipped))], nodes);
    }

    /// <summary>A node that gives a value of a layout.</summary>
    public Sketch Value(Layout layout, string op, IEnumerable<string> inputs, params (string Name, object Value)[] attributes)
    {
        var value = new Sketch(Node(op, inputs, attributes), layout);
        _values.Add(value);
        return value;
    }

    /// <summary>A weight of its own.</summary>
    public string Weight(double scale, params int[] shape)
    {
        var name = $"w{_weights.Count}";
        _weights.Add(name);
        _constants.Add(new GraphConstant(name, shape, WithZeros(Draw(shape, scale, 0)), null));
        return name;
    }

    /// <summary>In some cases with zeros, as of pruned weights and padded data, so that what follows lies at kinks and has ties.</summary>
    private double[] WithZeros(double[] values)
    {
        if (!Choices.OneIn(10))
            return values;
        Trait("zeros");
        return [.. values.Select((value, index) => index % 3 == 1 ? 0 : value)];
    }

    /// <summary>A constant that is no weight, and positive where it is said to be.</summary>
    public string Constant(double scale, bool positive, params int[] shape)
    {
        var name = $"c{_constants.Count}";
        _constants.Add(
            new GraphConstant(
                name,
                shape,
                positive ? [.. Draw(shape, scale, 0).Select(value => Rounded(Math.Abs(value) + 0.25))] : Draw(shape, scale, 0),
                null
            )
        );
        return name;
    }

    /// <summary>A constant of given numbers.</summary>
    public string Numbers(int[] shape, params double[] values)
    {
        var name = $"c{_constants.Count}";
        _constants.Add(new GraphConstant(name, shape, values, null));
        return name;
    }

    /// <summary>A scalar.</summary>
    public string Scalar(double value) => Numbers([], value);

    /// <summary>Factors by which axes grow, which are float32 in any model.</summary>
    public string Scales(params double[] values)
    {
        var name = Numbers([values.Length], values);
        _constants[^1] = _constants[^1] with { Element = GraphElement.Single };
        return name;
    }

    /// <summary>A vector of integers.</summary>
    public string Integers(params long[] values) => IntegerTensor([values.Length], values);

    /// <summary>A tensor of integers.</summary>
    public string IntegerTensor(int[] shape, params long[] values)
    {
        var name = $"i{_constants.Count}";
        _constants.Add(new GraphConstant(name, shape, null, values));
        return name;
    }

    /// <summary>A tensor of integers of 8 bits.</summary>
    public string Bytes(int[] shape, params long[] values)
    {
        var name = IntegerTensor(shape, values);
        _constants[^1] = _constants[^1] with { Element = GraphElement.Byte };
        return name;
    }

    /// <summary>An input for the number of a loop's iterations.</summary>
    public string Iterations(long iterations)
    {
        var name = $"rounds{_inputs.Count}";
        _inputs.Add(new GraphInput(name, [], null, [iterations], -1, false));
        return name;
    }

    /// <summary>An input with a layout.</summary>
    public Sketch Input(Layout layout)
    {
        var name = $"x{_inputs.Count}";
        _inputs.Add(
            new GraphInput(
                name,
                layout.Shape,
                WithZeros(Draw(layout.Shape, 1.5, 1)),
                null,
                layout.SampleAxis,
                IsSymbolic && layout.SampleAxis >= 0
            )
        );
        _inputValues.Add(new Sketch(name, layout));
        return _inputValues[^1];
    }

    /// <summary>An input of integers below a bound.</summary>
    public Sketch IntegerInput(Layout layout, int bound)
    {
        var name = $"x{_inputs.Count}";
        var values = Draw(layout.Shape, 1, 1)
            .Select((_, index) => (long)(Mixing.Unit(seed, 7000 + _inputs.Count, index) * bound))
            .ToArray();
        _inputs.Add(new GraphInput(name, layout.Shape, null, values, layout.SampleAxis, IsSymbolic && layout.SampleAxis >= 0));
        return new Sketch(name, layout);
    }

    /// <summary>An input of classes.</summary>
    public string Labels(Layout layout, IEnumerable<long> labels)
    {
        _inputs.Add(
            new GraphInput(
                "classes",
                layout.Shape,
                null,
                [.. labels],
                layout.SampleAxis,
                IsSymbolic && layout.SampleAxis >= 0 && layout.Axes[layout.SampleAxis].Length == 1
            )
        );
        return "classes";
    }

    /// <summary>Whether a value is made by one of some operators, perhaps in another shape.</summary>
    public bool EndsIn(Sketch value, params string[] operators)
    {
        for (var name = value.Name; _nodes.Find(node => node.Outputs.Contains(name)) is { } node; name = node.Inputs[0])
            if (node.Operator is not ("Identity" or "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze"))
                return operators.Contains(node.Operator);
        return false;
    }

    /// <summary>The graph up to a value.</summary>
    public Graph Build(Sketch output)
    {
        var (nodes, needed) = (new List<GraphNode>(), new HashSet<string>(StringComparer.Ordinal) { output.Name });
        foreach (var node in Enumerable.Reverse(_nodes).Where(node => node.Outputs.Any(needed.Contains)))
        {
            nodes.Add(node);
            needed.UnionWith(node.Inputs);
            if (node.Body is { } body)
                needed.UnionWith(body.Nodes.SelectMany(inner => inner.Inputs));
        }
        nodes.Reverse();
        return new Graph
        {
            Opset = Opset,
            Bits = Bits,
            Samples = Samples,
            Inputs = [.. _inputs.Where(input => needed.Contains(input.Name))],
            Constants = [.. _constants.Where(constant => needed.Contains(constant.Name))],
            Nodes = [.. nodes],
            Output = output.Name,
            Targets =
            [
                .. Weights
                    .Where(weight => needed.Contains(weight.Name))
                    .Select(weight => new Sketch(weight.Name, Layout.Plain(weight.Shape))),
                .. _inputValues.Concat(_values).Where(value => needed.Contains(value.Name) && value.Name != output.Name),
            ],
            Traits = [.. _traits],
        };
    }

    private double Rounded(double value) => Bits == 16 ? (double)(Half)value : (float)value;

    /// <summary>Elements of few bits, so that 16 bits hold them and no decimal comes near; a single element has all bits.</summary>
    private double[] Draw(int[] shape, double scale, int stream)
    {
        var (count, tensor) = (shape.Aggregate(1, (a, b) => a * b), 10 * (_constants.Count + _inputs.Count) + stream);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(index =>
                {
                    var value = scale * (2 * Mixing.Unit(seed, tensor, index) - 1);
                    return count > 1 ? Math.Round(value * 1024) / 1024 : Rounded(value);
                }),
        ];
    }
}
