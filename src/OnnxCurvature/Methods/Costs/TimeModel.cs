using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Costs;

/// <summary>
/// Expected times of programs on a processor: of their arithmetic, of the memory that their nodes read and write, of each node by itself,
/// and of starting sessions.
/// </summary>
/// <param name="costs">Sizes and operations.</param>
/// <param name="cores">The cores that nodes may use.</param>
internal sealed class TimeModel(CostModel costs, int cores)
{
    /// <summary>ONNX Runtime does not divide nodes that take less than this on one thread.</summary>
    private const double SecondsUndivided = 3e-5;

    private readonly MachineProfile _machine = costs.Machine;

    /// <summary>Seconds until a program can run, in one session or in several, which are spent once.</summary>
    public double Start(Program program, int sessions = 1)
    {
        return _machine.StartSeconds
            + sessions * _machine.SessionSeconds
            + Count(program) * _machine.NodeStartSeconds
            + WeightBytes(program) / _machine.FileBytesPerSecond;
    }

    /// <summary>The bytes of the weights and other constants that the nodes of a program take; those of bodies do not count.</summary>
    public double WeightBytes(Program program) =>
        program.Nodes.SelectMany(node => node.Inputs).OfType<Value>().Where(value => value.Constant is not null).Distinct().Sum(Bytes);

    /// <summary>Seconds of one run.</summary>
    public double Run(Program program)
    {
        costs.Learn(program);
        return program.Nodes.Sum(Of);
    }

    /// <summary>Seconds of a node, its bodies included.</summary>
    public double Of(Node node)
    {
        if (node.Bodies.Any())
            return _machine.LaunchSeconds + costs.Trips(node) * node.Bodies.Sum(body => body.Nodes.Sum(Of));
        var use = (node.Operator as Operator)?.KernelUse(node, costs.Size) ?? KernelUse.Plain;
        var traffic = Traffic(node) * use.Traffic + 2 * use.Besides * node.Output.Type.Element.Size();
        var alone =
            costs.Flops(node) * use.Arithmetic / _machine.ProductFlops
            + traffic / (traffic < _machine.CoreCacheBytes ? _machine.CacheBytesPerSecond : _machine.MemoryBytesPerSecond);
        return _machine.LaunchSeconds
            + (
                cores == 1 || use.OnOneThread || alone < SecondsUndivided
                    ? alone
                    : _machine.ThreadSeconds + alone / (1 + _machine.SecondCoreShare * (cores - 1))
            );
    }

    /// <summary>The bytes that a node reads and writes. One that gathers reads what it writes; one that reshapes does neither.</summary>
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
