using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Passes;

/// <summary>
/// Rebuilds a program so that ONNX Runtime computes in float64 what is of that type: nodes that it has no float64 kernel of, or one
/// that rounds to float32, become nodes that it has one of. So do, in every type, nodes of operators that no runtime has. The new
/// nodes are lowered in turn.
/// </summary>
/// <remarks>
/// Requires nothing. Ensures that ONNX Runtime has a kernel of every node of float64, which computes in float64, and that no node is of an
/// operator that no runtime has.
/// </remarks>
/// <param name="provider">The provider whose kernels count.</param>
internal sealed class Float64Lowering(ExecutionProvider provider) : IPass
{
    /// <inheritdoc/>
    public string Name => "float64 lowering";

    /// <inheritdoc/>
    /// <remarks>Throws <see cref="UserErrorException"/> for a node that cannot be computed in float64.</remarks>
    public Program Run(Program program) => IsNeeded(program) ? NodeReplacement.Run(program, Lowered) : program;

    /// <summary>Whether a program, or a body in it, computes values of float64.</summary>
    public static bool HoldsFloat64(Program program) => program.Nodes.Any(node => IsFloat64(node) || node.Bodies.Any(HoldsFloat64));

    private static bool IsNeeded(Program program) =>
        program.Nodes.Any(node => IsFloat64(node) || !node.Rules().HasKernel || node.Bodies.Any(IsNeeded));

    private static bool IsFloat64(Node node) =>
        node.Outputs.Any(output => output.Type.Element == ElementType.Float64)
        || node.Inputs.Any(input => input?.Type.Element == ElementType.Float64);

    private ImmutableArray<Value?>? Lowered(GraphBuilder b, Node node, ImmutableArray<Value?> inputs)
    {
        if (!IsFloat64(node) && node.Rules().HasKernel)
            return null;
        foreach (var input in inputs)
            if (input is not null)
                b.Recognize(input);
        var call = new OperatorCall(node.Operator.Name, node.Operator.Domain, inputs, node.Attributes, node.Outputs.Length);
        ImmutableArray<TensorType> types = [.. node.Outputs.Select(output => output.Type)];
        try
        {
            return provider == ExecutionProvider.Cuda
                ? node.Rules().InFloat64OnCuda(b, call, types)
                : node.Rules().InFloat64(b, call, types);
        }
        catch (UnsupportedOperatorException exception)
        {
            throw new UserErrorException(
                $"{NodeReplacement.Named(node)} cannot be computed in float64, for which ONNX Runtime has no kernel: "
                    + $"{exception.Message.TrimEnd('.')}."
            );
        }
    }
}
