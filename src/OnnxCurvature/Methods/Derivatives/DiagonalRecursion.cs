using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// The recursion of Becker and LeCun (1988): second derivatives h are passed back from node to node, as gradients are, with all that is not
/// on the diagonal left out on the way. At y = φ(x), entry by entry, hₓ = φ'² h_y + φ'' ∂L/∂y; at a linear map, h_x = (A ⊙ A)ᵀ h_y. One
/// pass, and biased. HesScale (Elsayed and Mahmood, 2022) starts from the exact diagonal of the loss's Hessian in z; Becker and LeCun take
/// softmax for a function of each logit alone.
/// </summary>
internal sealed class DiagonalRecursion(GraphBuilder b, LossHead head, CurvatureRequest request)
{
    /// <summary>
    /// The estimate for the whole of a target. Throws <see cref="UserErrorException"/> for a node or a loss that the recursion has no rule
    /// for.
    /// </summary>
    public Value Of(Target target)
    {
        var from = new HashSet<Value> { target.Value };
        var nodes = GraphWalk.Between(from, [head.Output]);
        var active = nodes.SelectMany(node => node.Outputs).Append(target.Value).ToHashSet();
        var sums = new Dictionary<Value, Value> { [head.Output] = AtOutput() };
        foreach (var node in nodes.Reverse())
        {
            if (!sums.TryGetValue(node.Outputs[0], out var above))
                continue;
            for (var index = 0; index < node.Inputs.Length; index++)
                if (node.Inputs[index] is { } x && active.Contains(x))
                {
                    if (node.Inputs.Count(input => input == x) > 1)
                        throw Refusal(node, "which takes the same value twice");
                    if (Back(node, index, above) is { } below)
                        sums[x] = sums.TryGetValue(x, out var sum) ? Add.Of(b, sum, below) : below;
                }
        }
        return sums.GetValueOrDefault(target.Value) ?? Expand.Of(b, b.Scalar(target.Value.Type.Element, 0), target.Value.Type.Shape);
    }

    private Value AtOutput()
    {
        var (z, element) = (head.Output, head.Output.Type.Element);
        switch (request.Loss.Kind)
        {
            case LossKind.CrossEntropy:
                var axis = head.ClassAxis!.Value;
                var p = new Expr(b, Softmax.Of(b, z, axis));
                var weighted = p * Softmax.Complement(p, axis) * p.With(head.Root!.Weight);
                if (request.Estimator != Estimator.HesScale)
                    return Mul.Of(b, weighted, head.Classes!.Coefficients);
                return head.Classes!.RowWeights is { } rows ? Mul.Of(b, weighted, Reshape.InsertAxis(b, rows, axis)) : weighted;
            case LossKind.BinaryCrossEntropy:
                var second = Logistic.Derivative(new Expr(b, z));
                return second * second.With(Means.Weight(b, z.Type.Shape, element, request.Reduction, 1));
            case LossKind.Mse:
                return Expand.Of(b, Means.Weight(b, z.Type.Shape, element, request.Reduction, 2), z.Type.Shape);
            case LossKind.Sum:
                return Expand.Of(b, b.Scalar(element, 0), z.Type.Shape);
            default:
                throw new UserErrorException(
                    $"--method {request.Estimator.Name()} starts from a loss of the tool's own; give cross-entropy, "
                        + $"binary-cross-entropy, mse or sum with --loss."
                );
        }
    }

    /// <summary>The curvature that a node passes back to one of its inputs; null where its derivative there is zero.</summary>
    private Value? Back(Node node, int index, Value above)
    {
        var (rules, x) = (node.Rules(), node.Inputs[index]!);
        if (rules.SquaredIn(node, index) is { } squared)
        {
            var inputs = node.Inputs.Select(
                (value, at) =>
                    at != index && squared.SquaresFactors && value?.Type.Element.IsFloat() == true ? Mul.Of(b, value, value) : value
            );
            var map = squared.SquaresFactors ? rules.Rebuild(b, node, [.. inputs], node.Output.Type.Shape) : node;
            return Transposed(map, index, above) is { } pulled ? new Expr(b, pulled) * squared.Scale : null;
        }
        if (rules.IsElementwise(node, index) && x.Type.Shape == node.Output.Type.Shape)
            return Entrywise(node, index, above);
        throw Refusal(node, "which it has no rule for");
    }

    /// <summary>φ'² h + φ'' ∂L/∂y.</summary>
    private Value? Entrywise(Node node, int index, Value above)
    {
        if (Slope(node, index) is not { } slope)
            return null;
        var first = Mul.Of(b, Mul.Of(b, slope, slope), above);
        var x = node.Inputs[index]!;
        var change = b.Linearize([x], [slope]);
        if (change.Outputs[0] is not { } second || b.Gradient(head.Loss, [node.Output])[0] is not { } gradient)
            return first;
        var curvature = b.Substitute([second], new Dictionary<Value, Value> { [change.Inputs[0]] = Ones(x) })[0];
        return Add.Of(b, first, Mul.Of(b, curvature, gradient));
    }

    /// <summary>The derivative of a node that acts entry by entry.</summary>
    private Value? Slope(Node node, int index) => node.Rules().Linearize(b, node, Only(node, index, Ones(node.Inputs[index]!)))[0];

    private Value? Transposed(Node node, int index, Value above)
    {
        var tangent = b.Parameter(node.Inputs[index]!.Type);
        var forward = node.Rules().Linearize(b, node, Only(node, index, tangent))[0];
        return new LinearProgram([tangent], [forward]).Transpose(b, [above])[0];
    }

    private static System.Collections.Immutable.ImmutableArray<Value?> Only(Node node, int index, Value tangent) =>
        [.. node.Inputs.Select((_, at) => at == index ? tangent : null)];

    private Value Ones(Value x) => Expand.Of(b, b.Scalar(x.Type.Element, 1), x.Type.Shape);

    private UserErrorException Refusal(Node node, string why) =>
        new($"--method {request.Estimator.Name()} cannot pass {node}, {why}; take the exact diagonal or --method hutchinson.");
}
