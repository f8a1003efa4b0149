using System.Collections.Immutable;
using Google.Protobuf;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Report;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Data;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Faults;

/// <summary>
/// Whatever step of writing or allocating fails, and in whatever way, the old file is whole or the new one is, and nothing else is left.
/// </summary>
[Trait("Category", "Slow")]
public sealed class FailingStepTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<Exception> Failures =>
        [new IOException("broken"), new UnauthorizedAccessException(), new InsufficientMemoryException()];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_result_is_whole_whatever_step_fails(Exception failure)
    {
        var path = _folder.File("o.npz");
        ResultFile.Write(path, Result(1), TestContext.Current.CancellationToken);
        var old = File.ReadAllBytes(path);
        ResultFile.Write(path, Result(2), TestContext.Current.CancellationToken);
        var whole = File.ReadAllBytes(path);
        Assert.NotEqual(old, whole);
        FailAtEachStep(
            failure,
            () => File.WriteAllBytes(path, old),
            files => ResultFile.Write(path, Result(2), files, CancellationToken.None),
            () => Assert.True(File.ReadAllBytes(path) is var now && (now.SequenceEqual(old) || now.SequenceEqual(whole)))
        );
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void An_augmented_model_and_its_weights_are_of_one_kind_whatever_step_fails(Exception failure)
    {
        var path = _folder.File("a.onnx");
        using var models = new TemporaryFolder();
        var source = Layer().Save(models);
        Augment(source, path, Quantity.Gradient, new AugmentOptions());
        var old = Contents();
        Augment(source, path, Quantity.HessianDiagonal, new AugmentOptions());
        var whole = Contents();
        Assert.NotEqual(old["a.onnx"], whole["a.onnx"]);
        Assert.Contains(old.Keys, name => name.EndsWith(".data", StringComparison.Ordinal));
        FailAtEachStep(
            failure,
            () => Restore(old),
            files =>
                Augment(
                    source,
                    path,
                    Quantity.HessianDiagonal,
                    new AugmentOptions
                    {
                        Files = files,
                        LoadLimits = new WorkLimits { Allocating = files.Allocate },
                    }
                ),
            () =>
            {
                var now = Contents();
                var expected = now["a.onnx"].SequenceEqual(old["a.onnx"]) ? old : whole;
                foreach (var (name, bytes) in expected)
                    Assert.Equal(bytes, now[name]);
            }
        );
    }

    /// <summary>
    /// A whole run that keeps a checkpoint after each batch, over an earlier result: it goes on from what it kept, to the same bits.
    /// </summary>
    [Theory]
    [MemberData(nameof(Failures))]
    public void A_run_keeps_whole_files_whatever_step_fails_and_goes_on_to_the_same_bits(Exception failure)
    {
        var (path, kept) = (_folder.File("o.npz"), _folder.File("o.kept"));
        var expected = Run(kept, null);
        ResultFile.Write(path, Result(1), TestContext.Current.CancellationToken);
        var old = File.ReadAllBytes(path);
        var resumed = 0;
        FailAtEachStep(
            failure,
            () => File.WriteAllBytes(path, old),
            files => ResultFile.Write(path, Run(kept, files), files, CancellationToken.None),
            () =>
            {
                var now = File.ReadAllBytes(path);
                if (!now.SequenceEqual(old))
                    AssertHolds(expected, path);
                if (File.Exists(kept))
                    resumed++;
                ResumedRunTests.AssertSame(expected, Run(kept, null));
                Assert.False(File.Exists(kept));
            }
        );
        Assert.True(resumed > 3);
    }

    /// <summary>Two processes at one place: at each step of one write, a whole other one comes in between.</summary>
    [Fact]
    public void A_model_has_its_own_weights_whenever_another_is_written_to_its_place()
    {
        var path = _folder.File("a.onnx");
        using var models = new TemporaryFolder();
        var source = Layer().Save(models);
        var others = new Dictionary<string, string>(StringComparer.Ordinal) { ["same"] = source, ["other"] = Changed(source) };
        Augment(source, path, Quantity.Gradient, new AugmentOptions { Embed = true });
        foreach (var other in others.Values)
        {
            Augment(other, path, Quantity.Gradient, new AugmentOptions());
            var theirs = Contents();
            Augment(source, path, Quantity.HessianDiagonal, new AugmentOptions());
            var ours = Contents();
            for (var (step, isReached) = (0, true); isReached; step++)
            {
                var files = new FailingFiles(step, () => Augment(other, path, Quantity.Gradient, new AugmentOptions()));
                Augment(source, path, Quantity.HessianDiagonal, new AugmentOptions { Files = files });
                isReached = files.IsReached;
                var now = Contents();
                var expected = now["a.onnx"].SequenceEqual(theirs["a.onnx"]) ? theirs : ours;
                foreach (var (name, bytes) in expected)
                    Assert.Equal(bytes, now[name]);
            }
            // The last write had no rival, so it left nothing of others.
            Assert.Equal(ours.Keys.Order(StringComparer.Ordinal), Contents().Keys.Order(StringComparer.Ordinal));
        }
    }

    /// <summary>tanh(x w), with a weight that is large enough for a file of its own.</summary>
    private static ModelProto Layer()
    {
        var graph = Graph(Node("MatMul", "x w", "h"), Node("Tanh", "h", "y"));
        graph.Output[0] = Info("y", 1, "N", 400);
        graph.Initializer.Add(Floats("w", 3, 400));
        return Model(graph);
    }

    /// <summary>The same model with other weights.</summary>
    private string Changed(string source)
    {
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(source));
        foreach (var weight in model.Graph.Initializer.Where(weight => weight.DataType == 1 && weight.RawData.Length > 0))
        {
            var bytes = weight.RawData.ToByteArray();
            bytes[0] ^= 1;
            weight.RawData = ByteString.CopyFrom(bytes);
        }
        return _folder.Holding("other.onnx", model.ToByteArray());
    }

    /// <summary>Two processes at one checkpoint and one result: a whole run, or a run that is interrupted, comes in between.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void Runs_that_share_a_checkpoint_and_a_result_give_the_bits_of_one(bool isInterrupted)
    {
        var (path, kept) = (_folder.File("o.npz"), _folder.File("o.kept"));
        var expected = Run(kept, null);
        for (var (step, isReached) = (0, true); isReached; step++)
        {
            var files = new FailingFiles(step, Rival);
            var result = Run(kept, files);
            ResultFile.Write(path, result, files, CancellationToken.None);
            isReached = files.IsReached;
            ResumedRunTests.AssertSame(expected, result);
            AssertHolds(expected, path);
            File.Delete(kept);
            Assert.Equal([path], Directory.GetFiles(_folder.Path));
        }

        void Rival()
        {
            var other = Record.Exception(() =>
                ResultFile.Write(path, Run(kept, isInterrupted ? new FailingFiles(12, new IOException()) : null), CancellationToken.None)
            );
            Assert.True(isInterrupted || other is null, $"{other}");
        }
    }

    private static void AssertHolds(CurvatureResult expected, string path)
    {
        using var written = NpzReader.Open(path);
        foreach (var tensor in expected.Tensors)
            Assert.Equal(tensor.Values.Select(value => (double)(float)value), written.Read(tensor.Name).ToDoubles());
    }

    private static CurvatureResult Run(string kept, FailingFiles? files)
    {
        var data = new Dictionary<string, DataSource>
        {
            ["features"] = DataSource.Of(NpyArray.Of(ElementType.Float32, [5, 7], [.. Enumerable.Range(0, 35).Select(i => Math.Sin(i))])),
            ["labels"] = DataSource.Of(NpyArray.Of(ElementType.Int64, [5], [0, 1, 2, 3, 0])),
        };
        var faults = new PlantedFaults();
        if (files is not null)
            faults = faults with { Files = files, Allocating = files.Allocate };
        return CurvatureEngine
            .Prepare(
                Path.Combine(Repository.Root, "testmodels", "mlp.onnx"),
                new CurvatureRequest
                {
                    WithRespectTo = ["fc2.weight"],
                    Loss = LossRequest.Parse("cross-entropy"),
                    Quantities = [Quantity.Gradient, Quantity.HessianDiagonal],
                },
                data,
                new CurvatureRunOptions
                {
                    BatchSize = 3,
                    CheckpointPath = kept,
                    CheckpointInterval = TimeSpan.Zero,
                    Resumes = true,
                    LoadLimits = files is null ? new WorkLimits() : new WorkLimits { Allocating = files.Allocate },
                    Faults = faults,
                }
            )
            .Run(null, CancellationToken.None);
    }

    /// <summary>Lets the first step fail, then the second, until all have.</summary>
    private void FailAtEachStep(Exception failure, Action prepare, Action<FailingFiles> write, Action check)
    {
        for (var step = 0; ; step++)
        {
            prepare();
            var files = new FailingFiles(step, failure);
            var thrown = Record.Exception(() => write(files));
            check();
            Assert.True(thrown is null or UserErrorException or OutOfMemoryException || ReferenceEquals(thrown, failure), $"{thrown}");
            if (!files.IsReached)
            {
                Assert.Null(thrown);
                Assert.True(step > 3);
                break;
            }
        }
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), path => path.EndsWith(".partial", StringComparison.Ordinal));
    }

    private Dictionary<string, byte[]> Contents() =>
        Directory.GetFiles(_folder.Path).ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes, StringComparer.Ordinal);

    private void Restore(Dictionary<string, byte[]> contents)
    {
        foreach (var path in Directory.GetFiles(_folder.Path))
            File.Delete(path);
        foreach (var (name, bytes) in contents)
            File.WriteAllBytes(_folder.File(name), bytes);
    }

    private static void Augment(string source, string path, Quantity quantity, AugmentOptions options) =>
        CurvatureEngine.Augment(
            source,
            new CurvatureRequest
            {
                WithRespectTo = ["w"],
                Loss = LossRequest.Parse("mse"),
                Quantities = [quantity],
            },
            path,
            options
        );

    private static CurvatureResult Result(double number) =>
        new(
            [
                new ResultTensor("loss", ElementType.Float32, [], (double[])[number]),
                new ResultTensor("w.gradient", ElementType.Float32, [3], (double[])[number, 2, 3]),
            ],
            1,
            1,
            ImmutableDictionary<string, double>.Empty,
            0
        );
}
