using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Onnx;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// Work and memory of a written ONNX file, counted without the compiler: ONNX Runtime gives the shape of every value, those within loops
/// included, and the nodes are walked.
/// </summary>
internal sealed class EmittedWork
{
    private const string Within = "__within__";
    private const int Block = 16;

    private static readonly HashSet<string> InBlocks =
    [
        "Conv",
        "Relu",
        "Sigmoid",
        "Tanh",
        "Add",
        "Mul",
        "Concat",
        "MaxPool",
        "AveragePool",
    ];

    private readonly Dictionary<string, (long[] Shape, TensorElementSize Element)> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _inBlocks = new(StringComparer.Ordinal);

    /// <summary>Runs a model with all its values as outputs, and counts.</summary>
    public EmittedWork(byte[] file, IReadOnlyDictionary<string, OrtValue> inputs)
    {
        var graph = ModelProto.Parser.ParseFrom(file).Graph;
        var exposed = ModelProto.Parser.ParseFrom(file);
        Expose(exposed.Graph);
        foreach (var tensor in graph.Initializer.Concat(Bodies(graph).SelectMany(body => body.Body.Initializer)))
            _values[tensor.Name] = ([.. tensor.Dims], new(tensor.DataType));
        using var session = new InferenceSession(Google.Protobuf.MessageExtensions.ToByteArray(exposed), OrtRun.Options());
        foreach (var (name, value) in inputs)
            Add(name, value);
        foreach (var (name, value) in session.OutputNames.Zip(OrtRun.Run(session, inputs)))
        {
            Add(name, value);
            value.Dispose();
        }
        foreach (var (loop, body) in Bodies(graph))
        {
            // States enter a body as they come out of it.
            for (var state = 1; state + 1 < body.Input.Count; state++)
                _values[body.Input[state + 1].Name] = Of(body.Output[state].Name, loop);
            _values[body.Input[0].Name] = ([], new(7));
            _values[body.Input[1].Name] = ([], new(9));
        }
        Flops = FlopsOf(graph, null);
        string[] kept = [.. graph.Input.Select(input => input.Name), .. graph.Output.Select(output => output.Name)];
        PeakBytes = PeakOf(graph, null, kept);
        foreach (
            var node in graph.Node.Concat(Bodies(graph).SelectMany(body => body.Body.Node)).Where(node => InBlocks.Contains(node.OpType))
        )
            _inBlocks.UnionWith(node.OpType == "Conv" ? [node.Input[0], node.Output[0]] : node.Output);
        PeakBytesWithBlocks = PeakOf(graph, null, kept);
    }

    /// <summary>Floating-point operations: a multiplication and an addition count as two, any other function of an entry as one.</summary>
    public double Flops { get; }

    /// <summary>
    /// The most bytes that values take at one time: what is made is freed after its last use, inputs and outputs stay, and what only
    /// reshapes shares its input's memory.
    /// </summary>
    public double PeakBytes { get; }

    /// <summary>
    /// The same where images that convolutions, and what follows them, read and make are there twice: once in blocks of sixteen
    /// channels, of which the last is filled up.
    /// </summary>
    public double PeakBytesWithBlocks { get; }

    private static IEnumerable<(NodeProto Loop, GraphProto Body)> Bodies(GraphProto graph) =>
        graph
            .Node.Where(node => node.OpType == "Loop")
            .Select(node => (node, node.Attribute.Single(attribute => attribute.Name == "body").G));

    private static void Expose(GraphProto graph)
    {
        foreach (var (loop, body) in Bodies(graph))
        foreach (var name in body.Node.SelectMany(node => node.Output).Where(name => name.Length > 0).ToArray())
        {
            body.Output.Add(new ValueInfoProto { Name = name });
            loop.Output.Add(Within + name);
        }
        var given = graph.Output.Select(output => output.Name).ToHashSet();
        foreach (var name in graph.Node.SelectMany(node => node.Output).Where(name => name.Length > 0 && !given.Contains(name)).ToArray())
            graph.Output.Add(new ValueInfoProto { Name = name });
    }

    private void Add(string name, OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        _values[name] = (info.Shape, new((int)info.ElementDataType));
    }

