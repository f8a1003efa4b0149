using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// A small network of features [N, T, C] whose samples an exporter has put elsewhere in the output: merged with steps, along another axis,
/// repeated, concatenated, in an ensemble, or coupled. Sizes may coincide, so that nothing follows from them.
/// </summary>
internal static class LayoutProblem
{
    /// <summary>
    /// Layouts, each with the word on whether every sample is proven to be independent where the loss takes single entries.
    /// </summary>
    public static IReadOnlyDictionary<string, bool> Layouts { get; } =
        new Dictionary<string, bool>
        {
            ["as it is"] = true,
            ["rows merged"] = true,
            ["rows merged, steps first"] = true,
            ["rows merged before the weight"] = true,
            ["classes first"] = true,
            ["classes, samples, steps"] = true,
            ["steps, classes, samples"] = true,
            ["steps, samples, classes"] = true,
            ["samples last"] = true,
            ["classes by samples"] = true,
            ["samples within classes"] = true,
            ["all in one axis"] = true,
            ["all in one column"] = true,
            ["ensemble"] = true,
            ["twice in a batch"] = true,
            ["twice in a batch, then merged"] = true,
            ["tiled"] = true,
            ["in one batch, then split"] = true,
            ["in one batch, then sliced"] = true,
            ["side by side, then every second"] = true,
            ["behind what has no weight"] = true,
            ["wide head"] = true,
            ["wide head, rows merged"] = true,
            ["wide head, samples last"] = true,
            ["in reverse"] = false,
            ["minus the mean"] = false,
            ["minus the mean, rows merged"] = false,
        };

    /// <summary>The network in a layout.</summary>
    internal static Problem Create(string layout, LossKind loss, int samples, long steps, long classes, bool symbolic)
    {
        var p = new Problem(layout, samples, symbolic) { Loss = loss };
        var b = p.Builder;
        var x = p.Input(steps, 2);
        var w = layout == "ensemble" ? p.Weight("w", 0.7, 3, 1, 2, classes) : p.Weight("w", 0.7, 2, classes);
        var scale = p.Weight("scale", 0.8, classes);
        if (layout == "rows merged before the weight")
        {
            p.Output = Curved(p, p.Apply<MatMul>(Reshape.To(b, x, [p.Batch * steps, 2]), w), scale);
            return p;
        }
        if (layout == "ensemble")
        {
            // [M, N, T, C]
            var all = Curved(p, p.Apply<MatMul>(x, w), scale);
            p.Output = p.Apply<ReduceSum>(Attributes.Empty.With("axes", [2]).With("keepdims", 0L), all);
            return p;
        }
        if (Siamese(p, layout, x, h => Curved(p, p.Apply<MatMul>(h, w), scale)) is { } compared)
        {
            p.Output = compared;
            return p;
        }
        var m = Curved(p, p.Apply<MatMul>(x, w), scale);
        Dim n = p.Batch;
        p.Output = layout switch
        {
            "as it is" => m,
            "rows merged" => Reshape.To(b, m, [n * steps, classes]),
            "rows merged, steps first" => Reshape.To(b, Permuted(p, m, 1, 0, 2), [steps * n, classes]),
            "classes first" => Permuted(p, m, 2, 0, 1),
            "classes, samples, steps" => p.Apply<Tanh>(Permuted(p, m, 2, 0, 1)),
            "steps, classes, samples" => Permuted(p, m, 1, 2, 0),
            "steps, samples, classes" => Permuted(p, m, 1, 0, 2),
            "samples last" => Permuted(p, m, 2, 1, 0),
            "classes by samples" => Permuted(p, p.Apply<ReduceMean>(Attributes.Empty.With("axes", [1]).With("keepdims", 0L), m), 1, 0),
            "samples within classes" => Reshape.To(b, Permuted(p, m, 1, 2, 0), [steps, classes * n]),
            "all in one axis" => Reshape.To(b, m, [1, n * steps * classes]),
            "all in one column" => Reshape.To(b, Permuted(p, m, 1, 0, 2), [steps * n * classes, 1]),
            "twice in a batch" => p.Apply<Concat>(Attributes.Empty.With("axis", 0L), m, p.Apply<Sin>(m)),
            "twice in a batch, then merged" => Reshape.To(
                b,
                p.Apply<Concat>(Attributes.Empty.With("axis", 0L), m, p.Apply<Sin>(m)),
                [n * 2 * steps, classes]
            ),
            "tiled" => p.Apply<Tanh>(p.Apply<Tile>(m, b.Vector(2, 1, 1))),
            "wide head" => Wide(p, m, classes),
            "wide head, rows merged" => Reshape.To(b, Wide(p, m, classes), [n * steps, 3 * classes]),
            "wide head, samples last" => Permuted(p, Wide(p, m, classes), 2, 1, 0),
            "in reverse" => p.Apply<Gather>(
                Attributes.Empty.With("axis", 0L),
                m,
                b.Vector([.. Enumerable.Range(0, samples).Reverse().Select(sample => (long)sample)])
            ),
            "minus the mean" => MinusMean(p, m),
            "minus the mean, rows merged" => Reshape.To(b, MinusMean(p, m), [n * steps, classes]),
            _ => throw new ArgumentException($"no layout is called {layout}.", nameof(layout)),
        };
        return p;
    }

