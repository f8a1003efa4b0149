using Google.Protobuf;
using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Cross-entropy with classes along any axis, labels that do not count, soft labels, smoothing and weights of classes.</summary>
[Trait("Category", "Slow")]
public sealed class ClassOptionTests
{
    private const int Samples = 5;
    private const int Steps = 3;
    private const int Inputs = 2;
    private const int Classes = 4;

    private static readonly double[] Weights = [0.5, 0, 2, 1.25];

    /// <summary>Sample 1 does not count, and of sample 3 one step does not.</summary>
    private static readonly double[] Labels = [0, 1, 2, -100, -100, -100, 3, 3, 1, 2, -100, 0, 1, 1, 2];

    private static readonly double[][] X = [.. Enumerable.Range(0, Samples * Steps).Select(row => Sines(Inputs, 0.9, row * Inputs))];

    private static readonly double[][] W = [.. Enumerable.Range(0, Inputs).Select(row => Sines(Classes, 1.7, row * Classes))];

    [Fact]
    public void Classes_lie_along_axis_1_where_it_fits_also_of_a_transposed_square()
    {
        using var tool = new Tool();
        var graph = new GraphProto
        {
            Name = "transposed",
            Input = { Info("x", 1, 2, 2) },
            Output = { Info("z", 1, 2, 2) },
            Node = { Node("Transpose", "x", "z") },
        };
        tool.Save("transposed.onnx", Model(graph));
        double[] x = [0.5, -1, 2, 0.25];
        tool.Npy("square.npy", ElementType.Float32, [2, 2], x);
        tool.Npy("classes.npy", ElementType.Int64, [2], [0, 1]);
        var run = tool.Run(
            "run @transposed.onnx -o @o.npz --wrt x --loss cross-entropy --quantity loss --precision float64 --data x=@square.npy "
                + "labels=@classes.npy"
        );
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        double Loss(double own, double other) => Math.Log(1 + Math.Exp(other - own));
        Assert.Equal((Loss(x[0], x[2]) + Loss(x[3], x[1])) / 2, tool.Read("o.npz", "loss")[0], 1e-14);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("", "--batch-size 2")]
    [InlineData("--reduction sum", "--batch-size 2")]
    [InlineData("--label-smoothing 0.2", "--batch-size 1")]
    [InlineData("--class-weights @weights.npy", "--batch-size 2")]
    [InlineData("--class-weights @weights.npy --label-smoothing 0.3", "--batch-size 3")]
    [InlineData("--class-weights @weights.npy --ignore-index 2", "--batch-size 2")]
    [InlineData("--ignore-index 0 --label-smoothing 1", "--batch-size 4")]
    public void Labels_weigh_as_the_options_say_in_batches_and_at_once(string options, string batches)
    {
        using var tool = Ready();
        var ignored = options.Contains("--ignore-index", StringComparison.Ordinal) ? options.Split("--ignore-index ")[1][0] - '0' : -100;
        // Another label is ignored, so those that are no classes become one.
        double[] labels = [.. Labels.Select(label => ignored != -100 && label < 0 ? ignored : label)];
        tool.Npy("labels.npy", ElementType.Int64, [Samples, Steps], labels);
        var expected = Expected(options, labels, ignored);
        foreach (var (model, axis) in new[] { ("last.onnx", 2), ("middle.onnx", 1) })
        {
            Check(tool, expected, $"run @{model} -o @out.npz {Words} {options} {batches} --data x=@x.npy labels=@labels.npy");
            var label = ignored == -100 ? "--ignore-index -100" : "";
            Succeed(tool.Run($"augment @{model} -o @file.onnx {Words} {options} --class-axis {axis} {label}"));
            Check(tool, expected, "run @file.onnx -o @out.npz --data x=@x.npy labels=@labels.npy");
        }
    }

