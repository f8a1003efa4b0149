using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Losses;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Losses;

/// <summary>
/// −Σ_c a_c log softmax(z)_c over classes along an axis: <see cref="ClassOptions"/> say what a is; for a label it is the unit vector of its
/// class. The Hessian in z is Σ_c a_c (diag(p) − ppᵀ) = S Sᵀ with the directions √(Σ a) √p_c (e_c − p), p = softmax(z): one for each class
/// (and position, for dense outputs).
/// </summary>
internal static class CrossEntropy
{
    /// <summary>The axis of the classes where nothing says another, and in the losses of ONNX.</summary>
    public const int DefaultAxis = ClassLoss.ClassAxis;

    /// <summary>
    /// Puts the loss onto logits [N, C], [N, C, positions…], or with the classes along another axis. Labels are 64-bit integers of the
    /// shape of the logits without the axis of classes. Trailing positions of size one are left out of them, so that a [N, C, 1, 1] output
    /// takes labels [N]. Soft labels have the type of the logits.
    /// </summary>
    /// <param name="b">The builder.</param>
    /// <param name="logits">The logits.</param>
    /// <param name="axis">The axis of classes.</param>
    /// <param name="labels">The name of the input for the labels.</param>
    /// <param name="options">The options of classes and labels.</param>
    /// <param name="reduction">How rows become one number.</param>
    /// <param name="notes">Notes for the user.</param>
    public static LossHead Build(
        GraphBuilder b,
        Value logits,
        int axis,
        string labels,
        ClassOptions options,
        Reduction reduction,
        IReadOnlyList<string> notes
    )
    {
        var classes =
            logits.Type.Shape[axis].Known
            ?? throw new UserErrorException(
                $"The number of classes of '{logits.Name}' {logits.Type.Shape} is not known; give it with --dim "
                    + $"{logits.Type.Shape[axis]}=SIZE."
            );
        if (options.ClassWeights.Length is > 0 and var weights && weights != classes)
            throw new UserErrorException(
                $"--class-weights holds {weights} numbers, and '{logits.Name}' has {classes} classes along axis {axis}; give one for each."
            );
        var input = b.Parameter(
            options.SoftLabels ? logits.Type : new TensorType(ElementType.Int64, LabelShape(logits.Type.Shape, axis)),
            labels
        );
        var logarithms = SureLogSoftmax.Of(b, logits, axis);
        var terms = ClassCoefficients.Of(b, logits, axis, input, options);
        var rows = Neg.Of(b, ReduceSum.Of(b, Mul.Of(b, terms.Coefficients, logarithms), [axis], keepDims: false));
        var shape = logits.Type.Shape.Remove(axis);
        var all = Enumerable.Range(0, shape.Rank).Select(position => (long)position).ToArray();
        var isPlain = reduction == Reduction.Sum || options.SoftLabels || terms.Counted is null && options.ClassWeights.IsEmpty;
        if (isPlain)
        {
            var loss =
                reduction == Reduction.Mean ? ReduceMean.Of(b, rows, all, keepDims: false) : ReduceSum.Of(b, rows, all, keepDims: false);
            return Head(loss, Means.Weight(b, shape, logits.Type.Element, reduction, 1));
        }
        var total = ReduceSum.Of(b, rows, all, keepDims: false);
        if (options.Totals is { } known)
        {
            // Divided by what the labels of all batches weigh, the loss is a sum over batches.
            var scale = b.Scalar(logits.Type.Element, 1 / known.Weight);
            return Head(Mul.Of(b, total, scale), scale) with { Reduction = BatchWeight.Sum };
        }
        var weight = ClassCoefficients.TotalWeight(b, logits, axis, input, options);
        return Head(Div.Of(b, total, weight), new Expr(b, weight).Through<Reciprocal>()) with
        {
            BatchObstacle = options.ClassWeights.IsEmpty
                ? "the mean is over the labels that are not ignored, of which batches have different numbers"
                : "the mean is over the weights of the labels, of which batches have different sums",
        };

        LossHead Head(Value loss, Value scale) =>
            new(
                loss,
                logits,
                input,
                new Root(b, logits, axis, classes, terms.RowWeights, scale),
                reduction == Reduction.Mean ? BatchWeight.Samples : BatchWeight.Sum,
                notes
            )
            {
                Labels = options.SoftLabels ? null : new ClassLabels(labels, classes, options.IgnoreIndex),
                ClassAxis = axis,
                Classes = terms,
            };
    }

    /// <summary>The shape of labels of logits: trailing positions of size one are left out.</summary>
    public static TensorShape LabelShape(TensorShape logits, int axis) =>
        axis == DefaultAxis && logits.Range(2, logits.Rank).Elements.IsOne ? logits.Range(0, 1) : logits.Remove(axis);

    /// <summary>
    /// The square root of the output Hessian of a cross-entropy that a model computes: the directions of a sample are scaled by the root of
    /// its weight. Null where the weights of classes are not known to be positive, for then the Hessian is not known to have a real one.
    /// </summary>
    public static OutputHessianRoot? RootOf(GraphBuilder b, Node node, Value logits)
    {
        if (logits.Type.Shape[DefaultAxis].Known is not { } classes)
            return null;
        if (node.Input(2) is { } given && (given.Constant is not { } constant || constant.Read().Floats.Any(weight => !(weight >= 0))))
            return null;
        var weights = ClassLoss.Weights(b, new OperatorCall(node.Operator.Name, node.Operator.Domain, node.Inputs, node.Attributes, 1));
        var mean = node.Attributes.Text("reduction", "mean") == "mean";
        var scale =
            mean && weights is not null
                ? new Expr(b, ReduceSum.All(b, weights)).Through<Reciprocal>()
                : Means.Weight(b, logits.Type.Shape.Remove(1), logits.Type.Element, mean ? Reduction.Mean : Reduction.Sum, 1);
        return new Root(b, logits, DefaultAxis, classes, weights, scale);
    }

