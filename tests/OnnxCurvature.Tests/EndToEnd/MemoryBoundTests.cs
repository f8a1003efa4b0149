using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>The bound that --memory sets, held against what a process of its own takes: several networks, three sizes of each.</summary>
[Trait("Category", "Slow")]
public sealed partial class MemoryBoundTests : IDisposable
{
    private const int Blocks = 6;
    private const int Channels = 32;
    private const int Size = 48;
    private const int Pooled = 128;
    private const int Classes = 300;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Convolutions: every value of a direction takes 288 KiB, and 128 directions are pulled back twice, so that all values of one of the
    /// two ways would take some 450 MiB more than those that are needed at a time.
    /// </summary>
    [Theory, InlineData(320), InlineData(450), InlineData(700)]
    public Task A_run_that_pulls_pairs_of_directions_back_keeps_within_the_bound(int mebibytes)
    {
        Save(Chain(), ("x", Image()), ("labels", NpyArray.Of(ElementType.Int64, [1], [7])));
        return KeepsWithin(mebibytes, "--wrt w0 --quantity hessian-diagonal", "x", "labels");
    }

    /// <summary>
    /// A batch of 2,048 small samples. Six channels take as much as sixteen while ONNX Runtime convolves them, so one convolution of four
    /// directions writes 128 MiB.
    /// </summary>
    [Theory, InlineData(600), InlineData(700), InlineData(900)]
    public Task A_run_with_many_small_samples_in_a_batch_keeps_within_the_bound(int mebibytes)
    {
        const int Samples = 2048;
        Save(
            Chain(blocks: 3, channels: 6, size: 16, pooled: 10, classes: 5),
            ("x", Images(Samples, 6, 16)),
            ("labels", Labels(Samples, 5))
        );
        return KeepsWithin(mebibytes, $"--wrt w0 --quantity hessian-diagonal --batch-size {Samples} --no-check", "x", "labels");
    }

    /// <summary>A matrix of 3,072 by 3,072 entries, which takes 36 MiB, and twice as much while it is added up.</summary>
    [Theory, InlineData(360), InlineData(420), InlineData(500)]
    public Task A_run_for_a_whole_Hessian_keeps_within_the_bound(int mebibytes)
    {
        Save(Dense(32, 96, 50), ("x", Rows(64, 32)), ("labels", Labels(64, 50)));
        return KeepsWithin(mebibytes, "--wrt w0 --quantity hessian --batch-size 64", "x", "labels");
    }

    /// <summary>
    /// Data of 122 MiB, of which a batch takes 4 MiB. Runs of it took 154 to 214 MiB on a busy machine, by when garbage is collected; near
    /// that a run may be stopped.
    /// </summary>
    [Theory, InlineData(230), InlineData(250), InlineData(300)]
    public Task A_run_over_many_samples_keeps_within_the_bound(int mebibytes)
    {
        const int Samples = 1_000_000;
        var rows = new NpyArray(ElementType.Float32, [Samples, 32], new byte[sizeof(float) * Samples * 32]);
        Save(Dense(32, 8, 4), ("x", rows), ("labels", Labels(Samples, 4)));
        return KeepsWithin(mebibytes, "--wrt w0 --quantity gradient --batch-size 32768", "x", "labels");
    }

    /// <summary>
    /// One sample and a matrix of 32 MiB, whose results are made when weights, values and sessions are gone. Were these counted at once, as
    /// for several batches, the least would be 576 MiB.
    /// </summary>
    [Theory, InlineData(350), InlineData(400), InlineData(500)]
    public Task A_run_of_one_sample_whose_results_are_large_keeps_within_a_bound_that_they_fit(int mebibytes)
    {
        Save(Dense(8192, 1024, 1024), ("x", Rows(1, 8192)), ("labels", Labels(1, 1024)));
        return KeepsWithin(mebibytes, "--wrt w0 --quantity loss,gradient,hessian-diagonal", "x", "labels");
    }

    private void Save(ModelProto model, params (string Name, NpyArray Array)[] data)
    {
        File.WriteAllBytes(_folder.File("model.onnx"), model.ToByteArray());
        foreach (var (name, array) in data)
            NpyWriter.Write(_folder.File($"{name}.npy"), array);
    }

