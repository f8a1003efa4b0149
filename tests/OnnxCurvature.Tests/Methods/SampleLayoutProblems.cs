using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// Networks whose samples lie along other axes than the first, share one with something else, or have weights of their own.
/// </summary>
public static class SampleLayoutProblems
{
    public static IEnumerable<Func<Problem>> All()
    {
        foreach (var (samples, symbolic) in new[] { (1, false), (3, false), (3, true) })
        {
            var kind = $"{samples}{(symbolic ? " symbolic" : "")}";
            yield return () =>
                MultiheadAttention($"heads on the axis of samples {kind}", samples, symbolic, stepsFirst: false, innermost: false);
            yield return () => MultiheadAttention($"steps before samples {kind}", samples, symbolic, stepsFirst: true, innermost: false);
            yield return () => MultiheadAttention($"samples within features {kind}", samples, symbolic, stepsFirst: false, innermost: true);
            yield return () => RowsOfSamples($"rows of all samples {kind}", samples, symbolic);
            // Where samples are coupled, their number must be known.
            foreach (var coupling in symbolic ? [] : new[] { "softmax", "product", "sum", "regrouped", "one" })
                yield return () =>
                    CoupledOnTheSharedAxis($"coupled on the axis of samples and heads by {coupling} {samples}", samples, coupling);
        }
        foreach (var shared in new[] { false, true })
        foreach (var form in new[] { "added", "reshaped and added", "broadcast and added" })
            yield return () => OwnEntries($"entries of each sample's own, {form}{(shared ? " on a shared axis" : "")}", shared, form);
        yield return () => OwnState("state of each sample's own");
        yield return () => Rows("rows of one sample");
    }

    /// <summary>
    /// The nodes of PyTorch's multi-head attention of steps × samples × features: heads and samples share an axis, of which samples are the
    /// outer factor, and in the end samples and steps do. With <paramref name="innermost"/> features come before samples on that axis.
    /// </summary>
    private static Problem MultiheadAttention(string name, int samples, bool symbolic, bool stepsFirst, bool innermost)
    {
        const long Steps = 2,
            Heads = 2,
            Size = 2,
            Width = Heads * Size;
        var p = new Problem(name, samples, symbolic);
        var x = stepsFirst ? p.InputAlong(1, Steps, Width) : Permuted(p, p.Input(Steps, Width), 1, 0, 2);
        Value Split(string weight)
        {
            var h = p.Apply<MatMul>(x, p.Weight(weight, 0.6, Width, Width));
            // That of the keys would have no influence at all.
            if (weight != "k")
                h = p.Apply<Add>(h, p.Weight($"{weight} bias", 0.4, Width));
            return innermost
                ? Permuted(
                    p,
                    Reshape.To(
                        p.Builder,
                        Permuted(p, Reshape.To(p.Builder, h, [Steps, p.Batch, Heads, Size]), 0, 2, 1, 3),
                        [Steps, Heads * p.Batch, Size]
                    ),
                    1,
                    0,
                    2
                )
                : Permuted(p, Reshape.To(p.Builder, h, [Steps, p.Batch * Heads, Size]), 1, 0, 2);
        }
        var (q, k, v) = (Split("q"), Split("k"), Split("v"));
        var scores = p.Apply<MatMul>(p.Apply<Mul>(q, p.Builder.Scalar(ElementType.Float64, 0.7)), Permuted(p, k, 0, 2, 1));
        var attended = Permuted(p, p.Apply<MatMul>(p.Apply<Softmax>(Attributes.Empty.With("axis", -1L), scores), v), 1, 0, 2);
        if (innermost)
            attended = Permuted(p, Reshape.To(p.Builder, attended, [Steps, Heads, p.Batch, Size]), 0, 2, 1, 3);
        var rows = p.Apply<Gemm>(
            Attributes.Empty.With("transB", 1L),
            Reshape.To(p.Builder, attended, [Steps * p.Batch, Width]),
            p.Weight("out", 0.6, Width, Width),
            p.Weight("out bias", 0.4, Width)
        );
        var h = p.Apply<Tanh>(p.Apply<Add>(x, Reshape.To(p.Builder, rows, [Steps, p.Batch, Width])));
        p.Output = NetworkProblems.Linear(
            p,
            p.Apply<ReduceMean>(Attributes.Empty.With("axes", [0]).With("keepdims", 0L), h),
            "f",
            Width,
            3
        );
        return p;
    }

