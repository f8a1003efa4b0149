using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Losses;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Pooling;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Tests.Methods;

/// <summary>The problems that every exact method is tested on.</summary>
public static class ProblemTable
{
    private static readonly ImmutableArray<Func<Problem>> Makers = [.. Basic(), .. NetworkProblems.All(), .. SampleLayoutProblems.All()];

    private static readonly Lazy<Dictionary<string, Func<Problem>>> ByName = new(() => Makers.ToDictionary(make => make().Name));

    /// <summary>The names of all problems.</summary>
    public static IEnumerable<string> Names => ByName.Value.Keys;

    /// <summary>All problems, built anew.</summary>
    public static IEnumerable<Problem> All() => Makers.Select(make => make());

    /// <summary>The problem of a name, built anew.</summary>
    public static Problem Find(string name) => ByName.Value[name]();

    private static IEnumerable<Func<Problem>> Basic()
    {
        foreach (var (samples, symbolic) in new[] { (1, false), (3, false), (3, true) })
        {
            var kind = $"{samples}{(symbolic ? " symbolic" : "")}";
            foreach (var loss in new[] { LossKind.CrossEntropy, LossKind.Mse, LossKind.BinaryCrossEntropy })
            {
                yield return () => Dense<Relu>($"relu mlp {loss} {kind}", samples, symbolic, loss);
                yield return () => Dense<Tanh>($"tanh mlp {loss} {kind}", samples, symbolic, loss);
            }
            yield return () => Deep($"deep relu mlp {kind}", samples, symbolic);
            yield return () => Convolutional($"cnn {kind}", samples, symbolic);
            yield return () => Strided($"strided cnn {kind}", samples, symbolic);
            yield return () => Shared($"shared weight {kind}", samples, symbolic);
            yield return () => Segmentation($"segmentation {kind}", samples, symbolic);
            yield return () => Residual($"residual {kind}", samples, symbolic);
            yield return () => Steps($"as many steps as features {kind}", samples, symbolic);
            yield return () => PooledFeatures($"features pooled at each step {kind}", samples, symbolic);
        }
        foreach (var reduction in new[] { "mean", "sum", "none" })
        foreach (var (weighted, ignoring) in new[] { (false, false), (true, false), (false, true), (true, true) })
        foreach (var logarithms in new[] { false, true })
            yield return () =>
                OwnLoss(
                    $"own loss {(logarithms ? "of logarithms" : "of logits")} "
                        + $"{reduction}{(weighted ? " weighted" : "")}{(ignoring ? " ignoring" : "")}",
                    logarithms,
                    reduction,
                    weighted,
                    ignoring
                );
    }

    /// <summary>
    /// A cross-entropy that the model computes itself, at logits [N, C, 2], with labels that are ignored and weights of classes.
    /// </summary>
    private static Problem OwnLoss(string name, bool logarithms, string reduction, bool weighted, bool ignoring)
    {
        var p = new Problem(name, 3, false) { Loss = LossKind.Value };
        var x = p.Input(4);
        var h = p.Apply<Relu>(p.Apply<MatMul>(x, p.Weight("w1", 0.7, 4, 5)));
        var z = p.Apply<Reshape>(p.Apply<MatMul>(h, p.Weight("w2", 0.7, 5, 6)), p.Builder.Constant(Tensor.Vector(0, 3, 2)));
        var labels = p.Builder.Constant(Tensor.Of(ElementType.Int64, [3, 2], [0L, ignoring ? -100 : 1, 2, 1, 1, 0]));
        var weights = weighted ? p.Builder.Constant(Tensor.Of([3], [0.5, 2, 0])) : null;
        var attributes = Attributes.Empty.With("reduction", reduction);
        if (ignoring)
            attributes = attributes.With("ignore_index", -100L);
        p.Output = logarithms
            ? p.Apply<NegativeLogLikelihoodLoss>(attributes, p.Apply<LogSoftmax>(Attributes.Empty.With("axis", 1L), z), labels, weights)
            : p.Apply<SoftmaxCrossEntropyLoss>(attributes, z, labels, weights);
        return p;
    }

    private static Problem Dense<T>(string name, int samples, bool symbolic, LossKind loss)
        where T : Operator
    {
        var p = new Problem(name, samples, symbolic) { Loss = loss };
        var x = p.Input(4);
        var h = p.Apply<T>(p.Apply<Gemm>(Attributes.Empty.With("transB", 1L), x, p.Weight("w1", 0.7, 5, 4), p.Weight("b1", 0.5, 5)));
        p.Output = p.Apply<Add>(p.Apply<MatMul>(h, p.Weight("w2", 0.7, 5, 3)), p.Weight("b2", 0.5, 3));
        return p;
    }

    /// <summary>Several dense layers one after another, with nothing but ReLUs between them.</summary>
    private static Problem Deep(string name, int samples, bool symbolic)
    {
        var p = new Problem(name, samples, symbolic);
        var h = p.Input(4);
        h = p.Apply<Relu>(p.Apply<Gemm>(h, p.Weight("w1", 0.7, 4, 5)));
        h = p.Apply<Relu>(p.Apply<Gemm>(h, p.Weight("w2", 0.7, 5, 7)));
        h = p.Apply<Relu>(p.Apply<Gemm>(h, p.Weight("w3", 0.7, 7, 6)));
        p.Output = p.Apply<Gemm>(h, p.Weight("w4", 0.7, 6, 3));
        return p;
    }

