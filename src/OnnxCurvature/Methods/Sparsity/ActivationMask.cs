using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>
/// The factors that directions are multiplied by, entry by entry, the same for all of them: where a factor is zero, as the slope of a ReLU
/// is at half of the entries and the mask of a max pooling everywhere but at the argmax positions, every direction is zero.
/// </summary>
/// <param name="Base">The directions before the factors, with the same entries in the same order, but for the <paramref name="Map"/> of
/// their positions.</param>
/// <param name="Factors">The factors, and for each the shape, that of the directions, to which it is broadcast.</param>
/// <param name="Path">The values between the base and the masked directions, both included.</param>
/// <param name="Map">Where in the base the entries of every position are; null where each has its own.</param>
internal sealed record ActivationMask(
    Value Base,
    IReadOnlyList<(Value Factor, TensorShape Shape)> Factors,
    IReadOnlyList<Value> Path,
    PositionMap? Map
)
{
    /// <summary>The mask before <paramref name="directions"/>; without factors where there is none.</summary>
    /// <param name="directions">The masked directions.</param>
    /// <param name="planes">The entries of a direction for each sample, [C, P].</param>
    /// <param name="dependent">The values that differ between directions.</param>
    public static ActivationMask Before(Value directions, TensorShape planes, IReadOnlySet<Value> dependent)
    {
        var (at, factors, path) = (directions, new List<(Value, TensorShape)>(), new List<Value> { directions });
        while (at.Producer is { } node && Step(node) is { } before)
            path.Add(at = before);
        // A max pooling repeats what it pulls back over each window, before its argmax positions are gathered.
        if (
            at.Producer is { Inputs: [{ } repeated, { } matrix] } product
            && product.Operator is Operator op
            && op.AsWeightProduct(product) is { IsTransposed: false, Slides: false }
            && !dependent.Contains(matrix)
            && repeated.Type.Rank == at.Type.Rank
            && at.Type.Rank > 2
            && at.Type.Shape.Range(at.Type.Rank - 2, at.Type.Rank) == planes
            && PositionMap.Of(matrix) is { } map
        )
        {
            path.Add(at = repeated);
            while (
                at.Producer is { } reshaped && reshaped.Rules().IsView && !reshaped.Inputs.Skip(1).Any(input => dependent.Contains(input!))
            )
                path.Add(at = reshaped.Inputs[0]!);
            return new ActivationMask(at, factors, path, map);
        }
        return new ActivationMask(at, factors, path, null);

        Value? Step(Node node)
        {
            if (node.Rules().IsView)
                return node.Inputs.Skip(1).Any(input => dependent.Contains(input!)) ? null : node.Inputs[0];
            if (FactorOf(node, dependent) is not ({ } value, { } factor))
                return null;
            if (value.Type.Shape.Elements != node.Output.Type.Shape.Elements)
                return null;
            factors.Add((factor, node.Output.Type.Shape));
            return value;
        }
    }

    /// <summary>
    /// A value that differs between directions, and the factor it is multiplied by, the same for all; null for other nodes.
    /// </summary>
    public static (Value Value, Value Factor)? FactorOf(Node node, IReadOnlySet<Value> dependent) =>
        node.Operator is Operator op
        && op.LinearTerms(node, [.. node.Inputs.Select(input => input is not null && dependent.Contains(input))])
            is [{ Input: var input, IsNegative: false, Factor: { } factor, IsDivisor: false }]
            ? (node.Inputs[input]!, node.Inputs[factor]!)
            : null;

    /// <summary>
    /// The share of entries that are expected to be other than zero: a half for each comparison, and of the positions of a pooling's window
    /// one. Only the choice of a way depends on it, and no result.
    /// </summary>
    public double Density =>
        Factors.Aggregate(
            Map is null ? 1.0 : (double)Map.Count / Map.Sources.Length,
            (product, factor) => product * DensityOf(factor.Factor)
        );

    /// <summary>
    /// The share of entries of the base that are expected to be read: those at which the mask is not zero at any position that is taken
    /// from them.
    /// </summary>
    public double DensityOfBase => Factors.Aggregate(1.0, (product, factor) => product * DensityOf(factor.Factor));

    /// <summary>
    /// Where the base is read: ones where the mask [1, C, P] is not zero at any position taken from an entry, and zeros, [1, C, Q].
    /// </summary>
    public Value NonzeroAtBase(GraphBuilder b, Value product)
    {
        var isNonzero = Cast.Of(b, NonzeroChannels.IsNonzero(b, product), ElementType.Float32);
        if (Map is null)
            return isNonzero;
        var takers = Map.Takers;
        var each = Gather.Of(b, isNonzero, b.Vector(takers.AsSpan()), 2);
        return ReduceMax.Of(b, Reshape.To(b, each, [1, product.Type.Shape[1], Map.Count, takers.Length / Map.Count]), [3], keepDims: false);
    }

    /// <summary>Whether the factors are proven to be zeros and ones.</summary>
    public bool IsMask => Factors.All(factor => Terms(factor.Factor).All(IsFromTruth));

    /// <summary>
    /// Whether the factors are proven to be the same for all directions, of which there are K, with N samples in each and the entries
    /// <paramref name="planes"/>, [C, P].
    /// </summary>
    public bool IsSame(Dim directions, Dim samples, TensorShape planes) =>
        Factors.All(factor =>
            Lead(factor.Shape, directions, samples, planes) is { } lead
            && factor.Factor.Type.Shape.Take(factor.Factor.Type.Rank - factor.Shape.Rank + lead).All(dim => dim.IsOne)
        );

    /// <summary>The product of the factors as [N, C, P]. They must be the <see cref="IsSame">same</see> for all directions.</summary>
    public Value Product(GraphBuilder b, Dim directions, Dim samples, TensorShape planes)
    {
        Value? product = null;
        foreach (var (factor, shape) in Factors)
        {
            var lead = Lead(shape, directions, samples, planes)!.Value;
            var missing = Math.Max(0, shape.Rank - factor.Type.Rank - lead);
            TensorShape own =
            [
                .. Enumerable.Repeat((Dim)1, missing),
                .. factor.Type.Shape.Range(factor.Type.Rank - (shape.Rank - lead - missing), factor.Type.Rank),
            ];
            var rest = shape.Range(lead, shape.Rank);
            var each = Reshape.To(b, factor, own);
            var term = Reshape.To(
                b,
                own == rest ? each : Expand.Of(b, each, rest),
                planes.Prepend(rest.Elements == planes.Elements ? 1 : samples)
            );
            product = product is null ? term : Mul.Of(b, product, term);
        }
        var all = planes.Prepend(samples);
        return product!.Type.Shape == all ? product : Expand.Of(b, product, all);
    }

    /// <summary>The leading axes of a shape that hold the directions, or the directions and the samples.</summary>
    private static int? Lead(TensorShape shape, Dim directions, Dim samples, TensorShape planes)
    {
        for (var axes = 1; axes < shape.Rank; axes++)
            if (
                shape.Product(axes, shape.Rank) is var rest
                && shape.Product(0, axes) is var lead
                && (lead == directions && rest == samples * planes.Elements || lead == directions * samples && rest == planes.Elements)
            )
                return axes;
        return null;
    }

    /// <summary>The share of the entries of a factor that are expected to be other than zero.</summary>
    public static double DensityOf(Value factor) =>
        Terms(factor)
            .Aggregate(
                1.0,
                (density, term) =>
                    density * (IsFromTruth(term) ? (term.Producer!.Inputs[0]!.Producer?.Operator as Operator)?.ExpectedShare ?? 0.5 : 1)
            );

    private static bool IsFromTruth(Value term) =>
        term.Producer is { } cast && cast.Rules().SetsType && cast.Inputs[0]!.Type.Element == ElementType.Bool;

    /// <summary>The values that a factor is a product of, each once.</summary>
    private static List<Value> Terms(Value factor)
    {
        var terms = new List<Value>();
        var seen = new HashSet<Value>();
        var pending = new Stack<Value>([factor]);
        while (pending.TryPop(out var value))
        {
            while (
                value.Producer?.Operator is Operator { IsView: true } or Operator { RepeatsElements: true } or Operator { Selects: true }
            )
                value = value.Producer!.Inputs[0]!;
            if (!seen.Add(value))
                continue;
            if (value.Producer is { } product && product.Rules().IsProduct)
                foreach (var input in product.Inputs.Reverse())
                    pending.Push(input!);
            else
                terms.Add(value);
        }
        return terms;
    }
}
