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
/// −log softmax(z)[label] over classes along axis 1. Its Hessian in z is diag(p) − ppᵀ = S Sᵀ with the columns
/// √p_c (e_c − p), p = softmax(z): one for each class (and position, for dense outputs).
/// </summary>
public static class CrossEntropy
{
    /// <summary>
    /// Puts the loss onto logits [N, C] or [N, C, positions…]; labels are 64-bit integers [N] or [N, positions…]. Trailing
    /// positions of size one are dropped, so that a [N, C, 1, 1] output takes labels [N].
    /// </summary>
    public static LossHead Build(GraphBuilder b, Value logits, string labelsName, Reduction reduction, IReadOnlyList<string> notes)
    {
        var shape = logits.Type.Shape;
        if (shape.Rank < 2)
            throw new UserErrorException($"Cross-entropy needs logits of shape [N, C] or [N, C, …], but '{logits.Name}' has the shape {shape}; name another value with --loss cross-entropy:VALUE.");
        if (shape.Range(2, shape.Rank).Elements.IsOne && shape.Rank > 2)
            return Build(b, Reshape.To(b, logits, shape.Range(0, 2)), labelsName, reduction, notes);
        var labels = b.Parameter(new TensorType(ElementType.Int64, shape.Remove(1)), labelsName);
        return Build(b, logits, labels, reduction, notes);
    }

    /// <summary>Puts the loss onto logits for labels that are there already.</summary>
    public static LossHead Build(GraphBuilder b, Value logits, Value labels, Reduction reduction, IReadOnlyList<string> notes)
    {
        var classes = logits.Type.Shape[1].Known
            ?? throw new UserErrorException($"The number of classes of '{logits.Name}' {logits.Type.Shape} is not known; give it with --dim {logits.Type.Shape[1]}=SIZE.");
        var rank = logits.Type.Rank;
        var logProbabilities = SureLogSoftmax.Of(b, logits, 1);
        var chosen = TransposeAxes.Move(b, OneHotRows.Of(b, labels, classes, logits.Type.Element), rank - 1, 1);
        var perSample = Neg.Of(b, ReduceSum.Of(b, Mul.Of(b, chosen, logProbabilities), [1], keepDims: false));
        var all = Enumerable.Range(0, rank - 1).Select(axis => (long)axis).ToArray();
        var loss = reduction == Reduction.Mean ? ReduceMean.Of(b, perSample, all, keepDims: false) : ReduceSum.Of(b, perSample, all, keepDims: false);
        var factor = new Factor(b, logits, classes, null, Means.Weight(b, logits.Type.Shape.Remove(1), logits.Type.Element, reduction, 1));
        return new LossHead(loss, logits, labels, factor, reduction == Reduction.Mean ? BatchWeight.Samples : BatchWeight.Sum, notes) { Labels = new ClassLabels(labels.Name!, classes) };
    }

    /// <summary>The logits of a cross-entropy that a model computes, or null where a node is none.</summary>
    public static Value? LogitsOf(Node node) => node.Operator switch
    {
        SoftmaxCrossEntropyLoss => node.Inputs[0],
        NegativeLogLikelihoodLoss when node.Inputs[0]!.Producer is { Operator: LogSoftmax } softmax
            && Ops.Axes.Normalize(softmax.Attributes.Int("axis", -1), softmax.Output.Type.Rank) == 1 => softmax.Inputs[0],
        _ => null,
    };

    /// <summary>
    /// The factor of a cross-entropy that a model computes: the columns of a sample are scaled by the root of its weight. Null where
    /// the weights of classes are not known to be positive, for then the Hessian is not known to have a real factor.
    /// </summary>
    public static LossFactor? FactorOf(GraphBuilder b, Node node, Value logits)
    {
        if (logits.Type.Shape[1].Known is not { } classes || logits.Type.Shape.Range(2, logits.Type.Rank).Elements.Known is null)
            return null;
        if (node.Input(2) is { } given && (given.Constant is not { } constant || constant.Read().Floats.Any(weight => !(weight >= 0))))
            return null;
        var weights = ClassLoss.Weights(b, new OperatorCall(node.Operator.Name, node.Operator.Domain, node.Inputs, node.Attributes, 1));
        var mean = node.Attributes.Text("reduction", "mean") == "mean";
        var scale = mean && weights is not null
            ? new Expr(b, ReduceSum.All(b, weights)).Through<Reciprocal>()
            : Means.Weight(b, logits.Type.Shape.Remove(1), logits.Type.Element, mean ? Reduction.Mean : Reduction.Sum, 1);
        return new Factor(b, logits, classes, weights, scale);
    }

