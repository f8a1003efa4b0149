using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Report;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Report;

/// <summary>The file of a result.</summary>
public sealed class ResultFileTests
{
    private static readonly CurvatureResult Result = new(
        [
            new ResultTensor("loss", ElementType.Float32, [], (double[])[0.25]),
            new ResultTensor("a/b.weight[0:2].gradient", ElementType.Float32, [2, 2], (double[])[1, -2, 3.5, 0]),
            new ResultTensor("w.hessian_diagonal", ElementType.Float64, [1, 3], (double[])[1e-300, 2, -3]),
        ],
        4,
        2,
        ImmutableDictionary<string, double>.Empty,
        0
    );

    [Fact]
    public void Tensors_are_read_back_as_they_were()
    {
        using var folder = new TemporaryFolder();
        ResultFile.Write(folder.File("out.npz"), Result, TestContext.Current.CancellationToken);
        using var file = NpzReader.Open(folder.File("out.npz"));
        Assert.Equal(Result.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), file.Names.Order(StringComparer.Ordinal));
        foreach (var tensor in Result.Tensors)
        {
            var array = file.Read(tensor.Name);
            Assert.Equal(tensor.Element, array.Element);
            Assert.Equal(tensor.Shape, array.Shape);
            Assert.Equal(tensor.Values, array.ToDoubles());
        }
    }

    [Fact]
    public void An_interrupted_file_leaves_what_was_there()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Holding("out.npz", [1, 2, 3]);
        Assert.Throws<OperationCanceledException>(() => ResultFile.Write(path, Result, new CancellationToken(canceled: true)));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Asking_whether_a_file_can_be_written_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Holding("out.npz", [1, 2, 3]);
        ResultFile.CheckWritable(path);
        ResultFile.CheckWritable(folder.File("other.npz"));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_reported_before_the_work()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(
            "does not exist",
            Assert.Throws<UserErrorException>(() => ResultFile.CheckWritable(folder.File("none/out.npz"))).Message
        );
        Assert.Contains("is a folder", Assert.Throws<UserErrorException>(() => ResultFile.CheckWritable(folder.Path)).Message);
    }
}