    private sealed class Root(GraphBuilder program, Value logits, int axis, long classes, Value? weights, Value scale) : OutputHessianRoot
    {
        private readonly Value _probabilities = Softmax.Of(program, logits, axis);
        private Value? _complements;

        public override Value Weight => scale;

        public override string Formula => "√p_c (e_c − p)";

        public override Dim Directions(SampleLayout samples) => Rows(samples).Rows * classes;

        public override Value DirectionsAt(GraphBuilder outer, GraphBuilder b, Value indices, SampleLayout samples)
        {
            var (element, rows) = (logits.Type.Element, Rows(samples));
            // [N, C, Q] and its roots.
            var p = rows.View(outer, _probabilities);
            var complement = rows.View(outer, Complements);
            var roots = new Expr(outer, p).Through<Sqrt>();
            if (weights is not null)
            {
                var beside = Reshape.To(outer, weights, logits.Type.Shape.With(axis, 1));
                roots *= new Expr(outer, rows.View(outer, beside)).Through<Sqrt>();
            }
            var (count, single, positions) = (indices.Type.Shape[0], p.Type.Shape.Range(0, 2), rows.Rows.Factor);
            if (positions == 1)
            {
                var rootsOfOne = TransposeAxes.Of(b, Gather.Of(b, Reshape.To(b, roots, single), indices, 1), 1, 0);
                var unit = Reshape.InsertAxis(b, OneHotRows.Of(b, indices, classes, element), 1);
                var directions = Mul.Of(
                    b,
                    Reshape.InsertAxis(b, rootsOfOne, 2),
                    Difference(b, unit, Reshape.To(b, p, single), Reshape.To(b, complement, single))
                );
                return rows.Undo(b, Reshape.To(b, directions, p.Type.Shape.Prepend(count)));
            }
            var (ofClass, ofPosition) = (Div.Of(b, indices, b.Scalar(ElementType.Int64, positions)), Remainder(b, indices, positions));
            // e_c − p at the direction's own row, zero at the others: [K, N, C, Q].
            var at = Reshape.To(b, OneHotRows.Of(b, ofPosition, positions, element), [count, 1, 1, positions]);
            var one = Reshape.To(b, OneHotRows.Of(b, ofClass, classes, element), [count, 1, classes, 1]);
            var rootsOfClass = TransposeAxes.Move(b, Gather.Of(b, roots, ofClass, 1), 1, 0);
            var atRow = Mul.Of(b, Reshape.InsertAxis(b, rootsOfClass, 2), at);
            return rows.Undo(b, Mul.Of(b, atRow, Difference(b, one, p, complement)));
        }

        /// <summary>
        /// √p_c (t_c − p·t), of tangents from which that of the most probable class is taken: p·t is then a sum of small terms only where
        /// one class has nearly all of the probability.
        /// </summary>
        public override Value Project(GraphBuilder outer, GraphBuilder b, Value tangents)
        {
            var (rank, element) = (logits.Type.Rank, logits.Type.Element);
            var first = Catalogue
                .Get<ArgMax>()
                .Apply(outer, [_probabilities], Attributes.Empty.With("axis", (long)axis).With("keepdims", 0L))
                .Output;
            var chosen = TransposeAxes.Move(outer, OneHotRows.Of(outer, first, classes, element), rank - 1, axis);
            var roots = new Expr(outer, _probabilities).Through<Sqrt>();
            if (weights is not null)
                roots *= new Expr(outer, Reshape.To(outer, weights, logits.Type.Shape.With(axis, 1))).Through<Sqrt>();
            var beside = Sub.Of(b, tangents, OverClasses(b, tangents, chosen));
            return Mul.Of(b, Sub.Of(b, beside, OverClasses(b, beside, _probabilities)), roots);
        }

        /// <summary>Σ_c of tangents [K, *z] times factors [*z], with an axis of size 1 in place of the classes.</summary>
        private Value OverClasses(GraphBuilder b, Value tangents, Value factors) =>
            ReduceSum.Of(b, Mul.Of(b, tangents, factors), [axis + 1], keepDims: true);

        /// <summary>1 − p, of which sums of the other probabilities keep all digits where p is close to 1.</summary>
        private Value Complements => _complements ??= Softmax.Complement(new Expr(program, _probabilities), axis);

        /// <summary>e_c − p: 1 − p where the unit vectors are 1, else −p.</summary>
        private static Value Difference(GraphBuilder b, Value unit, Value p, Value complement) =>
            Expr.Select(new Expr(b, unit) > 0.5, new Expr(b, complement), -new Expr(b, p));

        private ClassRows Rows(SampleLayout samples) => new(logits.Type.Shape, axis, samples);

        private static Value Remainder(GraphBuilder b, Value indices, long positions)
        {
            var divisor = b.Scalar(ElementType.Int64, positions);
            return Sub.Of(b, indices, Mul.Of(b, Div.Of(b, indices, divisor), divisor));
        }
    }
}