    [Theory]
    [InlineData("", "--batch-size 2")]
    [InlineData("--label-smoothing 0.2 --class-weights @weights.npy", "--batch-size 3")]
    [InlineData("--reduction sum", "")]
    public void Soft_labels_have_the_shape_of_the_logits(string options, string batches)
    {
        using var tool = Ready();
        // Of no sum in particular: the Hessian of a row is weighted by it.
        double[][] soft = [.. Enumerable.Range(0, Samples * Steps).Select(row => Sines(Classes, 0.7, row).Select(Math.Abs).ToArray())];
        tool.Npy("soft.npy", ElementType.Float64, [Samples, Steps, Classes], [.. soft.SelectMany(row => row)]);
        var a = soft.Select(row => Coefficients(options, row)).ToArray();
        var isSum = options.Contains("sum", StringComparison.Ordinal);
        var expected = new ClosedCrossEntropy(X, W, a, isSum ? 1 : Samples * Steps, Steps, isSum ? 1 : Samples);
        Check(tool, expected, $"run @last.onnx -o @out.npz {Words} {options} {batches} --class-axis -1 --data x=@x.npy labels=@soft.npy");
        Succeed(tool.Run($"augment @last.onnx -o @file.onnx {Words} {options} --class-axis 2 --soft-labels"));
        Check(tool, expected, "run @file.onnx -o @out.npz --batch-size 2 --data x=@x.npy labels=@soft.npy");
    }

    [Theory]
    [InlineData(ElementType.Int32)]
    [InlineData(ElementType.UInt8)]
    [InlineData(ElementType.Int64)]
    public void Labels_may_be_of_any_integers_and_have_a_further_axis_of_one(ElementType element)
    {
        using var tool = Ready();
        double[] labels = [.. Labels.Select(label => Math.Max(label, 0))];
        tool.Npy("labels.npy", element, [Samples, Steps, 1], labels);
        var expected = Expected("", labels, -100);
        Check(tool, expected, $"run @last.onnx -o @out.npz {Words} --batch-size 2 --data x=@x.npy labels=@labels.npy");
        Check(tool, expected, $"run @middle.onnx -o @out.npz {Words} --data x=@x.npy labels=@labels.npy");
    }

    [Fact]
    public void Loss_and_gradient_are_those_that_PyTorch_gives()
    {
        using var tool = Ready();
        tool.Npy("labels.npy", ElementType.Int64, [Samples, Steps], Labels);
        Succeed(
            tool.Run(
                $"run @last.onnx -o @out.npz {Words} --class-weights @weights.npy --label-smoothing 0.3 --data x=@x.npy labels=@labels.npy"
            )
        );
        AssertClose([PyTorchLoss], tool.Read("out.npz", "loss"));
        AssertClose(PyTorchGradient, tool.Read("out.npz", "w.gradient"));
    }

    [Theory]
    [InlineData("last.onnx", "hesscale", "estimate", 1e-12)]
    [InlineData("last.onnx", "ggn-mc --probes 3000 --seed 3", "estimate", 0.1)]
    public void Estimates_weigh_labels_as_the_exact_diagonal_does(string model, string method, string name, double tolerance)
    {
        using var tool = Ready();
        tool.Npy("labels.npy", ElementType.Int64, [Samples, Steps], Labels);
        var words =
            $"run @{model} -o @out.npz --wrt w --loss cross-entropy --precision float64 --class-weights @weights.npy --method {method} "
            + "--data x=@x.npy labels=@labels.npy";
        Succeed(tool.Run(words));
        var kind = method.StartsWith("ggn", StringComparison.Ordinal) ? "ggn" : "hessian";
        var expected = Expected("--class-weights", Labels, -100).Hessian;
        Assert.All(
            expected.Zip(tool.Read("out.npz", $"w.{kind}_diagonal_{name}")),
            pair => Assert.True(Math.Abs(pair.First - pair.Second) <= tolerance * pair.First, $"{pair}"),
            throwIfEmpty: true
        );
    }

