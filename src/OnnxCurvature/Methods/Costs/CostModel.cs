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
internal sealed class CostModel
{
    private readonly PlanLimits _limits;
    private readonly SizeEstimates _sizes;
    private readonly PeakMemory _memory;

    /// <summary>Estimates for a machine and for the sizes that dimensions are expected to have.</summary>
    public CostModel(PlanLimits limits)
    {
        _limits = limits;
        _sizes = new SizeEstimates(limits);
        _memory = new PeakMemory(this);
    }

    /// <summary>The speed of the machine.</summary>
    public MachineProfile Machine => _limits.Machine;

    /// <summary>Learns the bounds of sizes that are known from the data only from a program whose parts are to be estimated.</summary>
    public void Learn(Program program) => _sizes.Learn(program);

    /// <summary>The size that a dimension is expected to have.</summary>
    public double Size(Dim dim) => _sizes.Expected(dim);

    /// <summary>Floating-point operations of a program, its loops included.</summary>
    public double Flops(Program program)
    {
        // Every way that is weighed comes by here, and planning is little else.
        _limits.Interrupt?.Check();
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
        _limits.Interrupt?.Check();
        _sizes.Learn(program);
        return Math.Max(_memory.Of(program, program.Nodes), _memory.Of(program, RuntimeOrder.Of(program)));
    }

    /// <summary>At least <see cref="PeakBytes"/>, by adding up all values, which takes a small part of the time.</summary>
    public double BytesAtMost(Program program)
    {
        _sizes.Learn(program);
        return _memory.AtMost(program);
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
