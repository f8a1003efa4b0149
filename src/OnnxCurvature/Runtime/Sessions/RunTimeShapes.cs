using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>
/// The shapes that Reshape and Expand take, as inputs of a session in place of constants. ONNX Runtime plans buffers before it runs: of
/// two values that it knows to be of one size the later takes the buffer of the earlier, which it holds from the first use of one to the
/// last use of the other. Directions that are pushed forward and then pulled back have values of the same sizes in reverse order, so it
/// would hold all of the way forward at the turn. Where sizes are known only when it runs, each value is freed after its last use.
/// </summary>
internal sealed class RunTimeShapes : IDisposable
{
    private RunTimeShapes(Program program, ImmutableArray<OrtValue> values) => (Program, Values) = (program, values);

    /// <summary>The program, with the shapes as parameters after its own.</summary>
    public Program Program { get; }

    /// <summary>The values of these parameters.</summary>
    public ImmutableArray<OrtValue> Values { get; }

    /// <summary>
    /// Takes the shapes out of a program; bodies in it stay as they are. Shapes of values that follow from weights alone stay constants:
    /// the runtime computes it when the session starts, and lays out kernels of convolutions for that.
    /// </summary>
    public static RunTimeShapes Of(Program program)
    {
        HashSet<Value> dependent = [.. program.Parameters];
        foreach (var node in program.Nodes)
            if (GraphWalk.Dependencies(node).Any(dependent.Contains))
                dependent.UnionWith(node.Outputs);
        Value[] shapes =
        [
            .. ShapesOf(program.Nodes.Where(node => dependent.Contains(node.Output)))
                .Except(ShapesOf(program.Nodes.Where(node => !dependent.Contains(node.Output))))
                .Except(program.Parameters),
        ];
        return new RunTimeShapes(
            shapes.Length == 0 ? program : Program.Create([.. program.Parameters, .. shapes], program.Outputs),
            [.. shapes.Select(shape => OrtTensors.Of(shape.Constant!.Read()))]
        );
    }

    private static IEnumerable<Value> ShapesOf(IEnumerable<Node> nodes) =>
        nodes
            .Where(node => node.Operator is Operator rules && rules.HoldsShape(1))
            .Select(node => node.Inputs[1]!)
            .Where(shape => shape is { IsWeight: false, Constant: InlineConstant });

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var value in Values)
            value.Dispose();
    }
}