    [Theory]
    [InlineData(
        "run @last.onnx @range.npy",
        "holds the label 7 in sample 2, counted from 0, at [2,1], and the labels of 4 classes are 0 to 3"
    )]
    [InlineData("run @last.onnx @all.npy", "is ignored (-100), so the mean is over no labels")]
    [InlineData(
        "run @last.onnx @floats.npy",
        "holds float32 [5,3], and cross-entropy takes integers [5,3], or soft labels of the shape [5,3,4]"
    )]
    [InlineData("run @last.onnx @short.npy", "has the shape [5,2], and cross-entropy of 'z' [5,3,4] takes labels [5,4]")]
    [InlineData("run @last.onnx @labels.npy --class-axis 3", "--class-axis 3 is no axis of 'z' [N,3,4]; give a number from -3 to 2")]
    [InlineData("run @last.onnx @soft.npy", "does not determine the axis of classes; give it with --class-axis")]
    [InlineData("run @last.onnx @soft.npy --class-axis 2 --ignore-index 1", "--ignore-index is of labels that are integers")]
    [InlineData("run @last.onnx @labels.npy --class-weights @short.npy", "give one number for each class along one axis")]
    [InlineData("run @last.onnx @labels.npy --class-weights @three.npy", "holds 3 numbers, and 'z' has 4 classes along axis 2")]
    [InlineData("run @last.onnx @labels.npy --class-weights @negative.npy", "--class-weights gives class 2 the weight -1")]
    [InlineData("run @last.onnx @labels.npy --label-smoothing 1.5", "--label-smoothing 1.5 is no share of a label")]
    [InlineData("run @square.onnx @square.npy", "fits 'z' [5,4,4] with classes along axis 1 or 2; say which with --class-axis")]
    [InlineData("run @softmax.onnx @labels.npy --class-axis 1", "and the softmax before 'p' runs along axis 2")]
    public void Options_that_do_not_fit_are_refused_in_one_sentence(string words, string sentence)
    {
        using var tool = Ready();
        tool.Npy("labels.npy", ElementType.Int64, [Samples, Steps], [.. Labels.Select(label => Math.Max(label, 0))]);
        tool.Npy("range.npy", ElementType.Int64, [Samples, Steps], [.. Labels.Select((label, at) => at == 7 ? 7 : label)]);
        tool.Npy("all.npy", ElementType.Int64, [Samples, Steps], [.. Labels.Select(_ => -100.0)]);
        tool.Npy("floats.npy", ElementType.Float32, [Samples, Steps], Labels);
        tool.Npy("short.npy", ElementType.Int64, [Samples, 2], new double[2 * Samples]);
        tool.Npy("soft.npy", ElementType.Float32, [Samples, Steps, Classes], new double[Samples * Steps * Classes]);
        tool.Npy("three.npy", ElementType.Float32, [3], [1, 1, 1]);
        tool.Npy("negative.npy", ElementType.Float32, [4], [1, 1, -1, 1]);
        tool.Npy("square.npy", ElementType.Int64, [Samples, Classes], new double[Samples * Classes]);
        var square = words.Contains("square", StringComparison.Ordinal);
        tool.Npy("x4.npy", ElementType.Float64, [Samples, Classes, Inputs], Sines(Samples * Classes * Inputs, 1, 0));
        var parts = words.Split(' ');
        var run = tool.Run(
            $"{parts[0]} {parts[1]} -o @out.npz --wrt w --loss cross-entropy --data x={(square ? "@x4.npy" : "@x.npy")} "
                + $"labels={parts[2]} {string.Join(' ', parts[3..])}"
        );
        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.UserError, run.Code);
    }

    [Fact]
    public void A_softmax_shows_the_axis_of_classes()
    {
        using var tool = Ready();
        tool.Npy("labels.npy", ElementType.Int64, [Samples, Steps], Labels);
        var expected = Expected("", Labels, -100);
        Check(tool, expected, $"run @softmax.onnx -o @out.npz {Words} --batch-size 2 --data x=@x.npy labels=@labels.npy");
        var verified = tool.Run("verify @softmax.onnx --wrt w --loss cross-entropy --data x=@x.npy labels=@labels.npy");
        Assert.True(verified.Code == ExitCodes.Success, verified.ToString());
    }

    private const string Words =
        "--wrt w --loss cross-entropy --precision float64 --quantity loss,gradient,hessian-diagonal,ggn-diagonal,fisher-diagonal,"
        + "per-sample-gradient";

    private const double PyTorchLoss = 1.5617641204811545;

    private static readonly double[] PyTorchGradient =
    [
        0.15080840889911756,
        0.02013629212636478,
        -0.13392529677005763,
        -0.03701940425542469,
        0.1779805652898973,
        0.028666881949921775,
        -0.12407384119805581,
        -0.08257360604176327,
    ];

    /// <summary>z = x w as [N, T, C], as [N, C, T], and as probabilities.</summary>
    private static Tool Ready()
    {
        var tool = new Tool();
        Save("last.onnx", Steps, "z", Node("MatMul", "x w", "z"));
        Save("square.onnx", Classes, "z", Node("MatMul", "x w", "z"));
        Save("middle.onnx", Steps, "z", Node("MatMul", "x w", "m"), Node("Transpose", "m", "z", Permutation(0, 2, 1)));
        Save("softmax.onnx", Steps, "p", Node("MatMul", "x w", "z"), Node("Softmax", "z", "p", Int("axis", -1)));
        tool.Npy("x.npy", ElementType.Float64, [Samples, Steps, Inputs], [.. X.SelectMany(row => row)]);
        tool.Npy("weights.npy", ElementType.Float64, [Classes], Weights);
        return tool;

        void Save(string name, int steps, string output, params NodeProto[] nodes) =>
            tool.Save(
                name,
                Model(
                    new GraphProto
                    {
                        Name = "rows",
                        Input = { Info("x", 11, "N", steps, Inputs) },
                        Output =
                        {
                            output == "z" && name == "middle.onnx"
                                ? Info("z", 11, "N", Classes, steps)
                                : Info(output, 11, "N", steps, Classes),
                        },
                        Initializer = { Doubles("w", W) },
                        Node = { nodes },
                    }
                )
            );
    }

    private static AttributeProto Permutation(params long[] axes) =>
        new()
        {
            Name = "perm",
            Type = AttributeProto.Types.AttributeType.Ints,
            Ints = { axes },
        };

    private static TensorProto Doubles(string name, double[][] rows) =>
        new()
        {
            Name = name,
            DataType = 11,
            Dims = { rows.Length, rows[0].Length },
            DoubleData = { rows.SelectMany(row => row) },
        };

    private static ClosedCrossEntropy Expected(string options, double[] labels, double ignored)
    {
        var weights = options.Contains("weights", StringComparison.Ordinal) ? Weights : [1, 1, 1, 1];
        var a = labels
            .Select(label =>
                label == ignored
                    ? new double[Classes]
                    : Coefficients(options, [.. Enumerable.Range(0, Classes).Select(c => c == label ? 1.0 : 0)])
            )
            .ToArray();
        var isSum = options.Contains("sum", StringComparison.Ordinal);
        var mean = labels.Where(label => label != ignored).Sum(label => weights[(int)label]);
        var counted = labels.Chunk(Steps).Count(sample => sample.Any(label => label != ignored));
        return new ClosedCrossEntropy(X, W, a, isSum ? 1 : mean, Steps, isSum ? 1 : counted);
    }

    private static double[] Coefficients(string options, double[] of)
    {
        var weights = options.Contains("weights", StringComparison.Ordinal) ? Weights : [1, 1, 1, 1];
        var smoothing =
            options.Contains("smoothing 0.2", StringComparison.Ordinal) ? 0.2
            : options.Contains("smoothing 0.3", StringComparison.Ordinal) ? 0.3
            : options.Contains("smoothing 1", StringComparison.Ordinal) ? 1.0
            : 0;
        return [.. of.Select((value, c) => weights[c] * ((1 - smoothing) * value + smoothing / Classes))];
    }

    private static void Check(Tool tool, ClosedCrossEntropy expected, string words)
    {
        Succeed(tool.Run(words));
        AssertClose([expected.Loss], tool.Read("out.npz", "loss"));
        AssertClose(expected.Gradient, tool.Read("out.npz", "w.gradient"));
        AssertClose(expected.Hessian, tool.Read("out.npz", "w.hessian_diagonal"));
        AssertClose(expected.Hessian, tool.Read("out.npz", "w.ggn_diagonal"));
        AssertClose(expected.Fisher, tool.Read("out.npz", "w.fisher_diagonal"));
        AssertClose(expected.PerSample, tool.Read("out.npz", "w.per_sample_gradient"));
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-12), throwIfEmpty: true);
    }

    private static void Succeed(Cli.ToolRun run) => Assert.True(run.Code == ExitCodes.Success, run.ToString());

    private static double[] Sines(int count, double step, double start) =>
        [.. Enumerable.Range(0, count).Select(i => Math.Sin(step * (i + start) + 1))];
}