    /// <summary>Dense layers on the rows of all samples, with a curved function between them.</summary>
    private static Problem RowsOfSamples(string name, int samples, bool symbolic)
    {
        var p = new Problem(name, samples, symbolic);
        var rows = Reshape.To(p.Builder, p.Input(3, 4), [p.Batch * 3, 4]);
        var h = p.Apply<Tanh>(p.Apply<Gemm>(rows, p.Weight("w", 0.7, 4, 3), p.Weight("b", 0.5, 3)));
        h = p.Apply<Gelu>(p.Apply<Gemm>(h, p.Weight("v", 0.7, 3, 2)));
        p.Output = NetworkProblems.Linear(p, Reshape.To(p.Builder, h, [p.Batch, 6]), "f", 6, 3);
        return p;
    }

    /// <summary>An axis of samples and heads along which samples are coupled, in one way or another.</summary>
    private static Problem CoupledOnTheSharedAxis(string name, int samples, string coupling)
    {
        var p = new Problem(name, samples, false);
        var heads = p.Batch * 2;
        var h = p.Apply<Tanh>(Reshape.To(p.Builder, p.Apply<MatMul>(p.Input(4), p.Weight("w", 0.6, 4, 6)), [heads, 3]));
        var coupled = coupling switch
        {
            "softmax" => p.Apply<Mul>(h, p.Apply<Softmax>(Attributes.Empty.With("axis", 0L), h)),
            "product" => p.Apply<MatMul>(p.Apply<MatMul>(h, Permuted(p, h, 1, 0)), h),
            "sum" => p.Apply<Mul>(h, p.Apply<ReduceMean>(Attributes.Empty.With("axes", [0]), h)),
            "one" => p.Apply<Mul>(
                h,
                p.Apply<Gather>(Attributes.Empty.With("axis", 0L), h, p.Builder.Constant(Tensor.Of(ElementType.Int64, [1], [1L])))
            ),
            "regrouped" => Reshape.To(
                p.Builder,
                p.Apply<Softmax>(Attributes.Empty.With("axis", 1L), Reshape.To(p.Builder, h, [2, p.Batch, 3])),
                [heads, 3]
            ),
            _ => throw new ArgumentException($"samples are not coupled by {coupling}.", nameof(coupling)),
        };
        p.Output = NetworkProblems.Linear(p, Reshape.To(p.Builder, coupled, [p.Batch, 6]), "f", 6, 3);
        return p;
    }

    /// <summary>A table with entries for each of three samples, which is added to what belongs to them.</summary>
    private static Problem OwnEntries(string name, bool shared, string form)
    {
        var p = new Problem(name, 3, false);
        TensorShape shape = shared ? [6, 3] : [3, 6];
        var h = Reshape.To(p.Builder, p.Apply<MatMul>(p.Input(4), p.Weight("w", 0.6, 4, 6)), shape);
        var own =
            form[0] == 'r'
                ? Reshape.To(p.Builder, p.Weight("own", 0.7, 18), shape)
                : p.Weight("own", 0.7, form[0] == 'b' ? shape.With(1, 1).Sizes : shape.Sizes);
        p.Output = NetworkProblems.Linear(p, p.Apply<Tanh>(Reshape.To(p.Builder, p.Apply<Add>(h, own), [3, 6])), "f", 6, 3);
        return p;
    }

    /// <summary>A state that an exporter has repeated for each of three samples, behind an axis of one.</summary>
    private static Problem OwnState(string name)
    {
        var p = new Problem(name, 3, false);
        var h = p.Apply<Tanh>(p.Apply<Add>(p.Weight("w", 0.5, 1, 3, 4), Reshape.To(p.Builder, p.Input(4), TensorShape.Of(1, 3, 4))));
        p.Output = p.Apply<MatMul>(Reshape.To(p.Builder, h, TensorShape.Of(3, 4)), p.Weight("v", 0.7, 4, 3));
        return p;
    }

    private static Value Permuted(Problem p, Value x, params long[] permutation) =>
        p.Apply<TransposeAxes>(Attributes.Empty.With("perm", permutation), x);

    /// <summary>Steps in time of a single sample lie along the first axis of a product.</summary>
    private static Problem Rows(string name)
    {
        var p = new Problem(name, 1, false);
        var rows = p.Apply<Squeeze>(Attributes.Empty.With("axes", [0]), p.Input(3, 4));
        var h = p.Apply<Relu>(p.Apply<MatMul>(rows, p.Weight("w", 0.7, 4, 5)));
        h = p.Apply<Unsqueeze>(Attributes.Empty.With("axes", [0]), p.Apply<Tanh>(p.Apply<MatMul>(h, p.Weight("v", 0.7, 5, 4))));
        p.Output = NetworkProblems.Linear(p, p.Apply<ReduceMean>(Attributes.Empty.With("axes", [1]).With("keepdims", 0L), h), "f", 4, 3);
        return p;
    }
}
