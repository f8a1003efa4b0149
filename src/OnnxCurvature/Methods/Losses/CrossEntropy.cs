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
/// −log softmax(z)[label] over classes along axis 1. Its Hessian in z is diag(p) − ppᵀ = S Sᵀ with the directions
/// √p_c (e_c − p), p = softmax(z): one for each class (and position, for dense outputs).
/// </summary>
public static class CrossEntropy
{
    /// <summary>The axis of the classes.</summary>
    public const int ClassAxis = 1;

    /// <summary>
    /// Puts the loss onto logits [N, C] or [N, C, positions…]; labels are 64-bit integers [N] or [N, positions…]. Trailing
    /// positions of size one are left out of the labels, so that a [N, C, 1, 1] output takes labels [N].
    /// </summary>
    public static LossHead Build(GraphBuilder b, Value logits, string labelsName, Reduction reduction, IReadOnlyList<string> notes)
    {
        var shape = logits.Type.Shape;
        if (shape.Rank < 2)
            throw new UserErrorException(
                $"Cross-entropy needs logits of shape [N, C] or [N, C, …], but '{logits.Name}' has the shape {shape}; name another "
                    + $"value with --loss cross-entropy:VALUE."
            );
        var ofLabels = shape.Range(2, shape.Rank).Elements.IsOne ? shape.Range(0, 1) : shape.Remove(ClassAxis);
        return Build(b, logits, b.Parameter(new TensorType(ElementType.Int64, ofLabels), labelsName), reduction, notes);
    }

    /// <summary>Puts the loss onto logits for labels that are there already.</summary>
    public static LossHead Build(GraphBuilder b, Value logits, Value labels, Reduction reduction, IReadOnlyList<string> notes)
    {
        var classes =
            logits.Type.Shape[1].Known
            ?? throw new UserErrorException(
                $"The number of classes of '{logits.Name}' {logits.Type.Shape} is not known; give it with --dim "
                    + $"{logits.Type.Shape[1]}=SIZE."
            );
        var rank = logits.Type.Rank;
        var logProbabilities = SureLogSoftmax.Of(b, logits, 1);
        var chosen = TransposeAxes.Move(
            b,
            OneHotRows.Of(b, Reshape.To(b, labels, logits.Type.Shape.Remove(ClassAxis)), classes, logits.Type.Element),
            rank - 1,
            1
        );
        var perSample = Neg.Of(b, ReduceSum.Of(b, Mul.Of(b, chosen, logProbabilities), [1], keepDims: false));
        var all = Enumerable.Range(0, rank - 1).Select(axis => (long)axis).ToArray();
        var loss =
            reduction == Reduction.Mean
                ? ReduceMean.Of(b, perSample, all, keepDims: false)
                : ReduceSum.Of(b, perSample, all, keepDims: false);
        var factor = new Factor(b, logits, classes, null, Means.Weight(b, logits.Type.Shape.Remove(1), logits.Type.Element, reduction, 1));
        return new LossHead(loss, logits, labels, factor, reduction == Reduction.Mean ? BatchWeight.Samples : BatchWeight.Sum, notes)
        {
            Labels = new ClassLabels(labels.Name!, classes),
            ClassAxis = ClassAxis,
        };
    }

    /// <summary>The logits of a cross-entropy that a model computes, or null where a node is none.</summary>
    public static Value? LogitsOf(Node node) =>
        node.Operator switch
        {
            SoftmaxCrossEntropyLoss => node.Inputs[0],
            NegativeLogLikelihoodLoss
                when node.Inputs[0]!.Producer is { Operator: LogSoftmax } softmax
                    && Ops.Axes.Normalize(softmax.Attributes.Int("axis", -1), softmax.Output.Type.Rank) == 1 => softmax.Inputs[0],
            _ => null,
        };

    /// <summary>
    /// The factor of a cross-entropy that a model computes: the directions of a sample are scaled by the root of its weight. Null where
    /// the weights of classes are not known to be positive, for then the Hessian is not known to have a real factor.
    /// </summary>
    public static OutputHessianRoot? FactorOf(GraphBuilder b, Node node, Value logits)
    {
        if (logits.Type.Shape[ClassAxis].Known is not { } classes)
            return null;
        if (node.Input(2) is { } given && (given.Constant is not { } constant || constant.Read().Floats.Any(weight => !(weight >= 0))))
            return null;
        var weights = ClassLoss.Weights(b, new OperatorCall(node.Operator.Name, node.Operator.Domain, node.Inputs, node.Attributes, 1));
        var mean = node.Attributes.Text("reduction", "mean") == "mean";
        var scale =
            mean && weights is not null
                ? new Expr(b, ReduceSum.All(b, weights)).Through<Reciprocal>()
                : Means.Weight(b, logits.Type.Shape.Remove(1), logits.Type.Element, mean ? Reduction.Mean : Reduction.Sum, 1);
        return new Factor(b, logits, classes, weights, scale);
    }

    private sealed class Factor(GraphBuilder program, Value logits, long classes, Value? weights, Value scale) : OutputHessianRoot
    {
        private readonly Value _probabilities = Softmax.Of(program, logits, ClassAxis);
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
                var beside = Reshape.To(outer, weights, logits.Type.Shape.With(ClassAxis, 1));
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
            var (ofClass, places) = (Div.Of(b, indices, b.Scalar(ElementType.Int64, positions)), Remainder(b, indices, positions));
            // e_c − p at the direction's own row, zero at the others: [K, N, C, Q].
            var at = Reshape.To(b, OneHotRows.Of(b, places, positions, element), [count, 1, 1, positions]);
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
                .Apply(outer, [_probabilities], Attributes.Empty.With("axis", (long)ClassAxis).With("keepdims", 0L))
                .Output;
            var chosen = TransposeAxes.Move(outer, OneHotRows.Of(outer, first, classes, element), rank - 1, ClassAxis);
            var roots = new Expr(outer, _probabilities).Through<Sqrt>();
            if (weights is not null)
                roots *= new Expr(outer, Reshape.To(outer, weights, logits.Type.Shape.With(ClassAxis, 1))).Through<Sqrt>();
            var beside = Sub.Of(b, tangents, OverClasses(b, tangents, chosen));
            return Mul.Of(b, Sub.Of(b, beside, OverClasses(b, beside, _probabilities)), roots);
        }

        /// <summary>Σ_c of tangents [K, *z] times factors [*z], with an axis of size 1 in place of the classes.</summary>
        private static Value OverClasses(GraphBuilder b, Value tangents, Value factors) =>
            ReduceSum.Of(b, Mul.Of(b, tangents, factors), [ClassAxis + 1], keepDims: true);

        /// <summary>1 − p, of which sums of the other probabilities keep all digits where p is close to 1.</summary>
        private Value Complements => _complements ??= Softmax.Complement(new Expr(program, _probabilities), ClassAxis);

        /// <summary>e_c − p: 1 − p where the unit vectors are 1, else −p.</summary>
        private static Value Difference(GraphBuilder b, Value unit, Value p, Value complement) =>
            Expr.Select(new Expr(b, unit) > 0.5, new Expr(b, complement), -new Expr(b, p));

        private ClassRows Rows(SampleLayout samples) => new(logits.Type.Shape, ClassAxis, samples);

        private static Value Remainder(GraphBuilder b, Value indices, long positions)
        {
            var divisor = b.Scalar(ElementType.Int64, positions);
            return Sub.Of(b, indices, Mul.Of(b, Div.Of(b, indices, divisor), divisor));
        }
    }
}
