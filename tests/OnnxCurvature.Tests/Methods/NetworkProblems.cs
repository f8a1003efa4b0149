using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Pooling;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Recurrent;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Tests.Methods;

/// <summary>Small forms of the networks that people train, each with what makes its second derivatives hard.</summary>
public static class NetworkProblems
{
    private static readonly Attributes Same = Attributes.Empty.With("kernel_shape", [3, 3]).With("pads", [1, 1, 1, 1]);

    public static IEnumerable<Func<Problem>> All()
    {
        foreach (var samples in new[] { 1, 2 })
        {
            foreach (var loss in new[] { LossKind.CrossEntropy, LossKind.Mse })
            {
                yield return () => SmoothConvolutions($"gelu cnn {loss} {samples}", samples, loss);
                yield return () => TanhConvolutions($"tanh cnn {loss} {samples}", samples, loss);
                yield return () => ResidualBlock($"silu resnet block {loss} {samples}", samples, loss);
                yield return () => Transformer($"transformer block {loss} {samples}", samples, loss);
                yield return () => DepthwiseSeparable($"depthwise separable {loss} {samples}", samples, loss);
            }
            yield return () => Plain($"plain cnn {samples}", samples, slope: 0);
            yield return () => Plain($"leaky cnn {samples}", samples, slope: 0.2);
            yield return () => Pooled($"pooled cnn {samples}", samples, slope: 0);
            yield return () => Pooled($"leaky pooled cnn {samples}", samples, slope: 0.3);
            yield return () => Deep($"deep tanh mlp {samples}", samples);
            yield return () => Bottleneck($"bottleneck {samples}", samples);
            yield return () => LongShortTerm($"lstm {samples}", samples);
            yield return () => Embedding($"tied embedding {samples}", samples);
            yield return () => SmoothSegmentation($"smooth segmentation {samples}", samples);
            yield return () => Regularized($"regularized {samples}", samples);
            yield return () => SelfProduct($"self product {samples}", samples);
            yield return () => GroupNormalized($"group norm {samples}", samples);
            yield return () => NormalizedMap($"normalized feature map {samples}", samples);
            yield return () => Coupled($"batch statistics {samples}", samples);
            yield return () => Heads($"two heads {samples}", samples);
            yield return () => Gated($"gated {samples}", samples);
            yield return () => Siamese($"siamese {samples}", samples);
            yield return () => Densely($"dense connections {samples}", samples);
            yield return () => Reparameterized($"reparameterized {samples}", samples);
            yield return () => Stacked<Relu>($"vgg relu {samples}", samples);
            yield return () => Stacked<Gelu>($"vgg gelu {samples}", samples);
        }
    }

