using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Products;

/// <summary>
/// The matrix product of the last two axes, broadcast over those before; a vector is a row on the left, a column on the right.
/// </summary>
internal sealed class MatMul : BilinearOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <summary>The matrix product of two values. One with an outer product is made of products with its factors.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y)
    {
        if (x.Type.Rank > 1 && OuterProduct.In(b, y) is { } second)
            return Mul.Of(b, Of(b, x, second.Column), second.Row);
        if (y.Type.Rank > 1 && OuterProduct.In(b, x) is { } first)
            return Mul.Of(b, first.Column, Of(b, first.Row, y));
        return Catalogue.Get<MatMul>().Apply(b, [x, y]).Output;
    }

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, y) = (call.Required(0).Type, call.Required(1).Type);
        if (x.Rank == 0 || y.Rank == 0)
            throw new UnsupportedOperatorException("MatMul cannot take a scalar.");
        var (a, b) = (x.Rank == 1 ? x.Shape.Prepend(1) : x.Shape, y.Rank == 1 ? y.Shape.Insert(1, 1) : y.Shape);
        if (a[^1] is { IsKnown: true } inner && b[b.Rank - 2] is { IsKnown: true } other && inner != other)
            throw new UnsupportedOperatorException($"the shapes {x.Shape} and {y.Shape} do not fit a matrix product.");
        var lead =
            TensorShape.Broadcast(a.Range(0, a.Rank - 2), b.Range(0, b.Rank - 2))
            ?? throw new UnsupportedOperatorException($"the shapes {x.Shape} and {y.Shape} do not broadcast.");
        if (x.Rank > 1)
            lead = lead.Insert(lead.Rank, a[a.Rank - 2]);
        if (y.Rank > 1)
            lead = lead.Insert(lead.Rank, b[b.Rank - 1]);
        return [x with { Shape = lead }];
    }

    /// <inheritdoc/>
    public override KernelAxes? KernelAxesOf(Node node, int input)
    {
        var (rank, other) = (node.Inputs[input]!.Type.Rank, node.Inputs[1 - input]!.Type.Rank);
        if (rank < 2 || other == 0)
            return null;
        return input == 1
            ? new KernelAxes(Output: rank - 1, Input: rank - 2, Data: other - 1)
            : new KernelAxes(Output: rank - 2, Input: rank - 1, Data: Math.Max(other - 2, 0));
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var (x, y) = (inputs[0]!, inputs[1]!);
        long[] a = x.Rank == 1 ? [1, .. x.Shape] : [.. x.Shape];
        long[] b = y.Rank == 1 ? [.. y.Shape, 1] : [.. y.Shape];
        var (rows, inner, columns) = ((int)a[^2], (int)a[^1], (int)b[^1]);
        var lead = TensorShape.Broadcast(TensorShape.Of(a[..^2]), TensorShape.Of(b[..^2]))!.Value.Sizes;
        var (i, j) = (Broadcasting.Positions(a.AsSpan(0, a.Length - 2), lead), Broadcasting.Positions(b.AsSpan(0, b.Length - 2), lead));
        var product = new double[i.Length * rows * columns];
        for (var k = 0; k < i.Length; k++)
            DenseProduct.Multiply(
                x.Floats.AsMemory(i[k] * rows * inner, rows * inner),
                y.Floats.AsMemory(j[k] * inner * columns, inner * columns),
                product.AsMemory(k * rows * columns, rows * columns),
                inner,
                columns
            );
        return
        [
            Tensor.Of(
                x.Element,
                [.. lead, .. x.Rank > 1 ? [rows] : Array.Empty<long>(), .. y.Rank > 1 ? [columns] : Array.Empty<long>()],
                product
            ),
        ];
    }

    /// <summary>ca = cy · bᵀ.</summary>
    protected override Value TransposeFirst(GraphBuilder b, Node node, Value second, Value cy)
    {
        var (matrix, column) = (AsColumn(b, second), Promoted(b, node, cy));
        return Demoted(b, Of(b, column, TransposeAxes.Last(b, matrix)), node.Inputs[0]!.Type.Rank == 1, -2);
    }

    /// <summary>cb = aᵀ · cy.</summary>
    protected override Value TransposeSecond(GraphBuilder b, Node node, Value first, Value cy)
    {
        var (matrix, column) = (first.Type.Rank == 1 ? Reshape.InsertAxis(b, first, 0) : first, Promoted(b, node, cy));
        return Demoted(b, Of(b, TransposeAxes.Last(b, matrix), column), node.Inputs[1]!.Type.Rank == 1, -1);
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        var (x, y) = (inputs[0]!, inputs[1]!);
        var (row, column) = (node.Inputs[0]!.Type.Rank == 1, node.Inputs[1]!.Type.Rank == 1);
        if (row && batched[0])
            x = Reshape.InsertAxis(b, x, 1);
        else if (row)
            x = Reshape.InsertAxis(b, x, 0);
        if (column)
            y = Reshape.InsertAxis(b, y, y.Type.Rank);
        // The axis of directions must stand before the batch axes of both: ones go between where one has fewer.
        var lead = Math.Max(x.Type.Rank - (batched[0] ? 1 : 0), y.Type.Rank - (batched[1] ? 1 : 0));
        if (batched[0])
            x = Lead(b, x, lead + 1);
        if (batched[1])
            y = Lead(b, y, lead + 1);
        var product = Of(b, x, y);
        return [Reshape.To(b, product, node.Output.Type.Shape.Prepend(directions))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var (x, y, rank) = (node.Inputs[0]!.Type.Rank, node.Inputs[1]!.Type.Rank, node.Output.Type.Rank);
        SampleLayout? first =
            !inputs[0].IsSeparate ? null
            : x == 1 || inputs[0].Axis == x - 1 ? SampleLayout.Coupled
            : SampleLayout.At(inputs[0].Axis + rank - x + (y == 1 ? 1 : 0));
        SampleLayout? second =
            !inputs[1].IsSeparate ? null
            : y == 1 || inputs[1].Axis == y - 2 ? SampleLayout.Coupled
            : SampleLayout.At(inputs[1].Axis == y - 1 ? rank - 1 : inputs[1].Axis + rank - y + (x == 1 ? 1 : 0));
        var common = first is { } one && second is { } two && one != two ? SampleLayout.Coupled : first ?? second ?? SampleLayout.Coupled;
        // A batch axis of one that the other input's batch repeats no longer distinguishes the samples.
        return
        [
            common.IsSeparate
            && Enumerable
                .Range(0, 2)
                .Any(index =>
                    inputs[index].IsSeparate && node.Inputs[index]!.Type.Shape[inputs[index].Axis] != node.Output.Type.Shape[common.Axis]
                )
                ? SampleLayout.Coupled
                : common,
        ];
    }

    /// <summary>y[n, p, o] = Σ_j x[n, p, j] w[j, o] for x [N, positions…, J] and a weight [J, O].</summary>
    public override UnfoldedProduct? Unfold(GraphBuilder b, Node node, int input)
    {
        var (x, w) = (node.Inputs[0]!, node.Inputs[1]!.Type.Shape);
        if (input != 1 || w.Rank != 2 || x.Type.Rank < 2)
            return null;
        var (samples, positions) = (x.Type.Shape[0], x.Type.Shape.Product(1, x.Type.Rank - 1));
        var rows = Reshape.To(b, x, [samples, 1, positions, w[0]]);
        return new UnfoldedProduct(
            positions.IsOne ? Reshape.To(b, x, [samples, 1, w[0], 1]) : TransposeAxes.Last(b, rows),
            (builder, cy) =>
                positions.IsOne
                    ? Reshape.To(builder, cy, [cy.Type.Shape[0], samples, 1, w[1], 1])
                    : TransposeAxes.Last(builder, Reshape.To(builder, cy, [cy.Type.Shape[0], samples, 1, positions, w[1]])),
            (builder, value) => Reshape.To(builder, TransposeAxes.Last(builder, value), w)
        );
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        2 * size(node.Output.Type.Shape.Elements) * size(node.Inputs[0]!.Type.Shape[^1]);

    private static Value AsColumn(GraphBuilder b, Value value) => value.Type.Rank == 1 ? Reshape.InsertAxis(b, value, 1) : value;

    private static Value Promoted(GraphBuilder b, Node node, Value cy)
    {
        if (node.Inputs[1]!.Type.Rank == 1)
            cy = Reshape.InsertAxis(b, cy, cy.Type.Rank);
        return node.Inputs[0]!.Type.Rank == 1 ? Reshape.InsertAxis(b, cy, cy.Type.Rank - 1) : cy;
    }

    private static Value Demoted(GraphBuilder b, Value value, bool vector, int axis) =>
        vector ? Reshape.To(b, value, value.Type.Shape.Remove(value.Type.Rank + axis)) : value;

    private static Value Lead(GraphBuilder b, Value value, int rank)
    {
        var shape = value.Type.Shape;
        while (shape.Rank < rank)
            shape = shape.Insert(1, 1);
        return Reshape.To(b, value, shape);
    }

    /// <summary>A first factor that holds no input is a value of its own for each product.</summary>
    public override ImmutableArray<Value?>? WithoutGaps(
        GraphBuilder b,
        OperatorCall call,
        ImmutableArray<TensorType> types,
        EngineGaps gaps
    )
    {
        var (x, y) = (call.Required(0), call.Required(1));
        if (!gaps.HasFlag(EngineGaps.ConstantData) || !GraphWalk.HoldsNoParameter(x) || x.Producer?.Operator is Identity)
            return null;
        return [Apply(b, [Catalogue.Get<Identity>().Apply(b, [x]).Output, y]).Output];
    }

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => SameInFloat32(b, call);

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => SquaredCoefficients.OfFactors;

    /// <inheritdoc/>
    public override WeightPacking Packing => WeightPacking.Passing;

    /// <inheritdoc/>
    public override ConstantUse ConstantUseOf(int input) => input == 1 ? ConstantUse.Parameter : ConstantUse.Operand;

    /// <inheritdoc/>
    public override WeightProduct? AsWeightProduct(Node node) => node.Inputs[1]!.Type.Rank == 2 ? new WeightProduct() : null;
}