    private static Problem Convolutional(string name, int samples, bool symbolic)
    {
        var p = new Problem(name, samples, symbolic);
        var x = p.Input(2, 6, 6);
        var pads = Attributes.Empty.With("pads", [1, 1, 1, 1]).With("kernel_shape", [3, 3]);
        var h = p.Apply<Relu>(p.Apply<Conv>(pads, x, p.Weight("c1", 0.4, 4, 2, 3, 3), p.Weight("b1", 0.3, 4)));
        h = p.Apply<MaxPool>(Attributes.Empty.With("kernel_shape", [2, 2]).With("strides", [2, 2]), h);
        h = p.Apply<Relu>(p.Apply<Conv>(pads, h, p.Weight("c2", 0.4, 3, 4, 3, 3), null));
        h = p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), h);
        p.Output = p.Apply<Gemm>(Attributes.Empty.With("transB", 1L), h, p.Weight("f", 0.1, 4, 27), p.Weight("g", 0.1, 4));
        return p;
    }

    private static Problem Strided(string name, int samples, bool symbolic)
    {
        var p = new Problem(name, samples, symbolic);
        var x = p.Input(4, 7, 7);
        var h = p.Apply<Relu>(
            p.Apply<Conv>(
                Attributes.Empty.With("kernel_shape", [3, 3]).With("strides", [2, 2]).With("pads", [1, 1, 1, 1]).With("group", 2L),
                x,
                p.Weight("c1", 0.4, 4, 2, 3, 3)
            )
        );
        h = p.Apply<MaxPool>(Attributes.Empty.With("kernel_shape", [3, 3]).With("strides", [1, 1]).With("pads", [1, 1, 1, 1]), h);
        h = p.Apply<Conv>(
            Attributes.Empty.With("kernel_shape", [3, 3]).With("dilations", [1, 2]).With("pads", [1, 0, 0, 1]),
            h,
            p.Weight("c2", 0.4, 3, 4, 3, 3)
        );
        h = p.Apply<GlobalAveragePool>(p.Apply<Relu>(h));
        p.Output = p.Apply<Gemm>(Attributes.Empty, p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), h), p.Weight("f", 0.8, 3, 4));
        return p;
    }

    private static Problem Shared(string name, int samples, bool symbolic)
    {
        var p = new Problem(name, samples, symbolic);
        var (x, z, w) = (p.Input(4), p.Input(4), p.Weight("w", 0.5, 4, 3));
        p.Output = p.Apply<Add>(p.Apply<MatMul>(x, w), p.Apply<MatMul>(p.Apply<Mul>(z, p.Weight("s", 0.5, 4)), w));
        return p;
    }

    private static Problem Segmentation(string name, int samples, bool symbolic)
    {
        var p = new Problem(name, samples, symbolic);
        var h = p.Apply<Relu>(
            p.Apply<Conv>(
                Attributes.Empty.With("kernel_shape", [3, 3]).With("pads", [1, 1, 1, 1]),
                p.Input(1, 3, 3),
                p.Weight("c1", 0.5, 2, 1, 3, 3)
            )
        );
        p.Output = p.Apply<Conv>(Attributes.Empty.With("kernel_shape", [1, 1]), h, p.Weight("c2", 0.7, 3, 2, 1, 1), p.Weight("b2", 0.3, 3));
        return p;
    }

    /// <summary>Dense layers at each of 2 steps, the first of 2 features: its output [N, 2, 2] does not show which axis is which.</summary>
    private static Problem Steps(string name, int samples, bool symbolic)
    {
        var p = new Problem(name, samples, symbolic) { Loss = LossKind.BinaryCrossEntropy };
        var h = p.Apply<MatMul>(p.Input(2, 3), p.Weight("w1", 0.7, 3, 2));
        p.Output = p.Apply<MatMul>(h, p.Weight("w2", 0.7, 2, 4));
        return p;
    }

    /// <summary>A pooling along the features of a dense layer [N, 30, 4], where a convolution would have its positions.</summary>
    private static Problem PooledFeatures(string name, int samples, bool symbolic)
    {
        var p = new Problem(name, samples, symbolic);
        var h = p.Apply<Relu>(p.Apply<MatMul>(p.Input(30, 3), p.Weight("w1", 0.7, 3, 4)));
        h = p.Apply<MaxPool>(Attributes.Empty.With("kernel_shape", [2]).With("strides", [2]), h);
        p.Output = p.Apply<Gemm>(Attributes.Empty, p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), h), p.Weight("f", 0.2, 60, 3));
        return p;
    }

    private static Problem Residual(string name, int samples, bool symbolic)
    {
        var p = new Problem(name, samples, symbolic);
        var x = p.Input(3, 4, 4);
        var pads = Attributes.Empty.With("pads", [1, 1, 1, 1]).With("kernel_shape", [3, 3]);
        var h = p.Apply<Conv>(pads, x, p.Weight("c1", 0.4, 3, 3, 3, 3));
        h = p.Apply<BatchNormalization>(
            h,
            p.Weight("scale", 0.6, 3),
            p.Weight("shift", 0.3, 3),
            p.Builder.Constant(Tensor.Of([3], [0.1, -0.2, 0.3])),
            p.Builder.Constant(Tensor.Of([3], [0.5, 1.5, 0.8]))
        );
        h = p.Apply<Relu>(p.Apply<Add>(h, x));
        p.Output = p.Apply<Gemm>(
            Attributes.Empty.With("transB", 1L),
            p.Apply<ReduceMean>(Attributes.Empty.With("axes", [2, 3]).With("keepdims", 0L), h),
            p.Weight("f", 0.5, 3, 3)
        );
        return p;
    }
}
