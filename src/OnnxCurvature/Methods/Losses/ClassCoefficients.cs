using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Losses;

/// <summary>The coefficients of cross-entropy that <see cref="ClassOptions"/> give to labels.</summary>
internal static class ClassCoefficients
{
    /// <summary>The terms of labels.</summary>
    public static ClassTerms Of(GraphBuilder b, Value logits, int axis, Value labels, ClassOptions options)
    {
        var classes = logits.Type.Shape[axis].Factor;
        var counted = options.SoftLabels || options.IgnoreIndex is not { } ignored ? null : Counted(b, logits, axis, labels, ignored);
        var of = new Expr(b, options.SoftLabels ? labels : Chosen(b, logits, axis, labels));
        var smooth = options.LabelSmoothing;
        if (smooth != 0)
            of = of * (1 - smooth) + smooth / classes;
        if (!options.ClassWeights.IsEmpty)
            of *= of.With(Weights(b, logits, axis, options));
        // The one-hot row of an ignored label that is no class is zero already.
        if (counted is not null && (smooth != 0 || options.IgnoreIndex >= 0 && options.IgnoreIndex < classes))
            of *= of.With(Reshape.InsertAxis(b, counted, axis));
        var isWeighted = options.SoftLabels || !options.ClassWeights.IsEmpty;
        return new ClassTerms(of)
        {
            RowWeights = isWeighted ? ReduceSum.Of(b, of, [axis], keepDims: false) : counted,
            Counted = counted,
            Samples = options.Totals?.Samples,
            NoLikelihood =
                options.SoftLabels ? "soft labels are no classes that could be sampled"
                : smooth != 0 ? "smoothed labels are no classes that could be sampled"
                : !options.ClassWeights.IsEmpty ? "a sampled class would have another weight than the label"
                : null,
        };
    }

    /// <summary>The sum of the weights of all labels that are not ignored, a scalar.</summary>
    public static Value TotalWeight(GraphBuilder b, Value logits, int axis, Value labels, ClassOptions options)
    {
        var counted = options.IgnoreIndex is { } ignored ? Counted(b, logits, axis, labels, ignored) : null;
        if (options.ClassWeights.IsEmpty)
            return ReduceSum.All(b, counted!);
        var of = new Expr(b, Chosen(b, logits, axis, labels)) * new Expr(b, Weights(b, logits, axis, options));
        return ReduceSum.All(b, counted is null ? of : of * of.With(Reshape.InsertAxis(b, counted, axis)));
    }

    /// <summary>One-hot rows of the labels, of the shape of the logits.</summary>
    private static Value Chosen(GraphBuilder b, Value logits, int axis, Value labels) =>
        TransposeAxes.Move(
            b,
            OneHotRows.Of(b, Rows(b, logits, axis, labels), logits.Type.Shape[axis].Factor, logits.Type.Element),
            logits.Type.Rank - 1,
            axis
        );

    private static Value Rows(GraphBuilder b, Value logits, int axis, Value labels) =>
        Reshape.To(b, labels, logits.Type.Shape.Remove(axis));

    private static Value Counted(GraphBuilder b, Value logits, int axis, Value labels, long ignored)
    {
        var isIgnored = Equal.Of(b, Rows(b, logits, axis, labels), b.Scalar(labels.Type.Element, ignored));
        return Cast.Of(b, Ops.Catalogue.Get<Not>().Apply(b, [isIgnored]).Output, logits.Type.Element);
    }

    /// <summary>The class weights, which broadcast along all axes but that of the classes.</summary>
    private static Value Weights(GraphBuilder b, Value logits, int axis, ClassOptions options)
    {
        var shape = Enumerable.Repeat(1L, logits.Type.Rank).ToArray();
        shape[axis] = options.ClassWeights.Length;
        return b.Constant(Tensor.Of(logits.Type.Element, shape, [.. options.ClassWeights]));
    }
}
