using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>An LSTM written as a Scan over steps whose number is known from the data only, through the tool as it is.</summary>
[Trait("Category", "Slow")]
public sealed class RecurrentTests
{
    private const string Quantities = "gradient,hvp,hessian-diagonal,ggn-diagonal,per-sample-gradient,per-sample-hessian-diagonal";

    /// <summary>
    /// One compiled file gives at any length what comes out where the iterations are written out, as the tool does where the data tell
    /// their number.
    /// </summary>
    [Theory]
    [InlineData("--precision model", 1e-5)]
    [InlineData("--precision float64", 1e-10)]
    public void A_file_gives_at_every_length_the_same_as_its_iterations_written_out(string precision, double tolerance)
    {
        using var tool = new Tool();
        Prepare(tool);
        var words = $"--wrt w --loss cross-entropy:logits --quantity {Quantities} {precision}";
        var augment = tool.Run($"augment @lstm.onnx -o @out.onnx {words} --dim N=3");
        Assert.True(augment.Code == ExitCodes.Success, augment.ToString());
        foreach (var steps in new[] { 1, 4 })
        {
            var data = $"--data x=@x{steps}.npy labels=@labels.npy w.direction=@direction.npy";
            var run = tool.Run($"run @out.onnx -o @file.npz {data}");
            Assert.True(run.Code == ExitCodes.Success, run.ToString());
            run = tool.Run($"run @lstm.onnx -o @whole.npz {words} {data}");
            Assert.True(run.Code == ExitCodes.Success, run.ToString());
            foreach (var quantity in Quantities.Split(','))
            {
                var member = $"w.{quantity.Replace('-', '_')}";
                Assert.All(
                    tool.Read("whole.npz", member).Zip(tool.Read("file.npz", member)),
                    pair => Assert.Equal(pair.First, pair.Second, tolerance),
                    throwIfEmpty: true
                );
            }
        }
    }

    /// <summary>
    /// The references are those of PyTorch in float64, of the sum of the losses' gradients' entries weighted by their place, and so on.
    /// </summary>
    [Theory]
    [InlineData(1, -0.04208805882474346, 0.04062266706728429)]
    [InlineData(4, 0.047852998657765385, -0.035410280883768644)]
    public void A_file_gives_at_every_length_what_PyTorch_gives(int steps, double gradient, double diagonal)
    {
        using var tool = new Tool();
        Prepare(tool);
        Assert.Equal(
            ExitCodes.Success,
            tool.Run(
                "augment @lstm.onnx -o @out.onnx --wrt w --loss cross-entropy:logits --quantity gradient,hessian-diagonal "
                    + "--precision float64"
            ).Code
        );
        Assert.Equal(ExitCodes.Success, tool.Run($"run @out.onnx -o @file.npz --data x=@x{steps}.npy labels=@labels.npy").Code);
        Assert.Equal(gradient, Weighted(tool.Read("file.npz", "w.gradient")), 1e-9);
        Assert.Equal(diagonal, Weighted(tool.Read("file.npz", "w.hessian_diagonal")), 1e-9);
    }

    [Fact]
    public void The_portable_profile_refuses_a_loop_with_a_sentence()
    {
        using var tool = new Tool();
        Prepare(tool);
        var run = tool.Run("augment @lstm.onnx -o @out.onnx --wrt w --loss cross-entropy:logits --quantity gradient --profile portable");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("needs Scan", run.Error, StringComparison.Ordinal);
    }

    private static double Weighted(double[] entries) => entries.Select((entry, index) => entry * Math.Cos(index)).Sum();

    private static void Prepare(Tool tool)
    {
        tool.Save("lstm.onnx", Lstm());
        foreach (var steps in new[] { 1, 4 })
            tool.Npy(
                $"x{steps}.npy",
                ElementType.Float32,
                [3, steps, 2],
                [.. Enumerable.Range(0, 6 * steps).Select(i => i % 7 * 0.25 - 0.75)]
            );
        tool.Npy("labels.npy", ElementType.Int64, [3], [0, 1, 1]);
        tool.Npy("direction.npy", ElementType.Float32, [2, 8], [.. Enumerable.Range(0, 16).Select(i => i % 5 * 0.5 - 1)]);
    }

    /// <summary>Gates i, o, f, c = x w + h r; c' = f c + i tanh(c), h' = o tanh(c'); logits = h v.</summary>
    private static ModelProto Lstm()
    {
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("h", 1, "N", 2), Info("c", 1, "N", 2), Info("x_t", 1, "N", 2) },
            Node =
            {
                Node("MatMul", "x_t w", "a"),
                Node("MatMul", "h r", "b"),
                Node("Add", "a b", "g"),
                Node("Split", "g", "gi go gf gc", Int("axis", 1)),
                Node("Sigmoid", "gi", "i"),
                Node("Sigmoid", "go", "o"),
                Node("Sigmoid", "gf", "f"),
                Node("Tanh", "gc", "n"),
                Node("Mul", "f c", "kept"),
                Node("Mul", "i n", "new"),
                Node("Add", "kept new", "c_next"),
                Node("Tanh", "c_next", "t"),
                Node("Mul", "o t", "h_next"),
            },
            Output = { Info("h_next", 1, "N", 2), Info("c_next", 1, "N", 2) },
        };
        return Model(
            new GraphProto
            {
                Name = "lstm",
                Input = { Info("x", 1, "N", "T", 2) },
                Output = { Info("logits", 1, "N", 2) },
                Initializer =
                {
                    Quarters("w", 2, 8),
                    Quarters("r", 2, 8),
                    Quarters("v", 2, 2),
                    new TensorProto
                    {
                        Name = "first",
                        DataType = 7,
                        Dims = { 1 },
                        Int64Data = { 0 },
                    },
                    new TensorProto
                    {
                        Name = "two",
                        DataType = 7,
                        Dims = { 1 },
                        Int64Data = { 2 },
                    },
                },
                Node =
                {
                    Node("Shape", "x", "shape"),
                    Node("Gather", "shape first", "n", Int("axis", 0)),
                    Node("Concat", "n two", "size", Int("axis", 0)),
                    Node("ConstantOfShape", "size", "zero"),
                    Node(
                        "Scan",
                        "zero zero x",
                        "last state",
                        Body("body", body),
                        Int("num_scan_inputs", 1),
                        new AttributeProto
                        {
                            Name = "scan_input_axes",
                            Type = Kind.Ints,
                            Ints = { 1 },
                        }
                    ),
                    Node("MatMul", "last v", "logits"),
                },
            },
            13
        );
    }

    /// <summary>A matrix of quarters, which float32 holds exactly.</summary>
    private static TensorProto Quarters(string name, int rows, int columns) =>
        new()
        {
            Name = name,
            DataType = 1,
            Dims = { rows, columns },
            FloatData = { Enumerable.Range(0, rows * columns).Select(index => (5 * index + columns + name[0]) % 9 * 0.25f - 1) },
        };
}
