using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;

namespace OnnxCurvature.Methods.Costs;

/// <summary>
/// The memory of a program's values, node by node. Convolutions by kernels that follow from weights alone run in a layout of blocks of
/// channels. ONNX Runtime copies what goes in and what comes out, and fills up the last block, so six channels take as much as sixteen. A
/// value that nodes of both kinds read is there twice.
/// </summary>
internal sealed class PeakMemory(CostModel costs)
{
    /// <summary>The channels of a block on processors with the widest vectors; others have eight.</summary>
    private const int Block = 16;

    /// <summary>Inputs of fewer channels than a block are read as they are; the smallest block has so many.</summary>
    private const int LeastCopied = 8;

    /// <summary>Only inputs whose channels are a multiple of this are copied into blocks.</summary>
    private const int Aligned = 4;

    /// <summary>
    /// The most bytes at one time where nodes run in the given order, and each value is freed after its last use. Parameters and outputs
    /// are the caller's and stay; what only reshapes a value shares its memory. Constants and what the program captures do not count.
    /// </summary>
    public double Of(Program program, ImmutableArray<Node> nodes)
    {
        var (holders, lastUse, made) = (new Dictionary<Value, Value>(), new Dictionary<Copy, int>(), new HashSet<Value>());
        var blocked = new Dictionary<Node, ImmutableArray<Copy>>();
        for (var index = 0; index < nodes.Length; index++)
        {
            var node = nodes[index];
            if (node.Operator is Operator { IsView: true })
                holders[node.Output] = Holder(node.Inputs[0]!);
            var taken = RunsInBlocks(node, made) ? CopiedInputs(node).ToImmutableArray() : [];
            foreach (var value in GraphWalk.Dependencies(node).Where(value => !made.Contains(value) || !taken.Contains(value)))
                lastUse[Plain(value)] = index;
            if (!RunsInBlocks(node, made))
            {
                foreach (var output in node.Outputs)
                    lastUse[Plain(output)] = index;
                continue;
            }
            made.Add(node.Output);
            blocked[node] = [.. taken.Append(node.Output).Select(value => new Copy(value, true))];
            foreach (var copy in blocked[node])
                lastUse[copy] = index;
        }
        foreach (var value in program.Outputs.Select(output => output.Value).Concat(program.Parameters))
            lastUse[Plain(value)] = int.MaxValue;
        var freed = lastUse.ToLookup(use => use.Value, use => use.Key);
        var alive = program.Parameters.Select(value => new Copy(value, false)).ToHashSet();
        double bytes = program.Parameters.Sum(costs.Bytes),
            peak = bytes;
        for (var index = 0; index < nodes.Length; index++)
        {
            var node = nodes[index];
            if (blocked.TryGetValue(node, out var copies))
            {
                Allocate(copies);
                peak = Math.Max(peak, bytes);
                // The input is free before the output is copied out of its blocks.
                Free(freed[index].Where(copy => copy.Value != node.Output));
            }
            Allocate(node.Outputs.Where(output => !holders.ContainsKey(output)).Select(Plain).Where(lastUse.ContainsKey));
            peak = Math.Max(peak, bytes + Inside(node));
            Free(freed[index]);
        }
        return peak;

        Value Holder(Value value) => holders.GetValueOrDefault(value, value);

        Copy Plain(Value value) => new(Holder(value), false);

        void Allocate(IEnumerable<Copy> copies)
        {
            foreach (var copy in copies.Where(alive.Add))
                bytes += Bytes(copy);
        }

        void Free(IEnumerable<Copy> copies)
        {
            foreach (var copy in copies.Where(alive.Remove))
                bytes -= Bytes(copy);
        }
    }

    /// <summary>
    /// At least <see cref="Of"/>, and quickly known: every value, in both layouts where it may be in blocks, and none freed.
    /// </summary>
    public double AtMost(Program program) => program.Parameters.Sum(costs.Bytes) + program.Nodes.Sum(AtMost);

    private double AtMost(Node node) =>
        node.Outputs.Sum(costs.Bytes)
        + node.Bodies.Sum(AtMost)
        + Beside(node)
        + node.Inputs.Concat(node.Outputs).Where(value => value is { Type.Rank: 4 }).Sum(value => Block * costs.Bytes(value!));

    /// <summary>
    /// The memory within a node beside its outputs: one iteration, and the pieces of what iterations yield, which are put together at
    /// the end; else what its kernel needs for itself.
    /// </summary>
    private double Inside(Node node) => node.Bodies.Sum(costs.PeakBytes) + Beside(node);

    private double Beside(Node node) =>
        (node.Operator is IBodyOperator op ? op.HeldTwice(node).Sum(costs.Bytes) : 0)
        + ((node.Operator as Operator)?.ScratchBytes(node, costs.Size) ?? 0);

    /// <summary>Whether a node's output comes in blocks of channels, given the values that do.</summary>
    private bool RunsInBlocks(Node node, HashSet<Value> made) =>
        node is { Operator: Operator op, Outputs: [{ Type: { Rank: 4, Element: ElementType.Float32 } }, ..] }
        && (
            op.Packing == WeightPacking.Kept
                ? (Channels(node.Inputs[0]!) is not { } channels || channels < Block || channels % Aligned == 0)
                    && GraphWalk.HoldsNoParameter(node.Inputs[1]!)
                : op.KeepsBlocks && node.Inputs.All(input => input is not { Type.Rank: 4 } || made.Contains(input))
        );

    /// <summary>The inputs that a node reads in blocks of channels.</summary>
    private static IEnumerable<Value> CopiedInputs(Node node) =>
        node.Operator is Operator { Packing: WeightPacking.Kept }
            ? node
                .Inputs.Take(1)
                .OfType<Value>()
                .Where(input => Channels(input) is not { } channels || channels >= LeastCopied && channels % Aligned == 0)
            : node.Inputs.OfType<Value>().Where(input => input.Type.Rank == 4);

    private double Bytes(Copy copy) =>
        costs.Bytes(copy.Value) * (copy.IsInBlocks && Channels(copy.Value) is { } channels ? WholeBlocks(channels) / channels : 1);

    private static long? Channels(Value value) => value.Type.Shape[1].Known;

    private static double WholeBlocks(long channels) => (channels + Block - 1) / Block * Block;

    /// <summary>A value as it is, or in blocks of channels.</summary>
    private readonly record struct Copy(Value Value, bool IsInBlocks);
}
