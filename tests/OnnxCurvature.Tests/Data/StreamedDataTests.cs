using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.EndToEnd;
using Xunit;

namespace OnnxCurvature.Tests.Data;

/// <summary>Data are read batch by batch, each while the one before runs, and never as a whole.</summary>
[Trait("Category", "Slow")]
public sealed class StreamedDataTests
{
    /// <summary>The first batch runs until the read of the second one has begun, which must therefore not wait for it.</summary>
    [Fact]
    public void The_next_batch_is_read_while_one_runs()
    {
        using var tool = new Tool();
        using var second = new ManualResetEventSlim();
        var awaited = 0;
        var x = new WatchedArray(
            NpyArray.Of(ElementType.Float32, [8, 3], [.. Enumerable.Range(0, 24).Select(index => Math.Sin(index))]),
            start => Set(start)
        );
        var run = CurvatureEngine.Prepare(
            tool["model.onnx"],
            new CurvatureRequest { WithRespectTo = ["w"], Loss = LossRequest.CrossEntropy },
            new Dictionary<string, DataSource>
            {
                ["x"] = DataSource.Of(new NpyArray(x)),
                ["labels"] = DataSource.Of(NpyArray.Of(ElementType.Int64, [8], [0, 1, 0, 0, 1, 1, 0, 1])),
            },
            new CurvatureRunOptions { BatchSize = 4, Check = false }
        );
        second.Reset();
        run.Run(new ReportedTo(Await), TestContext.Current.CancellationToken);
        Assert.True(awaited > 0);

        void Set(long start)
        {
            if (start == 4)
                second.Set();
        }

        void Await(RunProgress progress)
        {
            if (!progress.Message.StartsWith("batch 1 of 2", StringComparison.Ordinal))
                return;
            awaited++;
            Assert.True(second.Wait(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken), "The second batch was not read.");
        }
    }

    /// <summary>2 GiB, four times the bound: files of zeros that take no room on the disk.</summary>
    [Fact]
    public void Memory_does_not_grow_with_the_data()
    {
        using var tool = new Tool();
        const long Samples = 1024;
        const long Parts = 4;
        const int Width = 1 << 17;
        tool.Save("wide.onnx", Wide(Width));
        Directory.CreateDirectory(tool["wide"]);
        for (var part = 0; part < Parts; part++)
        {
            using var file = File.Create(tool[$"wide/x-{part}.npy"]);
            file.Write(NpyHeader.Format(ElementType.Float32, [Samples, Width]));
            file.SetLength(file.Length + Samples * Width * sizeof(float));
        }
        var start = new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "onnx-curvature.dll"),
                .. $"run {tool["wide.onnx"]} -o {tool["o.npz"]} --wrt w --loss sum --quantity loss,gradient --batch-size 64 ".Split(
                    ' ',
                    StringSplitOptions.RemoveEmptyEntries
                ),
                "--memory",
                "500M",
                "--data",
                $"x={tool["wide"]}",
            ]
        )
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == ExitCodes.Success, text);
        using var about = ZipFile.OpenRead(tool["o.npz"]);
        using var reader = new StreamReader(about.GetEntry("about.json")!.Open());
        using var json = JsonDocument.Parse(reader.ReadToEnd());
        var peak = json.RootElement.GetProperty("peak_memory_bytes").GetInt64();
        TestContext.Current.SendDiagnosticMessage($"2 GiB of data: peak {peak >> 20} MiB");
        Assert.InRange(peak, 1, 500_000_000);
        Assert.Equal(Samples * Parts, json.RootElement.GetProperty("samples").GetInt64());
    }

    private static ModelProto Wide(int width) =>
        Onnx.ModelBytes.Model(
            new GraphProto
            {
                Name = "wide",
                Input = { Onnx.ModelBytes.Info("x", 1, "N", width) },
                Output = { Onnx.ModelBytes.Info("z", 1, "N", 2) },
                Initializer = { Onnx.ModelBytes.Floats("w", width, 2) },
                Node = { Onnx.ModelBytes.Node("MatMul", "x w", "z") },
            }
        );

    /// <summary>An array that reports where each slice that is read begins.</summary>
    private sealed class WatchedArray(NpyArray array, Action<long> read) : IArraySource
    {
        public ElementType Element => array.Element;

        public IReadOnlyList<long> Shape => array.Shape;

        public NpyArray ReadSlice(int axis, long start, long end)
        {
            read(start);
            return array.Slice(axis, start, end);
        }

        public NpyArray ReadAll() => array;
    }
}
