using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Costs;

/// <summary>Estimates of work and memory from a program's nodes.</summary>
internal sealed class CostModel(PlanLimits limits)
{
    private readonly SizeEstimates _sizes = new(limits);
    private readonly Dictionary<Value, bool> _ofWeights = [];

    /// <summary>The speed of the machine.</summary>
    public MachineProfile Machine => limits.Machine;

    /// <summary>Learns the bounds of sizes that only the data tell from a program whose parts are to be estimated.</summary>
    public void Learn(Program program) => _sizes.Learn(program);

    /// <summary>The size that a dimension is expected to have.</summary>
    public double Size(Dim dim) => _sizes.Expected(dim);

    /// <summary>Floating-point operations of a program, its loops included.</summary>
    public double Flops(Program program)
    {
        _sizes.Learn(program);
        double total = 0;
        foreach (var node in program.Nodes)
            total += Flops(node);
        return total;
    }

    /// <summary>Floating-point operations of a node, its bodies included.</summary>
    public double Flops(Node node) => node.Bodies.Any() ? node.Bodies.Sum(Flops) * Trips(node) : node.Rules().Flops(node, _sizes.Expected);

    /// <summary>
    /// The most bytes that the values of a program take at one time, when each is freed after its last use, whether nodes run in the
    /// program's order or in that of ONNX Runtime. Parameters and outputs are the caller's and stay; what only reshapes a value shares its
    /// memory. Constants and what the program captures do not count.
    /// </summary>
    public double PeakBytes(Program program)
    {
        _sizes.Learn(program);
        return Math.Max(PeakBytes(program, program.Nodes), PeakBytes(program, RuntimeOrder.Of(program)));
    }

    private double PeakBytes(Program program, ImmutableArray<Node> nodes)
    {
        var holders = new Dictionary<Value, Value>();
        var lastUse = new Dictionary<Value, int>();
        for (var index = 0; index < nodes.Length; index++)
        {
            var node = nodes[index];
            if (node.Operator is Operator { IsView: true })
                holders[node.Output] = Holder(node.Inputs[0]!);
            foreach (var value in GraphWalk.Dependencies(node))
                lastUse[Holder(value)] = index;
            foreach (var output in node.Outputs)
                lastUse[Holder(output)] = index;
        }
        foreach (var value in program.Outputs.Select(output => output.Value).Concat(program.Parameters))
            lastUse[Holder(value)] = int.MaxValue;
        var freed = lastUse.ToLookup(use => use.Value, use => use.Key);
        var alive = program.Parameters.ToHashSet();
        double bytes = program.Parameters.Sum(Bytes),
            peak = bytes;
        for (var index = 0; index < nodes.Length; index++)
        {
            var node = nodes[index];
            foreach (var output in node.Outputs)
                if (!holders.ContainsKey(output) && alive.Add(output))
                    bytes += Bytes(output);
            peak = Math.Max(peak, bytes + Inside(node));
            foreach (var value in freed[index])
                if (alive.Remove(value))
                    bytes -= Bytes(value);
        }
        return peak;

        Value Holder(Value value) => holders.GetValueOrDefault(value, value);
    }

    /// <summary>
    /// The memory within a node beside its outputs: one iteration, and the pieces of what iterations yield, which are put together at
    /// the end.
    /// </summary>
    private double Inside(Node node) =>
        node.Operator switch
        {
            IBodyOperator op => node.Bodies.Sum(PeakBytes) + op.HeldTwice(node).Sum(Bytes),
            Operator { Packing: WeightPacking.Kept } when IsOfWeights(node.Inputs[1]!) => Math.Max(
                Bytes(node.Inputs[0]!),
                Bytes(node.Output)
            ),
            _ => node.Bodies.Sum(PeakBytes),
        };

    /// <summary>
    /// Whether a value follows from weights alone. Convolutions by such kernels run in a layout of blocks of channels, into which ONNX
    /// Runtime copies what goes in, and out of which it copies what comes out.
    /// </summary>
    private bool IsOfWeights(Value value)
    {
        if (_ofWeights.TryGetValue(value, out var known))
            return known;
        var (isOfWeights, seen, open) = (true, new HashSet<Value> { value }, new Stack<Value>([value]));
        while (isOfWeights && open.TryPop(out var next))
            if (next.Producer is { } producer)
                foreach (var before in GraphWalk.Dependencies(producer).Where(seen.Add))
                    open.Push(before);
            else
                isOfWeights = next.Constant is not null;
        return _ofWeights[value] = isOfWeights;
    }

    /// <summary>The bytes of the largest output of a convolution; zero where there is none.</summary>
    public double WidestConvolution(Program program) =>
        program
            .Nodes.Where(node => node.Operator is Operator { SlidesKernel: true })
            .Select(node => Bytes(node.Output))
            .DefaultIfEmpty(0)
            .Max();

    /// <summary>The bytes that the nodes of a program write, those of bodies in every iteration; constants do not count.</summary>
    public double Written(Program program) =>
        program.Nodes.Sum(node => node.Bodies.Any() ? Trips(node) * node.Bodies.Sum(Written) : node.Outputs.Sum(Bytes));

    /// <summary>
    /// The bytes of the value to which a byte belongs that the nodes of a program write, on the average: Σ b² / Σ b over all values
    /// written.
    /// </summary>
    public double TypicalValue(Program program)
    {
        var written = Written(program);
        return written == 0 ? 0 : Squares(program) / written;

        double Squares(Program part) =>
            part.Nodes.Sum(node =>
                node.Bodies.Any() ? Trips(node) * node.Bodies.Sum(Squares) : node.Outputs.Sum(output => Bytes(output) * Bytes(output))
            );
    }

    /// <summary>The bytes that a body reads in each iteration and did not make itself: weights, and values from around it.</summary>
    public double ReadAnew(Program body) =>
        body
            .Nodes.SelectMany(node => node.Dependencies)
            .Where(value => value.Constant is not null)
            .Concat(body.Captures)
            .Distinct()
            .Sum(Bytes);

    /// <summary>The number of entries of a value.</summary>
    public double Entries(Value value) => _sizes.Expected(value.Type.Shape.Elements);

    /// <summary>The most bytes that a value takes.</summary>
    public double Bytes(Value value) => _sizes.Most(value.Type.Shape.Elements) * value.Type.Element.Size();

    /// <summary>How often the bodies of a node run; once where that is not known.</summary>
    public double Trips(Node node) =>
        node.Operator is IBodyOperator op && op.IterationsOf(node) is { } iterations ? _sizes.Expected(iterations) : 1;
}
