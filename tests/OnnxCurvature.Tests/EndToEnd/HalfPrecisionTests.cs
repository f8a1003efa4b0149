using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>
/// Models whose weights, inputs and outputs have 16 bits, z = tanh(x W + b) V with the cross-entropy of z, against closed forms in
/// double for the numbers that the files hold.
/// </summary>
[Trait("Category", "Slow")]
public sealed class HalfPrecisionTests : IDisposable
{
    private const int Samples = 5;
    private const int Size = 4;
    private const string Data = "--data x=@x.npy labels=@labels.npy";
    private static readonly int[] Labels = [0, 1, 2, 3, 1];

    private readonly Tool _tool = new();

    /// <summary>Files: of 16-bit floats throughout, and with a head in float32 behind a cast, as mixed precision has it.</summary>
    public static TheoryData<ElementType, bool> Files =>
        new()
        {
            { ElementType.Float16, false },
            { ElementType.Float16, true },
            { ElementType.BFloat16, false },
            { ElementType.BFloat16, true },
        };

    [Theory, MemberData(nameof(Files))]
    public void Derivatives_are_those_of_the_numbers_in_the_file(ElementType type, bool mixed)
    {
        Save(type, mixed);
        foreach (var (precision, tolerance) in new[] { ("model", 1e-5), ("float64", 1e-12) })
        {
            Run($"run @half.onnx -o @o.npz --wrt w x b --loss cross-entropy --precision {precision} {Data}");
            CheckAll("o.npz", type, tolerance);
            using var reader = NpzReader.Open(_tool["o.npz"]);
            Assert.All(
                reader.Names,
                name => Assert.Equal(precision == "model" ? ElementType.Float32 : ElementType.Float64, reader.Read(name).Element),
                throwIfEmpty: true
            );
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void An_augmented_file_runs_here_and_keeps_its_inputs_and_outputs(ElementType type, bool mixed)
    {
        Save(type, mixed);
        Run("augment @half.onnx -o @more.onnx --wrt w x b --loss cross-entropy");
        Run($"run @more.onnx -o @o.npz {Data}");
        CheckAll("o.npz", type, 1e-5);
        using var session = new InferenceSession(_tool["more.onnx"], OrtRun.Options());
        Assert.Equal((TensorElementType)type, session.InputMetadata["x"].ElementDataType);
        Assert.Equal(mixed ? TensorElementType.Float : (TensorElementType)type, session.OutputMetadata["z"].ElementDataType);
        Assert.Equal(TensorElementType.Float, session.OutputMetadata["w.hessian_diagonal"].ElementDataType);
    }

    [Fact]
    public void ONNX_Runtime_itself_runs_an_augmented_file_of_float16()
    {
        Save(ElementType.Float16, mixed: false);
        Run("augment @half.onnx -o @more.onnx --wrt w --loss cross-entropy");
        using var x = OrtValue.CreateTensorValueFromMemory(X.Select(number => (Float16)(float)number).ToArray(), [Samples, Size]);
        using var labels = OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(Labels, label => (long)label), [Samples]);
        var results = OrtRun.Run(
            _tool["more.onnx"],
            new Dictionary<string, OrtValue> { ["x"] = x, ["labels"] = labels },
            ["w.gradient", "w.hessian_diagonal"]
        );
        var (gradient, diagonal, _) = Expected(ElementType.Float16, "w");
        Close(gradient, Array.ConvertAll(results[0].GetTensorDataAsSpan<float>().ToArray(), number => (double)number), 1e-5);
        Close(diagonal, Array.ConvertAll(results[1].GetTensorDataAsSpan<float>().ToArray(), number => (double)number), 1e-5);
    }

    [Fact]
    public void Data_of_float16_and_of_float32_are_taken_alike()
    {
        Save(ElementType.Float16, mixed: false);
        _tool.Npy("narrow.npy", ElementType.Float16, [Samples, Size], X);
        Run($"run @half.onnx -o @wide.npz --wrt w --loss cross-entropy {Data}");
        Run("run @half.onnx -o @narrow.npz --wrt w --loss cross-entropy --data x=@narrow.npy labels=@labels.npy");
        Assert.Equal(_tool.Read("wide.npz", "w.hessian_diagonal"), _tool.Read("narrow.npz", "w.hessian_diagonal"));
    }

    [Theory, MemberData(nameof(Files))]
    public void Other_quantities_and_losses_are_taken(ElementType type, bool mixed)
    {
        Save(type, mixed);
        _tool.Npy("target.npy", ElementType.Float32, [Samples, Size], [.. X.Select(Math.Sin)]);
        _tool.Npy("direction.npy", ElementType.Float32, [Size, Size], [.. Enumerable.Range(0, Size * Size).Select(i => Math.Cos(i))]);
        Run("run @half.onnx -o @mse.npz --wrt w x --loss mse --data x=@x.npy target=@target.npy");
        Run("run @half.onnx -o @hvp.npz --wrt w --loss sum --quantity hvp,jacobian --data x=@x.npy w.direction=@direction.npy");
        var verified = Run("verify @half.onnx --wrt w x --loss mse --data x=@x.npy target=@target.npy");
        Assert.Contains(" agree.", verified, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_the_model_gives_out_in_float16_is_a_result_in_float32()
    {
        Save(ElementType.Float16, mixed: false, lossOfModel: true);
        Run("run @half.onnx -o @o.npz --wrt w --loss value:loss --data x=@x.npy");
        Run("augment @half.onnx -o @more.onnx --wrt w --loss value:loss");
        Run("run @more.onnx -o @file.npz --data x=@x.npy");
        Close(_tool.Read("o.npz", "w.hessian_diagonal"), _tool.Read("file.npz", "w.hessian_diagonal"), 1e-5);
        Close(_tool.Read("o.npz", "loss"), _tool.Read("file.npz", "loss_2"), 1e-5);
    }

    /// <inheritdoc/>
    public void Dispose() => _tool.Dispose();

    private static double[] X { get; } =
    [.. Enumerable.Range(0, Samples * Size).Select(i => Rounded(ElementType.BFloat16, Math.Sin(3 * i + 1)))];

    private static double[] W(ElementType type) =>
        [.. Enumerable.Range(0, Size * Size).Select(i => Rounded(type, 0.6 * Math.Cos(2 * i + 1)))];

    private static double[] B(ElementType type) => [.. Enumerable.Range(0, Size).Select(i => Rounded(type, 0.3 * Math.Cos(5 * i)))];

    private static double[] V(ElementType type) =>
        [.. Enumerable.Range(0, Size * Size).Select(i => Rounded(type, 0.7 * Math.Sin(7 * i + 2)))];

    /// <summary>A number of a type: of bfloat16, which is the upper half of float32, one near enough.</summary>
    private static double Rounded(ElementType type, double number) =>
        type == ElementType.Float16
            ? (double)(Half)number
            : BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits((float)number) & 0xFFFF0000);

    private void Save(ElementType type, bool mixed, bool lossOfModel = false)
    {
        var element = (int)type;
        var head = mixed ? 1 : element;
        var graph = new GraphProto
        {
            Name = "half",
            Input = { Info("x", element, "N", Size) },
            Output = { Info("z", head, "N", Size) },
            Initializer =
            {
                Half16("w", type, W(type), Size, Size),
                Half16("b", type, B(type), Size),
                mixed ? Weight("v", [Size, Size], i => V(type)[i]) : Half16("v", type, V(type), Size, Size),
            },
            Node = { Node("MatMul", "x w", "xw"), Node("Add", "xw b", "h"), Node("Tanh", "h", "t") },
        };
        if (mixed)
            graph.Node.Add(Node("Cast", "t", "wide", Int("to", 1)));
        graph.Node.Add(Node("MatMul", mixed ? "wide v" : "t v", "z"));
        if (lossOfModel)
        {
            graph.Node.Add(Node("ReduceMean", "z", "loss", Int("keepdims", 0)));
            graph.Output.Add(Info("loss", element));
        }
        _tool.Save("half.onnx", Model(graph));
        _tool.Npy("x.npy", ElementType.Float32, [Samples, Size], X);
        _tool.Npy("labels.npy", ElementType.Int64, [Samples], [.. Labels.Select(label => (double)label)]);
    }

    private static TensorProto Half16(string name, ElementType type, double[] values, params long[] dims) =>
        new()
        {
            Name = name,
            DataType = (int)type,
            Dims = { dims },
            RawData = ByteString.CopyFrom([
                .. values.SelectMany(value =>
                    BitConverter.GetBytes(
                        type == ElementType.Float16
                            ? BitConverter.HalfToUInt16Bits((Half)value)
                            : (ushort)(BitConverter.SingleToUInt32Bits((float)value) >> 16)
                    )
                ),
            ]),
        };

    private string Run(string words)
    {
        var run = _tool.Run(words);
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        return run.Output;
    }

    private void CheckAll(string file, ElementType type, double tolerance)
    {
        foreach (var target in new[] { "w", "x", "b" })
        {
            var (gradient, diagonal, loss) = Expected(type, target);
            Close(gradient, _tool.Read(file, $"{target}.gradient"), tolerance);
            Close(diagonal, _tool.Read(file, $"{target}.hessian_diagonal"), tolerance);
            Close([loss], _tool.Read(file, "loss"), tolerance);
        }
    }

    /// <summary>
    /// The loss and its derivatives. With gₖ = ∂L/∂hₖ and Hₖₗ = ∂²L/∂hₖ∂hₗ at h = x W + b of one sample: ∂L/∂Wⱼₖ = xⱼ gₖ and ∂²L/∂Wⱼₖ²
    /// = xⱼ² Hₖₖ; ∂²L/∂xⱼ² = Σₖₗ Wⱼₖ Wⱼₗ Hₖₗ.
    /// </summary>
    private static (double[] Gradient, double[] Diagonal, double Loss) Expected(ElementType type, string target)
    {
        var (w, b, v) = (W(type), B(type), V(type));
        var count = target switch
        {
            "w" => Size * Size,
            "x" => Samples * Size,
            _ => Size,
        };
        var (gradient, diagonal, loss) = (new double[count], new double[count], 0.0);
        var axis = Enumerable.Range(0, Size).ToArray();
        for (var n = 0; n < Samples; n++)
        {
            double[] x = X[(n * Size)..((n + 1) * Size)];
            double[] t = [.. axis.Select(k => Math.Tanh(b[k] + axis.Sum(j => x[j] * w[j * Size + k])))];
            double[] z = [.. axis.Select(c => axis.Sum(k => t[k] * v[k * Size + c]))];
            var total = z.Sum(Math.Exp);
            double[] p = [.. z.Select(logit => Math.Exp(logit) / total)];
            loss += (Math.Log(total) - z[Labels[n]]) / Samples;
            double[] ct = [.. axis.Select(k => axis.Sum(c => v[k * Size + c] * (p[c] - (c == Labels[n] ? 1 : 0))))];
            double[] mean = [.. axis.Select(k => axis.Sum(c => v[k * Size + c] * p[c]))];
            double Slope(int k) => 1 - t[k] * t[k];
            double Hessian(int k, int l) =>
                Slope(k) * Slope(l) * (axis.Sum(c => p[c] * v[k * Size + c] * v[l * Size + c]) - mean[k] * mean[l])
                - (k == l ? 2 * t[k] * Slope(k) * ct[k] : 0);
            for (var k = 0; k < Size; k++)
            for (var j = 0; j < Size; j++)
            {
                var at = target switch
                {
                    "w" => j * Size + k,
                    "x" => n * Size + j,
                    _ => k,
                };
                var share = target == "b" ? 1.0 / Size : 1;
                gradient[at] +=
                    share
                    * ct[k]
                    * Slope(k)
                    * (
                        target switch
                        {
                            "w" => x[j],
                            "x" => w[j * Size + k],
                            _ => 1,
                        }
                    )
                    / Samples;
                diagonal[at] +=
                    share
                    * (
                        target == "x"
                            ? axis.Sum(l => w[j * Size + k] * w[j * Size + l] * Hessian(k, l))
                            : (target == "w" ? x[j] * x[j] : 1) * Hessian(k, k)
                    )
                    / Samples;
            }
        }
        return (gradient, diagonal, loss);
    }

    private static void Close(double[] expected, double[] actual, double tolerance)
    {
        var size = Math.Sqrt(expected.Sum(number => number * number));
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(
            Math.Sqrt(expected.Zip(actual, (one, other) => (one - other) * (one - other)).Sum()) <= tolerance * size,
            $"[{string.Join(", ", expected)}] expected, [{string.Join(", ", actual)}] found"
        );
    }
}
