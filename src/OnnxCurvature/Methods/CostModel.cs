using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.ControlFlow;

namespace OnnxCurvature.Methods;

/// <summary>Estimates of work and memory from a program's nodes.</summary>
public sealed class CostModel(PlanLimits limits)
{
    /// <summary>Floating-point operations that one processor core is expected to do in a second, for rough times.</summary>
    public const double FlopsPerSecondOfACore = 150e9;

    /// <summary>Floating-point operations of a program, its loops included.</summary>
    public double Flops(Program program)
    {
        double total = 0;
        foreach (var node in program.Nodes)
            total += Flops(node);
        return total;
    }

    /// <summary>Floating-point operations of a node, its bodies included.</summary>
    public double Flops(Node node) => node.Bodies.Any() ? node.Bodies.Sum(Flops) * Trips(node) : node.Rules().Flops(node, limits.Size);

    /// <summary>
    /// The most bytes that the values of a program take at one time, when each is freed after its last use. Constants and what
    /// the program captures do not count.
    /// </summary>
    public double PeakBytes(Program program)
    {
        var lastUse = new Dictionary<Value, int>();
        for (var index = 0; index < program.Nodes.Length; index++)
            foreach (var value in GraphWalk.Dependencies(program.Nodes[index]))
                lastUse[value] = index;
        foreach (var output in program.Outputs)
            lastUse[output.Value] = int.MaxValue;
        var freed = lastUse.Where(use => use.Value != int.MaxValue).ToLookup(use => use.Value, use => use.Key);
        var alive = program.Parameters.ToHashSet();
        double bytes = program.Parameters.Sum(Bytes), peak = bytes;
        for (var index = 0; index < program.Nodes.Length; index++)
        {
            var node = program.Nodes[index];
            foreach (var output in node.Outputs)
            {
                alive.Add(output);
                bytes += Bytes(output);
            }
            peak = Math.Max(peak, bytes + node.Bodies.Sum(PeakBytes));
            foreach (var value in freed[index].Concat(node.Outputs.Where(output => !lastUse.ContainsKey(output))))
                if (alive.Remove(value))
                    bytes -= Bytes(value);
        }
        return peak;
    }

    /// <summary>The bytes of the largest output of a convolution; zero where there is none.</summary>
    public double WidestConvolution(Program program) => program.Nodes.Where(node => node.Operator is Conv or ConvTranspose).Select(node => Bytes(node.Output)).DefaultIfEmpty(0).Max();

    private double Bytes(Value value) => value.Producer?.Operator is Ops.Structure.Reshape or Ops.Structure.Identity
        ? 0
        : limits.Size(value.Type.Shape.Elements) * value.Type.Element.Size();

    private static double Trips(Node node) => node.Operator is not Loop ? 1 : node.Input(0)?.Constant?.Read().Integers[0] ?? 1;
}
