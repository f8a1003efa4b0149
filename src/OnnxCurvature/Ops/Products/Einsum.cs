using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Products;

/// <summary>
/// Σ of products of entries of the operands, over all labels of <c>equation</c> that the result lacks. Linear in each operand; for
/// derivatives the operands are multiplied one after another, by matrix products where labels are summed over.
/// </summary>
internal sealed class Einsum : CompositeOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var equation = EinsumEquation.Parse(
            call.Attributes.Text("equation", ""),
            [.. call.Inputs.Select((_, index) => call.Required(index).Type.Rank)]
        );
        var operands = equation.Operands.Select((labels, index) => Diagonal(b, new Operand(call.Required(index), labels))).ToList();
        var product = operands[0];
        for (var index = 1; index < operands.Count; index++)
            product = Contract(
                b,
                product,
                operands[index],
                equation.Result + string.Concat(operands.Skip(index + 1).Select(operand => operand.Labels))
            );
        product = Sum(b, product, equation.Result);
        return
        [
            TransposeAxes.Of(b, product.Value, equation.Result.Select(label => product.Labels.IndexOf(label, StringComparison.Ordinal))),
        ];
    }

    /// <summary>Products of integers are computed as those of doubles.</summary>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        [base.Evaluate(node, [.. inputs.Select(input => input!.CastTo(ElementType.Float64))])[0].CastTo(node.Output.Type.Element)];

    /// <summary>Two operations for each combination of the labels, as many times as there are products.</summary>
    public override double Flops(Node node, Func<Dim, double> size)
    {
        var equation = EinsumEquation.Parse(node.Attributes.Text("equation", ""), [.. node.Inputs.Select(input => input!.Type.Rank)]);
        var sizes = equation.Operands.SelectMany(
            (labels, index) => labels.Select((label, axis) => (label, size(node.Inputs[index]!.Type.Shape[axis])))
        );
        return 2
            * Math.Max(1, node.Inputs.Length - 1)
            * sizes.GroupBy(entry => entry.label).Aggregate(1.0, (product, entries) => product * entries.Max(entry => entry.Item2));
    }

    /// <summary>An operand in which every label occurs once: of axes with the same label the entries with equal indices are left.</summary>
    private static Operand Diagonal(GraphBuilder b, Operand operand)
    {
        while (operand.Labels.GroupBy(label => label).FirstOrDefault(group => group.Count() > 1) is { } repeated)
        {
            var (first, second) = (
                operand.Labels.IndexOf(repeated.Key, StringComparison.Ordinal),
                operand.Labels.LastIndexOf(repeated.Key)
            );
            var rank = operand.Value.Type.Rank;
            var others = Enumerable.Range(0, rank).Where(axis => axis != first && axis != second).ToArray();
            var moved = TransposeAxes.Of(b, operand.Value, [.. others, first, second]);
            var (rows, columns) = (moved.Type.Shape[rank - 2], moved.Type.Shape[rank - 1]);
            if (rows.Known is not { } size || rows != columns)
                throw new UnsupportedOperatorException($"the diagonal of axes of the sizes {rows} and {columns} needs equal, known ones.");
            var flat = Reshape.To(b, moved, moved.Type.Shape.Range(0, rank - 2).Concat([rows * columns]));
            var diagonal = Gather.Of(b, flat, b.Vector(size, index => index * (size + 1)), rank - 2);
            operand = new Operand(diagonal, string.Concat(others.Select(axis => operand.Labels[axis])) + repeated.Key);
        }
        return operand;
    }

    /// <summary>The product of two operands, summed over all labels but those needed.</summary>
    private static Operand Contract(GraphBuilder b, Operand x, Operand y, string needed)
    {
        (x, y) = (WithoutOnes(b, x, y), WithoutOnes(b, y, x));
        (x, y) = (Sum(b, x, needed + y.Labels), Sum(b, y, needed + x.Labels));
        var common = x.Labels.Where(label => y.Labels.Contains(label, StringComparison.Ordinal)).ToArray();
        var batch = string.Concat(common.Where(label => needed.Contains(label, StringComparison.Ordinal)));
        var inner = string.Concat(common.Where(label => !needed.Contains(label, StringComparison.Ordinal)));
        var (left, right) = (string.Concat(x.Labels.Except(common)), string.Concat(y.Labels.Except(common)));
        var labels = batch + left + right;
        var (lead, rows, columns) = (x.Shape(batch), x.Shape(left), y.Shape(right));
        if (inner.Length == 0)
        {
            var (first, second) = (x.Arranged(b, batch + left), y.Arranged(b, batch + right));
            return new Operand(
                Mul.Of(
                    b,
                    Reshape.To(b, first, first.Type.Shape.Concat(Ones(right.Length))),
                    Reshape.To(b, second, y.Shape(batch).Concat(Ones(left.Length)).Concat(columns))
                ),
                labels
            );
        }
        var matrix = Reshape.To(b, x.Arranged(b, batch + left + inner), [.. lead, rows.Elements, x.Shape(inner).Elements]);
        var other = Reshape.To(b, y.Arranged(b, batch + inner + right), [.. y.Shape(batch), y.Shape(inner).Elements, columns.Elements]);
        return new Operand(Reshape.To(b, MatMul.Of(b, matrix, other), lead.Concat(rows).Concat(columns)), labels);
    }

    /// <summary>An operand without those axes of one that the other operand has in another size: they are repeated along it.</summary>
    private static Operand WithoutOnes(GraphBuilder b, Operand x, Operand other)
    {
        var kept = string.Concat(
            x.Labels.Where(
                (label, axis) =>
                    !(
                        x.Value.Type.Shape[axis].IsOne
                        && other.Labels.Contains(label, StringComparison.Ordinal)
                        && !other.Shape($"{label}")[0].IsOne
                    )
            )
        );
        return kept == x.Labels ? x : new Operand(Reshape.To(b, x.Value, x.Shape(kept)), kept);
    }

    private static Operand Sum(GraphBuilder b, Operand x, string needed)
    {
        var summed = Enumerable
            .Range(0, x.Labels.Length)
            .Where(axis => !needed.Contains(x.Labels[axis], StringComparison.Ordinal))
            .Select(axis => (long)axis);
        return new Operand(
            ReduceSum.Of(b, x.Value, summed, keepDims: false),
            string.Concat(x.Labels.Where(label => needed.Contains(label, StringComparison.Ordinal)))
        );
    }

    private static TensorShape Ones(int count) => [.. Enumerable.Repeat((Dim)1, count)];

    /// <summary>A value and the labels of its axes.</summary>
    private readonly record struct Operand(Value Value, string Labels)
    {
        public TensorShape Shape(string labels)
        {
            var (shape, own) = (Value.Type.Shape, Labels);
            return [.. labels.Select(label => shape[own.IndexOf(label, StringComparison.Ordinal)])];
        }

        public Value Arranged(GraphBuilder b, string labels)
        {
            var own = Labels;
            return TransposeAxes.Of(b, Value, labels.Select(label => own.IndexOf(label, StringComparison.Ordinal)));
        }
    }
}
