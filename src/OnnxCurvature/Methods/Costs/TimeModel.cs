using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Costs;

/// <summary>
/// Rough times of programs on a processor: of their arithmetic, of the memory that their nodes read and write, of each node by itself, and
/// of starting sessions. The figures were measured with ONNX Runtime 1.31 on two cores; times of other machines may be several times these.
/// Only whether chunks run side by side is decided by them, since what is wrong for one way is wrong for the other, too.
/// </summary>
/// <param name="costs">Sizes and operations.</param>
/// <param name="cores">The cores that nodes may use.</param>
internal sealed class TimeModel(CostModel costs, int cores)
{
    private const double BytesInASecondOfACore = 12e9;
    private const double SecondsForALaunch = 5e-6;
    private const double SecondsForThreads = 1e-5;
    private const double SecondsUndivided = 3e-5;
    private const double SecondsForAStart = 0.07;
    private const double SecondsForANode = 1e-4;

    /// <summary>Weights are read from their file's pages for the first time.</summary>
    private const double WeightBytesInASecond = 4e9;

    /// <summary>Seconds that arithmetic alone takes.</summary>
    public static double OfArithmetic(double flops, int cores) => flops / (CostModel.FlopsPerSecondOfACore * cores);

    /// <summary>Seconds until a program can run, which are spent once.</summary>
    public double Start(Program program)
    {
        var weights = program
            .Nodes.SelectMany(node => node.Inputs)
            .OfType<Value>()
            .Where(value => value.Constant is not null)
            .Distinct()
            .Sum(Bytes);
        return SecondsForAStart + Count(program) * SecondsForANode + weights / WeightBytesInASecond;
    }

    /// <summary>Seconds of one run.</summary>
    public double Run(Program program)
    {
        costs.Learn(program);
        return program.Nodes.Sum(Run);
    }

    private double Run(Node node)
    {
        if (node.Bodies.Any())
            return SecondsForALaunch + costs.Trips(node) * node.Bodies.Sum(Run);
        var alone = OfArithmetic(costs.Flops(node), 1) + Traffic(node) / BytesInASecondOfACore;
        // ONNX Runtime does not divide small nodes, and to wake the other threads for a large one takes time, too.
        return SecondsForALaunch + (cores == 1 || alone < SecondsUndivided ? alone : SecondsForThreads + alone / cores);
    }

    /// <summary>What a node reads and writes. One that picks reads as much as it writes, and one that reshapes nothing.</summary>
    private double Traffic(Node node) =>
        node.Operator switch
        {
            Operator { IsView: true } => 0,
            Operator { Selects: true } => 2 * node.Outputs.Sum(Bytes),
            _ => node.Outputs.Sum(Bytes) + node.Inputs.OfType<Value>().Where(input => input.Constant is null).Sum(Bytes),
        };

    private static double Count(Program program) => program.Nodes.Sum(node => 1 + node.Bodies.Sum(Count));

    private double Bytes(Value value) => costs.Entries(value) * value.Type.Element.Size();
}
