using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Losses;

/// <summary>
/// Losses that add one term for each entry of z, so that their Hessian in z is diagonal: mean squared error with (z − t)² and
/// second derivative 2, and binary cross-entropy with softplus(z) − t z and second derivative σ(z)(1 − σ(z)), where the terms of positive
/// entries may have weights.
/// </summary>
internal static class EntrywiseLoss
{
    /// <summary>(z − t)²; the target has z's shape.</summary>
    public static LossHead MeanSquaredError(GraphBuilder b, Value z, string targetName, Reduction reduction, IReadOnlyList<string> notes)
    {
        var target = b.Parameter(z.Type, targetName);
        var difference = Sub.Of(b, z, target);
        return Head(b, z, target, Mul.Of(b, difference, difference), reduction, notes, 2, null, "e_j");
    }

    /// <summary>
    /// −w t log σ(z) − (1 − t) log(1 − σ(z)), computed as w t log(1 + e^(−z)) + (1 − t) log(1 + e^z), whose derivative
    /// (1 − t) σ(z) − w t σ(−z) does not cancel where z is confident and right; the target has z's shape. Throws
    /// <see cref="UserErrorException"/> for weights w that do not broadcast to it.
    /// </summary>
    public static LossHead BinaryCrossEntropy(
        GraphBuilder b,
        Value z,
        string targetName,
        Tensor? weights,
        Reduction reduction,
        IReadOnlyList<string> notes
    )
    {
        var (logit, target) = (new Expr(b, z), new Expr(b, b.Parameter(z.Type, targetName)));
        if (weights is not null && TensorShape.Broadcast(z.Type.Shape, weights.Type.Shape) != z.Type.Shape)
            throw new UserErrorException(
                $"--pos-weight has the shape {weights.Type.Shape}, which does not broadcast to {z.Type.Shape} of '{z.Name}'; give one "
                    + $"number, or one for each entry of the last axes."
            );
        var positive = weights is null ? target : target * target.With(b.Constant(weights.CastTo(z.Type.Element)));
        var entries = positive * (-logit).Through<LogOnePlusExp>() + (1 - target) * logit.Through<LogOnePlusExp>();
        var slope = Logistic.Derivative(logit);
        var second = weights is null ? slope : (positive + (1 - target)) * slope;
        var formula = weights is null ? "√(σ(1 − σ)) e_j" : "√((w t + 1 − t) σ(1 − σ)) e_j";
        return Head(b, z, target, entries, reduction, notes, 1, second.Through<Sqrt>(), formula);
    }

    private static LossHead Head(
        GraphBuilder b,
        Value z,
        Value target,
        Value entries,
        Reduction reduction,
        IReadOnlyList<string> notes,
        double second,
        Value? root,
        string formula
    )
    {
        var all = Enumerable.Range(0, z.Type.Rank).Select(axis => (long)axis).ToArray();
        var loss =
            reduction == Reduction.Mean ? ReduceMean.Of(b, entries, all, keepDims: false) : ReduceSum.Of(b, entries, all, keepDims: false);
        var hessian = new Root(z, Means.Weight(b, z.Type.Shape, z.Type.Element, reduction, second), root, formula);
        return new LossHead(loss, z, target, hessian, reduction == Reduction.Mean ? BatchWeight.Samples : BatchWeight.Sum, notes);
    }

    /// <summary>Directions e_j, or √φ''(z_j) e_j: one for each entry of a sample.</summary>
    private sealed class Root(Value z, Value weight, Value? root, string formula) : OutputHessianRoot
    {
        public override Value Weight => weight;

        public override string Formula => formula;

        public override Dim Directions(SampleLayout samples) => samples.OfOne(z.Type.Shape).Elements;

        public override Value DirectionsAt(GraphBuilder outer, GraphBuilder b, Value indices, SampleLayout samples)
        {
            var unit = OneHotRows.Of(b, indices, Directions(samples).Factor, z.Type.Element);
            var all = SamplesFirst.Repeated(b, unit, z.Type.Shape, samples, broadcasts: root is not null);
            return root is null ? all : Mul.Of(b, all, root);
        }

        public override Value Project(GraphBuilder outer, GraphBuilder b, Value tangents) =>
            root is null ? tangents : Mul.Of(b, tangents, root);
    }
}