    /// <summary>A value's shape; within a loop that of one round.</summary>
    private (long[] Shape, TensorElementSize Element) Of(string name, NodeProto? loop) =>
        loop is not null && _values.TryGetValue(Within + name, out var stacked) ? (stacked.Shape[1..], stacked.Element) : _values[name];

    private double Count(string name, NodeProto? loop) => Of(name, loop).Shape.Aggregate(1.0, (product, size) => product * size);

    private double Bytes(string name, NodeProto? loop)
    {
        var (shape, element) = Of(name, loop);
        var filled = _inBlocks.Contains(name) && shape.Length == 4 ? (shape[1] + Block - 1) / Block * Block / (double)shape[1] : 0;
        return Count(name, loop) * element.Bytes * (1 + filled);
    }

    private long Iterations(NodeProto loop) =>
        _values[Within + loop.Attribute.Single(attribute => attribute.Name == "body").G.Node[0].Output[0]].Shape[0];

    private double FlopsOf(GraphProto graph, NodeProto? loop) =>
        graph.Node.Sum(node =>
            node.OpType == "Loop"
                ? Iterations(node) * FlopsOf(node.Attribute.Single(attribute => attribute.Name == "body").G, node)
                : FlopsOf(node, loop)
        );

    private double FlopsOf(NodeProto node, NodeProto? loop)
    {
        double Of(int input) => Count(node.Input[input], loop);
        long[] Shape(int input) => this.Of(node.Input[input], loop).Shape;
        long Int(string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I ?? 0;
        var output = Count(node.Output.First(name => name.Length > 0), loop);
        switch (node.OpType)
        {
            case "MatMul":
                return 2 * output * Shape(0)[^1];
            case "Gemm":
                return 2 * output * Shape(0)[Int("transA") != 0 ? 0 : 1];
            case "Conv":
                return 2 * output * Of(1) / Shape(1)[0];
            case "ConvTranspose":
                return 2 * Of(0) * Of(1) / Shape(1)[0];
            case "LSTM" or "GRU" or "RNN":
                return 2.0 * Shape(0)[0] * Shape(0)[1] * (Of(1) + Of(2));
            case "AveragePool" or "MaxPool":
                return output
                    * node.Attribute.Single(attribute => attribute.Name == "kernel_shape")
                        .Ints.Aggregate(1.0, (product, size) => product * size);
            case "GlobalAveragePool"
            or "ReduceSum"
            or "ReduceMean"
            or "ReduceMax"
            or "ReduceSumSquare"
            or "ReduceL2"
            or "ReduceLogSumExp"
            or "ArgMax":
                return Of(0);
            case "Softmax" or "LogSoftmax":
                return 5 * output;
            case "LayerNormalization" or "GroupNormalization" or "InstanceNormalization":
                return 8 * output;
            case "SoftmaxCrossEntropyLoss" or "NegativeLogLikelihoodLoss":
                return 5 * Of(0);
            case "BatchNormalization":
                return 2 * output;
            case "Reshape"
            or "Flatten"
            or "Squeeze"
            or "Unsqueeze"
            or "Identity"
            or "Transpose"
            or "Concat"
            or "Slice"
            or "Split"
            or "Gather"
            or "GatherElements"
            or "GatherND"
            or "Expand"
            or "Constant"
            or "ConstantOfShape"
            or "Shape"
            or "Range"
            or "OneHot"
            or "Pad"
            or "Tile"
            or "Cast"
            or "EyeLike"
            or "ScatterND"
            or "ScatterElements"
            or "CumSum"
            or "Trilu":
                return 0;
            case "Add"
            or "Sub"
            or "Mul"
            or "Div"
            or "Neg"
            or "Abs"
            or "Exp"
            or "Log"
            or "Sqrt"
            or "Pow"
            or "Reciprocal"
            or "Tanh"
            or "Sigmoid"
            or "Sin"
            or "Cos"
            or "Softplus"
            or "Erf"
            or "Gelu"
            or "Relu"
            or "HardSwish"
            or "HardSigmoid"
            or "Where"
            or "Equal"
            or "Less"
            or "LessOrEqual"
            or "Greater"
            or "GreaterOrEqual"
            or "And"
            or "Or"
            or "Not"
            or "Min"
            or "Max"
            or "Clip"
            or "Floor"
            or "Round"
            or "Sign"
            or "Mod"
            or "IsNaN"
            or "IsInf"
            or "Elu"
            or "Selu"
            or "LeakyRelu"
            or "Mean"
            or "Sum":
                return output;
            default:
                throw new NotSupportedException($"{node.OpType} is not counted.");
        }
    }

    /// <summary>In the order of the file, or in ONNX Runtime's, whichever takes more.</summary>
    private double PeakOf(GraphProto graph, NodeProto? loop, IReadOnlyCollection<string> kept) =>
        Math.Max(PeakOf(graph, [.. graph.Node], loop, kept), PeakOf(graph, DepthFirst(graph), loop, kept));

    /// <summary>
    /// A node comes after the nodes that it needs; of these the last of the file are sought first, as are those that nothing needs.
    /// </summary>
    private static List<NodeProto> DepthFirst(GraphProto graph)
    {
        var makers = new Dictionary<string, int>(StringComparer.Ordinal);
        var needed = new HashSet<int>();
        var order = new List<NodeProto>();
        var met = new HashSet<int>();
        for (var index = 0; index < graph.Node.Count; index++)
            foreach (var name in graph.Node[index].Output)
                makers[name] = index;
        int[] Before(int index) =>
            [
                .. Uses(graph.Node[index])
                    .Where(makers.ContainsKey)
                    .Select(name => makers[name])
                    .Where(other => other != index)
                    .Distinct()
                    .OrderDescending(),
            ];
        for (var index = 0; index < graph.Node.Count; index++)
            needed.UnionWith(Before(index));
        for (var index = graph.Node.Count - 1; index >= 0; index--)
            if (!needed.Contains(index))
                Visit(index);
        return order;

        void Visit(int index)
        {
            if (!met.Add(index))
                return;
            foreach (var before in Before(index))
                Visit(before);
            order.Add(graph.Node[index]);
        }
    }

    private double PeakOf(GraphProto graph, List<NodeProto> nodes, NodeProto? loop, IReadOnlyCollection<string> kept)
    {
        // A value that shares memory has the name of the value that holds it.
        var holder = new Dictionary<string, string>(StringComparer.Ordinal);
        string Holder(string name) => holder.GetValueOrDefault(name, name);
        foreach (var node in graph.Node.Where(node => node.OpType is "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" or "Identity"))
            holder[node.Output[0]] = Holder(node.Input[0]);
        var lastUse = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var index = 0; index < nodes.Count; index++)
            foreach (var name in Uses(nodes[index]).Concat(nodes[index].Output))
                lastUse[Holder(name)] = index;
        foreach (var name in kept)
            lastUse[Holder(name)] = int.MaxValue;
        double bytes = graph.Input.Sum(input => Bytes(input.Name, loop)),
            peak = bytes;
        var made = graph.Input.Select(input => input.Name).ToHashSet();
        for (var index = 0; index < nodes.Count; index++)
        {
            var node = nodes[index];
            foreach (var name in node.Output.Where(name => name.Length > 0 && !holder.ContainsKey(name) && node.OpType != "Constant"))
                if (made.Add(name))
                    bytes += Bytes(name, loop);
            // The outputs of iterations are put together when all are done.
            peak = Math.Max(
                peak,
                bytes
                    + (
                        node.OpType == "Loop"
                            ? Math.Max(Inside(node), node.Output.Skip(node.Input.Count - 2).Sum(name => Bytes(name, loop)))
                            : 0
                    )
            );
            foreach (var (name, _) in lastUse.Where(use => use.Value == index))
                if (made.Remove(name))
                    bytes -= Bytes(name, loop);
        }
        return peak;
    }

    private double Inside(NodeProto loop)
    {
        var body = loop.Attribute.Single(attribute => attribute.Name == "body").G;
        return PeakOf(body, loop, [.. body.Output.Select(output => output.Name)]);
    }

    private static IEnumerable<string> Uses(NodeProto node) =>
        node.OpType != "Loop"
            ? node.Input
            : node.Input.Concat(node.Attribute.Single(attribute => attribute.Name == "body").G.Node.SelectMany(Uses));

    private readonly record struct TensorElementSize(int Type)
    {
        public int Bytes =>
            Type switch
            {
                1 or 6 or 12 => 4,
                7 or 11 or 13 => 8,
                5 or 4 or 10 => 2,
                _ => 1,
            };
    }
}
