using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Products;

/// <summary>
/// y = alpha A B + beta C for matrices, where A and B are transposed first by <c>transA</c> and <c>transB</c> and C is broadcast.
/// Bilinear in A and B, affine in C.
/// </summary>
internal sealed class Gemm : Operator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => ConstantRole.Weight;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, w, form) = (call.Required(0).Type, call.Required(1).Type, Form.Of(call.Attributes));
        if (x.Rank != 2 || w.Rank != 2)
            throw new UnsupportedOperatorException($"Gemm takes matrices, not {x.Shape} and {w.Shape}.");
        var (left, right) = (x.Shape[form.TransA ? 0 : 1], w.Shape[form.TransB ? 1 : 0]);
        if (left.IsKnown && right.IsKnown && left != right)
            throw new UnsupportedOperatorException($"the shapes {x.Shape} and {w.Shape} do not fit a matrix product.");
        TensorShape shape = [x.Shape[form.TransA ? 1 : 0], w.Shape[form.TransB ? 0 : 1]];
        if (
            call.Input(2) is { } bias
            && (
                bias.Type.Rank > 2
                || TensorShape.Broadcast(shape, bias.Type.Shape) is not { } common
                || common.IsKnown && shape.IsKnown && common != shape
            )
        )
            throw new UnsupportedOperatorException($"the shape {bias.Type.Shape} does not broadcast to that of the product, {shape}.");
        return [x with { Shape = shape }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var form = Form.Of(node.Attributes);
        var (x, w) = (form.TransA ? Turned(inputs[0]!) : inputs[0]!, form.TransB ? Turned(inputs[1]!) : inputs[1]!);
        long[] shape = [x.Shape[0], w.Shape[1]];
        var y = new double[shape[0] * shape[1]];
        DenseProduct.Multiply(x.Floats, w.Floats, y, (int)x.Shape[1], (int)shape[1]);
        var bias = inputs.Length > 2 ? inputs[2] : null;
        var positions = bias is null ? null : Broadcasting.Positions(bias.Shape.AsSpan(), shape);
        for (var i = 0; i < y.Length; i++)
            y[i] = form.Alpha * y[i] + (bias is null ? 0 : form.Beta * bias.Floats[positions![i]]);
        return [Tensor.Of(x.Element, shape, y)];
    }

    /// <inheritdoc/>
    public override KernelAxes? KernelAxesOf(Node node, int input)
    {
        var form = Form.Of(node.Attributes);
        return input switch
        {
            0 => new KernelAxes(Output: form.TransA ? 1 : 0, Input: form.TransA ? 0 : 1, Data: form.TransB ? 1 : 0),
            1 => new KernelAxes(Output: form.TransB ? 0 : 1, Input: form.TransB ? 1 : 0, Data: form.TransA ? 0 : 1),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] && active[1] ? Curvature.Curved : Curvature.Linear;

    /// <summary>dy = alpha (dA B + A dB) + beta dC.</summary>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var (form, x, w) = (Form.Of(node.Attributes), node.Inputs[0]!, node.Inputs[1]!);
        return
        [
            Sums.Of(
                b,
                node.Output.Type.Shape,
                dx[0] is { } da ? Product(b, da, w, form) : null,
                dx[1] is { } db ? Product(b, x, db, form) : null,
                dx.Length > 2 && dx[2] is { } dc ? Scaled(b, dc, form.Beta) : null
            ),
        ];
    }

    /// <inheritdoc/>
    public override Value? Transpose(GraphBuilder b, Node node, int input, ImmutableArray<Value?> cy)
    {
        var form = Form.Of(node.Attributes);
        var x = node.Inputs[0]!;
        var w = node.Inputs[1]!;
        var c = cy[0]!;
        return (input, form.TransA, form.TransB) switch
        {
            (0, false, _) => Product(b, c, w, form with { TransB = !form.TransB }),
            (0, true, _) => Product(b, w, c, form with { TransA = form.TransB, TransB = true }),
            (1, _, false) => Product(b, x, c, form with { TransA = !form.TransA }),
            (1, _, true) => Product(b, c, x, form with { TransA = true, TransB = form.TransA }),
            _ => Scaled(b, c, form.Beta),
        };
    }

    /// <summary>Directions of A alone are more rows of it; directions of anything else make a batch of matrices.</summary>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        var form = Form.Of(node.Attributes);
        var x = inputs[0]!;
        var w = inputs[1]!;
        var y = node.Output.Type.Shape;
        var (bias, hasBatchedBias) = (inputs.Length > 2 ? inputs[2] : null, batched.Length > 2 && batched[2]);
        Value product;
        if (batched[0] && !batched[1] && !form.TransA)
        {
            var sharesRows = bias is not null && !hasBatchedBias && (bias.Type.Rank < 2 || bias.Type.Shape[0].IsOne);
            product = SampleFolding.Unfold(
                b,
                Apply(b, [SampleFolding.Fold(b, x), w, sharesRows ? bias : null], node.Attributes).Output,
                y,
                directions
            );
            if (sharesRows)
                return [product];
        }
        else if (!batched[0] && !batched[1])
            product = Product(b, x, w, form);
        else if (
            !batched[0]
            && form is { TransA: false, TransB: true }
            && x.Type.Shape[0].Known < x.Type.Shape[1].Known
            && OuterProduct.In(b, w) is null
        )
        {
            // The rows of all matrices, [K O, J], make one product [N, K O], which is smaller than they are: no copy of them is transposed.
            var rows = Reshape.To(b, w, [directions * y[1], x.Type.Shape[1]]);
            product = TransposeAxes.Of(b, Reshape.To(b, Product(b, x, rows, form), [y[0], directions, y[1]]), 1, 0, 2);
        }
        else
            product = Scaled(
                b,
                MatMul.Of(b, form.TransA ? TransposeAxes.Last(b, x) : x, form.TransB ? TransposeAxes.Last(b, w) : w),
                form.Alpha
            );
        if (bias is null)
            return [product];
        if (hasBatchedBias)
            while (bias.Type.Rank < 3)
                bias = Reshape.InsertAxis(b, bias, 1);
        return [Broadcasting.To(b, Add.Of(b, product, Scaled(b, bias, form.Beta)), y.Prepend(directions))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var form = Form.Of(node.Attributes);
        var axes = new List<SampleLayout>();
        if (inputs[0].IsSeparate)
            axes.Add(inputs[0].Axis == (form.TransA ? 1 : 0) ? SampleLayout.At(0) : SampleLayout.Coupled);
        if (inputs[1].IsSeparate)
            axes.Add(inputs[1].Axis == (form.TransB ? 0 : 1) ? SampleLayout.At(1) : SampleLayout.Coupled);
        if (inputs.Length > 2 && inputs[2].IsSeparate)
        {
            var (bias, axis) = (node.Inputs[2]!.Type.Shape, inputs[2].Axis + 2 - node.Inputs[2]!.Type.Rank);
            axes.Add(bias[inputs[2].Axis] == node.Output.Type.Shape[axis] ? SampleLayout.At(axis) : SampleLayout.Coupled);
        }
        return [axes.Distinct().ToArray() is [var one] ? one : SampleLayout.Coupled];
    }

    /// <summary>y[n, o] = Σ_j w[o, j] (alpha A[n, j]), with one position.</summary>
    public override UnfoldedProduct? Unfold(GraphBuilder b, Node node, int input)
    {
        var form = Form.Of(node.Attributes);
        if (input != 1 || form.TransA)
            return null;
        var (x, w, y) = (node.Inputs[0]!, node.Inputs[1]!.Type.Shape, node.Output.Type.Shape);
        return new UnfoldedProduct(
            Reshape.To(b, Scaled(b, x, form.Alpha), [x.Type.Shape[0], 1, x.Type.Shape[1], 1]),
            (builder, cy) => Reshape.To(builder, cy, [cy.Type.Shape[0], y[0], 1, y[1], 1]),
            (builder, rows) =>
                form.TransB ? Reshape.To(builder, rows, w) : TransposeAxes.Last(builder, Reshape.To(builder, rows, [w[1], w[0]]))
        );
    }

    /// <summary>A kernel holds the factors in float32: others are multiplied with in nodes of their own.</summary>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types)
    {
        var form = Form.Of(call.Attributes);
        if ((float)form.Alpha == form.Alpha && (float)form.Beta == form.Beta)
            return null;
        var product = Scaled(b, Product(b, call.Required(0), call.Required(1), form with { Alpha = 1 }), form.Alpha);
        return [call.Input(2) is { } bias ? Add.Of(b, product, Scaled(b, bias, form.Beta)) : product];
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            Attributes = call.Attributes.Without("broadcast"),
        };

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        2 * size(node.Output.Type.Shape.Elements) * size(node.Inputs[0]!.Type.Shape[Form.Of(node.Attributes).TransA ? 0 : 1]);

    private Value Product(GraphBuilder b, Value x, Value w, Form form) => Apply(b, [x, w], form.Attributes).Output;

    private static Value Scaled(GraphBuilder b, Value x, double factor) => Mul.Of(b, x, b.Scalar(x.Type.Element, factor));

    private static Tensor Turned(Tensor matrix) =>
        matrix.Gather([matrix.Shape[1], matrix.Shape[0]], Strided.Positions([matrix.Shape[1], matrix.Shape[0]], [1, matrix.Shape[1]]));

    private readonly record struct Form(double Alpha, double Beta, bool TransA, bool TransB)
    {
        public static Form Of(Attributes attributes) =>
            new(
                attributes.Float("alpha", 1),
                attributes.Float("beta", 1),
                attributes.Int("transA", 0) != 0,
                attributes.Int("transB", 0) != 0
            );

        /// <summary>
        /// The attributes of a product without C; those that have their default are left out, so that equal nodes look equal.
        /// </summary>
        public Attributes Attributes
        {
            get
            {
                var attributes = Alpha == 1 ? Attributes.Empty : Attributes.Empty.With("alpha", (object)Alpha);
                attributes = TransA ? attributes.With("transA", (object)1L) : attributes;
                return TransB ? attributes.With("transB", (object)1L) : attributes;
            }
        }
    }

    /// <inheritdoc/>
    public override bool IsBias(int input) => input == 2;

    /// <inheritdoc/>
    public override ConstantUse ConstantUseOf(int input) => input > 0 ? ConstantUse.Parameter : ConstantUse.Operand;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) =>
        new(node.Attributes.Float(IsBias(input) ? "beta" : "alpha", 1), SquaresFactors: !IsBias(input));

    /// <inheritdoc/>
    public override WeightPacking Packing => WeightPacking.Passing;

    /// <inheritdoc/>
    public override WeightProduct? AsWeightProduct(Node node) =>
        Form.Of(node.Attributes) is { TransA: false, Alpha: 1 } form && node.Input(2) is null ? new WeightProduct(form.TransB) : null;
}
