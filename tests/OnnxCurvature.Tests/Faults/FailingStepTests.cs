using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Report;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Faults;

/// <summary>
/// Whatever step of writing fails, and in whatever way, the old file is whole or the new one is, and nothing else is left.
/// </summary>
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
        var source = Path.Combine(Repository.Root, "testmodels", "resnet_small.onnx");
        Augment(source, path, Quantity.Gradient, new AugmentOptions());
        var old = Contents();
        Augment(source, path, Quantity.HessianDiagonal, new AugmentOptions());
        var whole = Contents();
        Assert.NotEqual(old["a.onnx"], whole["a.onnx"]);
        Assert.Contains(old.Keys, name => name.EndsWith(".data", StringComparison.Ordinal));
        FailAtEachStep(
            failure,
            () => Restore(old),
            files => Augment(source, path, Quantity.HessianDiagonal, new AugmentOptions { Files = files }),
            () =>
            {
                var now = Contents();
                var expected = now["a.onnx"].SequenceEqual(old["a.onnx"]) ? old : whole;
                foreach (var (name, bytes) in expected)
                    Assert.Equal(bytes, now[name]);
            }
        );
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
            Assert.True(thrown is null or UserErrorException || ReferenceEquals(thrown, failure), $"{thrown}");
            if (!files.HasFailed)
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
                WithRespectTo = ["stem.conv.weight"],
                Loss = LossRequest.Parse("cross-entropy"),
                Quantities = [quantity],
            },
            path,
            options
        );

    private static CurvatureResult Result(double number) =>
        new(
            [
                new ResultTensor("loss", ElementType.Float32, [], [number]),
                new ResultTensor("w.gradient", ElementType.Float32, [3], [number, 2, 3]),
            ],
            1,
            1,
            ImmutableDictionary<string, double>.Empty,
            0
        );
}