    private sealed class Factor : LossFactor
    {
        private readonly Value _probabilities;
        private readonly Value _complements;
        private readonly Value _roots;
        private readonly long _classes;
        private readonly long _positions;

        public Factor(GraphBuilder b, Value logits, long classes, Value? weights, Value scale)
        {
            var shape = logits.Type.Shape;
            var positions = shape.Range(2, shape.Rank);
            _classes = classes;
            _positions = positions.Elements.Known
                ?? throw new UserErrorException($"The positions of '{logits.Name}' {shape} are not known; give the sizes of its symbolic dimensions with --dim NAME=SIZE.");
            // [N, C, Q], whatever the number of positional axes.
            _probabilities = Reshape.To(b, Softmax.Of(b, logits, 1), [shape[0], classes, _positions]);
            _complements = Softmax.Complement(new Expr(b, _probabilities), 1);
            _roots = new Expr(b, _probabilities).Through<Sqrt>();
            if (weights is not null)
                _roots = Mul.Of(b, _roots, new Expr(b, Reshape.To(b, weights, [shape[0], 1, _positions])).Through<Sqrt>());
            Weight = scale;
            Shape = shape;
        }

        private TensorShape Shape { get; }

        public override long Columns => _classes * _positions;

        public override Value Weight { get; }

        public override string Formula => "√p_c (e_c − p)";

        public override Value ColumnsAt(GraphBuilder b, Value indices)
        {
            var element = _probabilities.Type.Element;
            var count = indices.Type.Shape[0];
            if (_positions == 1)
            {
                var (p, complement) = (Reshape.To(b, _probabilities, Shape.Range(0, 2)), Reshape.To(b, _complements, Shape.Range(0, 2)));
                var roots = TransposeAxes.Of(b, Gather.Of(b, Reshape.To(b, _roots, Shape.Range(0, 2)), indices, 1), 1, 0);
                var unit = Reshape.InsertAxis(b, OneHotRows.Of(b, indices, _classes, element), 1);
                var columns = Mul.Of(b, Reshape.InsertAxis(b, roots, 2), Difference(b, unit, p, complement));
                return Reshape.To(b, columns, Shape.Prepend(count));
            }
            var (classes, places) = (Div.Of(b, indices, b.Scalar(ElementType.Int64, _positions)), Remainder(b, indices));
            // e_c − p at the column's own position, zero at the others: [K, N, C, Q].
            var at = Reshape.To(b, OneHotRows.Of(b, places, _positions, element), [count, 1, 1, _positions]);
            var one = Reshape.To(b, OneHotRows.Of(b, classes, _classes, element), [count, 1, _classes, 1]);
            var rootsOfClass = TransposeAxes.Move(b, Gather.Of(b, _roots, classes, 1), 1, 0);
            var weights = Mul.Of(b, Reshape.InsertAxis(b, rootsOfClass, 2), at);
            return Reshape.To(b, Mul.Of(b, weights, Difference(b, one, _probabilities, _complements)), Shape.Prepend(count));
        }

        /// <summary>e_c − p: 1 − p where the unit vectors are 1, else −p.</summary>
        private static Value Difference(GraphBuilder b, Value unit, Value p, Value complement) =>
            Expr.Select(new Expr(b, unit) > 0.5, new Expr(b, complement), -new Expr(b, p));

        private Value Remainder(GraphBuilder b, Value indices)
        {
            var positions = b.Scalar(ElementType.Int64, _positions);
            return Sub.Of(b, indices, Mul.Of(b, Div.Of(b, indices, positions), positions));
        }
    }
}
