using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// y = φ(x), element by element, right to the last digits of y also where y is small. Kernels of ONNX Runtime are right to the last digits
/// of 1 there, so that a derivative of confident logits would hold nothing but rounding. Derivatives and losses use these functions. ONNX
/// has no such operators: programs that run and files hold <see cref="Formula"/>.
/// </summary>
internal abstract class TailElementwise : UnaryElementwise
{
    /// <inheritdoc/>
    public sealed override string Domain => "OnnxCurvature";

    /// <inheritdoc/>
    public sealed override bool HasKernel => false;

    /// <inheritdoc/>
    protected sealed override Curvature Kind => Curvature.Curved;

    /// <summary>The value by standard operators, in any type. It is never differentiated, and may have a kink inside.</summary>
    protected abstract Expr Formula(Expr x);

    /// <inheritdoc/>
    protected sealed override Expr? InFloat64(Attributes attributes, Expr x) => Formula(x);

    /// <inheritdoc/>
    public sealed override ImmutableArray<Value>? ForOlderOpsets(GraphBuilder b, Node node) => [Formula(new Expr(b, node.Inputs[0]!))];

    /// <summary>About as many nodes as the formulas have.</summary>
    public sealed override double Flops(Node node, Func<Dim, double> size) => 7 * base.Flops(node, size);
}