    /// <summary>Two batches of the same samples that pass the network as one, and are taken apart again; null for other layouts.</summary>
    private static Value? Siamese(Problem p, string layout, Value x, Func<Value, Value> network)
    {
        var (b, n, first) = (p.Builder, p.Samples, Attributes.Empty.With("axis", 0L));
        var other = p.Apply<Sin>(x);
        switch (layout)
        {
            case "in one batch, then split":
                var whole = network(p.Apply<Concat>(first, x, other));
                var parts = Catalogue.Get<Split>().Apply(b, [whole], first.With("split", [n, n]), 2).Outputs;
                return p.Apply<Mul>(parts[0], parts[1]);
            case "in one batch, then sliced":
                var all = network(p.Apply<Concat>(first, x, other, p.Apply<Tanh>(x)));
                return p.Apply<Add>(
                    Slice.Of(b, all, 0, n, 2 * n),
                    p.Apply<Mul>(Slice.Of(b, all, 0, 0, n), Slice.Of(b, all, 0, 2 * n, 3 * n))
                );
            case "side by side, then every second":
                var pairs = p.Apply<Concat>(
                    Attributes.Empty.With("axis", 1L),
                    Reshape.InsertAxis(b, x, 1),
                    Reshape.InsertAxis(b, other, 1)
                );
                var rows = network(Reshape.To(b, pairs, x.Type.Shape.With(0, 2 * n)));
                return p.Apply<Mul>(Slice.Of(b, rows, 0, 0, 2 * n - 1, 2), Slice.Of(b, rows, 0, 1, 2 * n, 2));
            case "behind what has no weight":
                var own = network(x);
                var joined = p.Apply<Concat>(first, p.Apply<Sin>(Expand.Of(b, Slice.Of(b, x, 2, 0, 1), own.Type.Shape)), own);
                return p.Apply<Mul>(Slice.Of(b, joined, 0, 0, n), Slice.Of(b, joined, 0, n, 2 * n));
            default:
                return null;
        }
    }

    /// <summary>Three times as many outputs as features, with a bias: what comes before is narrower.</summary>
    private static Value Wide(Problem p, Value m, long classes) =>
        p.Apply<Add>(p.Apply<MatMul>(m, p.Weight("head", 0.6, classes, 3 * classes)), p.Weight("bias", 0.3, 3 * classes));

    private static Value Curved(Problem p, Value h, Value scale)
    {
        var scaled = p.Apply<Mul>(h, scale);
        return p.Apply<Add>(scaled, p.Apply<Tanh>(scaled));
    }

    private static Value MinusMean(Problem p, Value m) =>
        p.Apply<Sub>(m, p.Apply<ReduceMean>(Attributes.Empty.With("axes", [0]), p.Apply<Mul>(m, m)));

    private static Value Permuted(Problem p, Value x, params long[] permutation) =>
        p.Apply<TransposeAxes>(Attributes.Empty.With("perm", permutation), x);
}