    private static Problem SmoothConvolutions(string name, int samples, LossKind loss)
    {
        var p = new Problem(name, samples, false) { Loss = loss };
        var h = p.Apply<Gelu>(p.Apply<Conv>(Same, p.Input(2, 4, 4), p.Weight("c1", 0.4, 3, 2, 3, 3), p.Weight("b1", 0.3, 3)));
        h = p.Apply<AveragePool>(Attributes.Empty.With("kernel_shape", [2, 2]).With("strides", [2, 2]), h);
        h = p.Apply<Gelu>(Normalized(p, p.Apply<Conv>(Same, h, p.Weight("c2", 0.4, 4, 3, 3, 3)), 4));
        h = p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), p.Apply<GlobalAveragePool>(h));
        p.Output = Linear(p, h, "f", 4, 3);
        return p;
    }

    private static Problem TanhConvolutions(string name, int samples, LossKind loss)
    {
        var p = new Problem(name, samples, false) { Loss = loss };
        var h = p.Apply<Tanh>(p.Apply<Conv>(Same, p.Input(2, 4, 4), p.Weight("c1", 0.4, 3, 2, 3, 3), p.Weight("b1", 0.3, 3)));
        h = p.Apply<AveragePool>(Attributes.Empty.With("kernel_shape", [2, 2]), h);
        h = p.Apply<Tanh>(p.Apply<Conv>(Same.With("strides", [2, 2]), h, p.Weight("c2", 0.4, 4, 3, 3, 3)));
        p.Output = Linear(p, p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), h), "f", 16, 3);
        return p;
    }

    /// <summary>Convolutions, ReLUs or leaky ones, and poolings one after another.</summary>
    private static Problem Plain(string name, int samples, double slope)
    {
        var p = new Problem(name, samples, false);
        var pool = Attributes.Empty.With("kernel_shape", [2, 2]).With("strides", [2, 2]);
        var h = Activate(p.Apply<Conv>(Same, p.Input(2, 8, 8), p.Weight("c1", 0.5, 3, 2, 3, 3), p.Weight("b1", 0.3, 3)));
        h = p.Apply<MaxPool>(pool, Activate(p.Apply<Conv>(Same, h, p.Weight("c2", 0.4, 4, 3, 3, 3))));
        h = Activate(p.Apply<Conv>(Same, h, p.Weight("c3", 0.3, 5, 4, 3, 3), p.Weight("b3", 0.3, 5)));
        h = p.Apply<MaxPool>(
            pool,
            Activate(p.Apply<Conv>(Attributes.Empty.With("kernel_shape", [1, 1]), h, p.Weight("c4", 0.5, 6, 5, 1, 1)))
        );
        h = Activate(Linear(p, p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), h), "f", 24, 7));
        h = Activate(Linear(p, h, "g", 7, 6));
        // Where one class is all but certain, the ways differ by what rounding leaves of the others.
        p.Output = p.Apply<Mul>(Linear(p, h, "k", 6, 5), p.Builder.Scalar(ElementType.Float64, 0.1));
        return p;

        Value Activate(Value x) => slope == 0 ? p.Apply<Relu>(x) : p.Apply<LeakyRelu>(Attributes.Empty.With("alpha", slope), x);
    }

    /// <summary>So many classes for so few outputs of a pooling that Gram matrices at its argmax positions are the cheapest.</summary>
    private static Problem Pooled(string name, int samples, double slope)
    {
        // At this point no kink lies within the step of the differences.
        var p = new Problem(name, samples, false, seed: 2);
        var pool = Attributes.Empty.With("kernel_shape", [3, 3]).With("strides", [3, 3]);
        var h = p.Apply<MaxPool>(
            pool,
            Activate(p.Apply<Conv>(Same, p.Input(1, 9, 9), p.Weight("c1", 0.5, 3, 1, 3, 3), p.Weight("b1", 0.3, 3)))
        );
        h = Activate(p.Apply<Conv>(Same, h, p.Weight("c2", 0.5, 2, 3, 3, 3)));
        p.Output = p.Apply<Mul>(
            Linear(p, p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), h), "k", 18, 30),
            p.Builder.Scalar(ElementType.Float64, 0.1)
        );
        return p;

        Value Activate(Value x) => slope == 0 ? p.Apply<Relu>(x) : p.Apply<LeakyRelu>(Attributes.Empty.With("alpha", slope), x);
    }

    /// <summary>A single feature map, whose mean over positions meets its entries again in the normalization.</summary>
    private static Problem NormalizedMap(string name, int samples)
    {
        var p = new Problem(name, samples, false) { Loss = LossKind.Mse };
        var h = p.Apply<Conv>(Attributes.Empty.With("pads", [2, 2]).With("strides", [2]), p.Input(2, 2), p.Weight("c1", 0.8, 1, 2, 1));
        h = p.Apply<InstanceNormalization>(Attributes.Empty.With("epsilon", 0.0625), h, p.Weight("scale", 1, 1), p.Weight("shift", 1, 1));
        p.Output = p.Apply<Conv>(Attributes.Empty.With("pads", [1, 1]), h, p.Weight("c2", 0.8, 2, 1, 2));
        return p;
    }

    private static Problem ResidualBlock(string name, int samples, LossKind loss)
    {
        var p = new Problem(name, samples, false) { Loss = loss };
        var x = p.Apply<Conv>(Same, p.Input(1, 3, 3), p.Weight("stem", 0.6, 3, 1, 3, 3));
        var h = Silu(p, Normalized(p, p.Apply<Conv>(Same, x, p.Weight("c1", 0.3, 3, 3, 3, 3)), 3));
        h = Silu(p, p.Apply<Add>(p.Apply<Conv>(Same, h, p.Weight("c2", 0.3, 3, 3, 3, 3)), x));
        p.Output = Linear(p, p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), p.Apply<GlobalAveragePool>(h)), "f", 3, 3);
        return p;
    }

    private static Problem Transformer(string name, int samples, LossKind loss)
    {
        var p = new Problem(name, samples, false) { Loss = loss };
        var x = p.Input(3, 4);
        var n = LayerNormalized(p, x, "1");
        var (q, k, v) = (
            p.Apply<MatMul>(n, p.Weight("q", 0.5, 4, 4)),
            p.Apply<MatMul>(n, p.Weight("k", 0.5, 4, 4)),
            p.Apply<MatMul>(n, p.Weight("v", 0.5, 4, 4))
        );
        var scores = p.Apply<Mul>(
            p.Apply<MatMul>(q, p.Apply<TransposeAxes>(Attributes.Empty.With("perm", [0, 2, 1]), k)),
            p.Builder.Scalar(ElementType.Float64, 0.5)
        );
        var attended = p.Apply<MatMul>(p.Apply<Softmax>(Attributes.Empty.With("axis", -1L), scores), v);
        var h = p.Apply<Add>(x, p.Apply<MatMul>(attended, p.Weight("o", 0.5, 4, 4)));
        var m = p.Apply<Gelu>(p.Apply<MatMul>(LayerNormalized(p, h, "2"), p.Weight("up", 0.5, 4, 6)));
        h = p.Apply<Add>(h, p.Apply<MatMul>(m, p.Weight("down", 0.5, 6, 4)));
        p.Output = Linear(p, p.Apply<ReduceMean>(Attributes.Empty.With("axes", [1]).With("keepdims", 0L), h), "f", 4, 3);
        return p;
    }

    private static Problem DepthwiseSeparable(string name, int samples, LossKind loss)
    {
        var p = new Problem(name, samples, false) { Loss = loss };
        var h = p.Apply<HardSwish>(
            p.Apply<Conv>(Same.With("group", 3L), p.Input(3, 3, 3), p.Weight("depthwise", 0.5, 3, 1, 3, 3), p.Weight("b1", 0.4, 3))
        );
        h = p.Apply<Sigmoid>(p.Apply<Conv>(Attributes.Empty.With("kernel_shape", [1, 1]), h, p.Weight("pointwise", 0.6, 4, 3, 1, 1)));
        p.Output = Linear(p, p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), p.Apply<GlobalAveragePool>(h)), "f", 4, 2);
        return p;
    }

    private static Problem Deep(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var h = p.Input(3);
        for (var layer = 0; layer < 3; layer++)
            h = p.Apply<Tanh>(
                p.Apply<Add>(p.Apply<MatMul>(h, p.Weight($"w{layer}", 0.7, layer == 0 ? 3 : 4, 4)), p.Weight($"b{layer}", 0.3, 4))
            );
        p.Output = Linear(p, h, "f", 4, 3);
        return p;
    }

    /// <summary>The narrowest value lies two layers after the weight, past a linear way.</summary>
    private static Problem Bottleneck(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var h = p.Apply<Relu>(p.Apply<MatMul>(p.Input(4), p.Weight("w1", 0.6, 4, 6)));
        h = p.Apply<Softplus>(p.Apply<MatMul>(h, p.Weight("w2", 0.6, 6, 2)));
        h = LayerNormalized(p, p.Apply<MatMul>(h, p.Weight("w3", 0.8, 2, 5)), "");
        p.Output = Linear(p, p.Apply<Erf>(h), "f", 5, 4);
        return p;
    }

    private static Problem LongShortTerm(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var x = p.Apply<TransposeAxes>(Attributes.Empty.With("perm", [1, 0, 2]), p.Input(3, 2));
        var outputs = Catalogue
            .Get<LSTM>()
            .Apply(
                p.Builder,
                [x, p.Weight("W", 0.6, 1, 12, 2), p.Weight("R", 0.6, 1, 12, 3), p.Weight("B", 0.4, 1, 24)],
                Attributes.Empty.With("hidden_size", 3L),
                3
            )
            .Outputs;
        p.Output = Linear(p, p.Apply<Squeeze>(Attributes.Empty.With("axes", [0]), outputs[1]), "f", 3, 2);
        return p;
    }

    private static Problem Embedding(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var table = p.Weight("table", 0.7, 5, 3);
        long[] words = samples == 1 ? [2, 4] : [2, 4, 0, 2];
        var embedded = p.Apply<Gather>(
            Attributes.Empty.With("axis", 0L),
            table,
            p.Builder.Constant(Tensor.Of(ElementType.Int64, [samples, 2], words))
        );
        var h = p.Apply<ReduceMean>(Attributes.Empty.With("axes", [1]).With("keepdims", 0L), p.Apply<Add>(embedded, p.Input(2, 3)));
        h = p.Apply<Tanh>(p.Apply<MatMul>(h, p.Weight("w", 0.7, 3, 3)));
        p.Output = p.Apply<MatMul>(h, p.Apply<TransposeAxes>(Attributes.Empty.With("perm", [1, 0]), table));
        return p;
    }

    private static Problem SmoothSegmentation(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var h = p.Apply<Softplus>(p.Apply<Conv>(Same, p.Input(1, 3, 3), p.Weight("c1", 0.5, 2, 1, 3, 3)));
        p.Output = p.Apply<Conv>(Attributes.Empty.With("kernel_shape", [1, 1]), h, p.Weight("c2", 0.7, 3, 2, 1, 1), p.Weight("b2", 0.3, 3));
        return p;
    }

    /// <summary>The loss holds the norm of the weight beside what the network makes of it.</summary>
    private static Problem Regularized(string name, int samples)
    {
        var p = new Problem(name, samples, false) { Loss = LossKind.Value };
        var w = p.Weight("w", 0.7, 3, 4);
        var h = p.Apply<ReduceSum>(Attributes.Empty.With("axes", [1]).With("keepdims", 0L), p.Apply<Tanh>(p.Apply<MatMul>(p.Input(3), w)));
        var fit = p.Apply<ReduceMean>(Attributes.Empty.With("axes", [0]).With("keepdims", 0L), p.Apply<Mul>(h, h));
        var norm = p.Apply<ReduceSumSquare>(Attributes.Empty.With("axes", [0, 1]).With("keepdims", 0L), w);
        p.Output = p.Apply<Add>(fit, p.Apply<Mul>(norm, p.Builder.Scalar(ElementType.Float64, 0.1)));
        return p;
    }

    /// <summary>y = (x w) ⊙ tanh(x w v): the weight is used in a product with a value that depends on itself.</summary>
    private static Problem SelfProduct(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var h = p.Apply<MatMul>(p.Input(3), p.Weight("w", 0.7, 3, 4));
        p.Output = p.Apply<Mul>(h, p.Apply<Tanh>(p.Apply<MatMul>(h, p.Weight("v", 0.7, 4, 4))));
        return p;
    }

    private static Problem GroupNormalized(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var h = p.Apply<Conv>(Same, p.Input(2, 3, 3), p.Weight("c1", 0.5, 4, 2, 3, 3));
        h = p.Apply<GroupNormalization>(Attributes.Empty.With("num_groups", 2L), h, p.Weight("scale", 0.6, 4), p.Weight("shift", 0.3, 4));
        p.Output = Linear(p, p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), p.Apply<GlobalAveragePool>(p.Apply<Relu>(h))), "f", 4, 3);
        return p;
    }

    /// <summary>Samples are normalized by the statistics of their batch, so that they are not separate.</summary>
    private static Problem Coupled(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var h = p.Apply<MatMul>(p.Input(3), p.Weight("w", 0.7, 3, 4));
        var mean = p.Apply<ReduceMean>(Attributes.Empty.With("axes", [0]).With("keepdims", 1L), h);
        var centered = p.Apply<Sub>(h, p.Apply<Mul>(mean, p.Builder.Scalar(ElementType.Float64, 0.5)));
        p.Output = Linear(p, p.Apply<Mul>(centered, p.Apply<Sigmoid>(mean)), "f", 4, 3);
        return p;
    }

    /// <summary>Stacks of 3×3 convolutions with a maximum over 2×2 after each, and dense layers, in the manner of VGG.</summary>
    private static Problem Stacked<T>(string name, int samples)
        where T : Operator
    {
        var p = new Problem(name, samples, false);
        var pool = Attributes.Empty.With("kernel_shape", [2, 2]).With("strides", [2, 2]);
        var h = p.Apply<MaxPool>(
            pool,
            p.Apply<T>(p.Apply<Conv>(Same, p.Input(2, 4, 4), p.Weight("c1", 0.5, 3, 2, 3, 3), p.Weight("b1", 0.3, 3)))
        );
        h = p.Apply<T>(p.Apply<Conv>(Same, h, p.Weight("c2", 0.4, 3, 3, 3, 3)));
        h = p.Apply<MaxPool>(pool, p.Apply<T>(p.Apply<Conv>(Same, h, p.Weight("c3", 0.4, 3, 3, 3, 3))));
        h = p.Apply<T>(Linear(p, p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), h), "f1", 3, 4));
        p.Output = Linear(p, h, "f2", 4, 5);
        return p;
    }

    /// <summary>Two narrow heads on a wide trunk, with a loss of their own each.</summary>
    private static Problem Heads(string name, int samples)
    {
        var p = new Problem(name, samples, false) { Loss = LossKind.Value };
        var h = p.Apply<Relu>(p.Apply<MatMul>(p.Input(5), p.Weight("w", 0.6, 5, 12)));
        var (a, c) = (p.Apply<MatMul>(h, p.Weight("a", 0.5, 12, 2)), p.Apply<MatMul>(h, p.Weight("c", 0.5, 12, 3)));
        Value Mean(Value x) => p.Apply<ReduceMean>(Attributes.Empty.With("axes", [0, 1]).With("keepdims", 0L), x);
        p.Output = p.Apply<Add>(Mean(p.Apply<Tanh>(a)), Mean(p.Apply<Softplus>(c)));
        return p;
    }

    /// <summary>A gated linear unit: a product of two halves of what a weight makes.</summary>
    private static Problem Gated(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var halves = Catalogue
            .Get<Split>()
            .Apply(
                p.Builder,
                [p.Apply<MatMul>(p.Input(4), p.Weight("w", 0.7, 4, 6))],
                Attributes.Empty.With("axis", 1L).With("split", [3, 3]),
                2
            )
            .Outputs;
        p.Output = Linear(p, Silu(p, Linear(p, p.Apply<Mul>(halves[0], p.Apply<Sigmoid>(halves[1])), "g", 3, 5)), "f", 5, 3);
        return p;
    }

    /// <summary>One weight for two inputs, whose images meet in a product.</summary>
    private static Problem Siamese(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var w = p.Weight("w", 0.6, 7, 3);
        var (a, c) = (p.Apply<MatMul>(p.Input(7), w), p.Apply<MatMul>(p.Input(7), w));
        p.Output = Linear(p, p.Apply<Mul>(p.Apply<Tanh>(a), p.Apply<Sigmoid>(c)), "f", 3, 4);
        return p;
    }

    /// <summary>Every layer takes what all layers before it made.</summary>
    private static Problem Densely(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var x = p.Apply<MatMul>(p.Input(4), p.Weight("w0", 0.6, 4, 8));
        var a = p.Apply<Relu>(p.Apply<MatMul>(x, p.Weight("w1", 0.5, 8, 3)));
        var c = p.Apply<MatMul>(p.Apply<Concat>(Attributes.Empty.With("axis", 1L), x, a), p.Weight("w2", 0.5, 11, 2));
        p.Output = Linear(p, p.Apply<Concat>(Attributes.Empty.With("axis", 1L), p.Apply<Tanh>(a), p.Apply<Sigmoid>(c)), "f", 5, 3);
        return p;
    }

    /// <summary>The weight that is used is a function of the one that is trained.</summary>
    private static Problem Reparameterized(string name, int samples)
    {
        var p = new Problem(name, samples, false);
        var v = p.Weight("v", 0.7, 3, 4);
        var norm = p.Apply<ReduceL2>(Attributes.Empty.With("axes", [1]), v);
        var h = p.Apply<Tanh>(p.Apply<MatMul>(p.Input(3), p.Apply<Div>(v, norm)));
        p.Output = p.Apply<MatMul>(h, p.Apply<Exp>(p.Weight("u", 0.5, 4, 3)));
        return p;
    }

    private static Value Silu(Problem p, Value x) => p.Apply<Mul>(x, p.Apply<Sigmoid>(x));

    private static Value Normalized(Problem p, Value x, int channels)
    {
        double[] Row(double scale, double offset) => [.. Enumerable.Range(0, channels).Select(_ => offset + Math.Abs(p.Draw(scale)))];
        Value Constant(double[] row) => p.Builder.Constant(Tensor.Of([channels], row));
        return p.Apply<BatchNormalization>(
            x,
            Constant(Row(0.5, 0.5)),
            Constant(Row(0.3, -0.1)),
            Constant(Row(0.2, 0)),
            Constant(Row(0.5, 0.5))
        );
    }

    private static Value LayerNormalized(Problem p, Value x, string suffix)
    {
        var size = x.Type.Shape[^1].Factor;
        return p.Apply<LayerNormalization>(
            Attributes.Empty.With("axis", -1L),
            x,
            p.Weight($"scale{suffix}", 0.6, size),
            p.Weight($"shift{suffix}", 0.3, size)
        );
    }

    internal static Value Linear(Problem p, Value x, string name, long inputs, long outputs) =>
        p.Apply<Gemm>(Attributes.Empty.With("transB", 1L), x, p.Weight(name, 0.7, outputs, inputs), p.Weight($"{name}.bias", 0.3, outputs));
}