    private async Task KeepsWithin(int mebibytes, string words, params string[] data)
    {
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "onnx-curvature.dll"),
            "run",
            _folder.File("model.onnx"),
            "-o",
            _folder.File("out.npz"),
            "--loss",
            "cross-entropy",
            "--memory",
            $"{mebibytes}M",
            .. words.Split(' '),
            "--data",
            .. data.Select(name => $"{name}={_folder.File($"{name}.npy")}"),
        ];
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await errors);
        var peak = double.Parse(PeakLine().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(peak <= mebibytes, $"The process took {peak} MiB, and {mebibytes} were allowed.");
    }

    private static NpyArray Rows(int samples, int size) =>
        NpyArray.Of(ElementType.Float32, [samples, size], [.. Enumerable.Range(0, samples * size).Select(i => Math.Sin(i))]);

    private static NpyArray Labels(int samples, int classes) =>
        NpyArray.Of(ElementType.Int64, [samples], [.. Enumerable.Range(0, samples).Select(i => (double)(i % classes))]);

    /// <summary>Dense layers with a hyperbolic tangent between them.</summary>
    private static ModelProto Dense(int size, int hidden, int classes) =>
        Model(
            new GraphProto
            {
                Name = "dense",
                Input = { Info("x", 1, "N", size) },
                Output = { Info("z", 1, "N", classes) },
                Initializer = { Weights("w0", size, hidden), Weights("w1", hidden, classes) },
                Node = { Node("MatMul", "x w0", "h"), Node("Tanh", "h", "t"), Node("MatMul", "t w1", "z") },
            }
        );

    [GeneratedRegex(@"peak memory ([0-9.]+) MiB")]
    private static partial Regex PeakLine();

    /// <summary>An image for it.</summary>
    internal static NpyArray Image() => Images(1, Channels, Size);

    /// <summary>Images for such a network.</summary>
    internal static NpyArray Images(int samples, int channels, int size) =>
        NpyArray.Of(
            ElementType.Float32,
            [samples, channels, size, size],
            [.. Enumerable.Range(0, samples * channels * size * size).Select(i => Math.Sin(i))]
        );

    /// <summary>Convolutions and rectifiers, a mean over all positions, and by default more classes than channels.</summary>
    internal static ModelProto Chain(
        int blocks = Blocks,
        int channels = Channels,
        int size = Size,
        int pooled = Pooled,
        int classes = Classes
    )
    {
        var graph = new GraphProto
        {
            Name = "chain",
            Input = { Info("x", 1, "N", channels, size, size) },
            Output = { Info("z", 1, "N", classes) },
        };
        for (var block = 0; block <= blocks; block++)
        {
            var outputs = block == blocks ? pooled : channels;
            graph.Initializer.Add(Weights($"w{block}", outputs, channels, 3, 3));
            graph.Node.Add(
                Node(
                    "Conv",
                    $"{(block == 0 ? "x" : $"r{block - 1}")} w{block}",
                    $"c{block}",
                    new AttributeProto
                    {
                        Name = "auto_pad",
                        Type = AttributeProto.Types.AttributeType.String,
                        S = ByteString.CopyFromUtf8("SAME_UPPER"),
                    }
                )
            );
            graph.Node.Add(Node("Relu", $"c{block}", $"r{block}"));
        }
        graph.Initializer.Add(Weights("v", pooled, classes));
        graph.Node.Add(Node("GlobalAveragePool", $"r{blocks}", "pooled"));
        graph.Node.Add(Node("Flatten", "pooled", "flat"));
        graph.Node.Add(Node("MatMul", "flat v", "z"));
        return Model(graph);
    }

    private static TensorProto Weights(string name, params long[] dims)
    {
        var count = (int)dims.Aggregate(1L, (a, b) => a * b);
        var bytes = Enumerable.Range(0, count).SelectMany(index => BitConverter.GetBytes(0.08f * MathF.Sin(index))).ToArray();
        return new TensorProto
        {
            Name = name,
            DataType = 1,
            Dims = { dims },
            RawData = ByteString.CopyFrom(bytes),
        };
    }
}
