using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Models that a program gives as a stream or from memory, whose temporary files are nobody's concern.</summary>
public sealed class ModelOfBytesTests
{
    private static readonly string Network = Path.Combine(Repository.Root, "testmodels", "vgg16_narrow.onnx");

    [Theory]
    [InlineData("This is no model.", "The stream is no ONNX model", "The model in memory is no ONNX model")]
    [InlineData("", "The stream is empty.", "The model in memory is empty.")]
    public void An_error_names_the_stream_or_the_memory(string text, string ofStream, string ofMemory)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        using var stream = new MemoryStream(bytes);
        Assert.StartsWith(ofStream, Assert.Throws<UserErrorException>(() => CurvatureModel.Load(stream)).Message, StringComparison.Ordinal);
        var inMemory = Assert.Throws<UserErrorException>(() => CurvatureModel.Load(bytes.AsMemory()));
        Assert.StartsWith(ofMemory, inMemory.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Later_errors_name_them_too()
    {
        using var tool = new Tool();
        using var model = CurvatureModel.Load(File.ReadAllBytes(tool["model.onnx"]).AsMemory());
        var dimensions = System.Collections.Immutable.ImmutableDictionary<string, long>.Empty.Add("M", 3);
        var error = Assert.Throws<UserErrorException>(() => model.Inspect(dimensions, cancellation: TestContext.Current.CancellationToken));
        Assert.StartsWith("The model in memory has no symbolic dimension 'M'", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The folder of temporary files is above that of the model, to which a file there could refer.</summary>
    [Fact]
    public void A_written_file_does_not_refer_to_the_temporary_one()
    {
        var path = Path.Combine(Path.GetTempPath(), $"onnx-curvature-test-{Guid.NewGuid():N}.onnx");
        try
        {
            using (var stream = File.OpenRead(Network))
            using (var model = CurvatureModel.Load(stream))
            {
                var request = new CurvatureRequest
                {
                    WithRespectTo = ["fc8.bias"],
                    Loss = LossRequest.CrossEntropy,
                    Quantities = [Quantity.Gradient],
                };
                model.Augment(request, path);
            }
            using var written = CurvatureModel.Load(path);
            var data = new Dictionary<string, CurvatureArray>
            {
                ["image"] = CurvatureArray.FromFile(Path.Combine(Repository.Root, "testmodels", "vgg16_narrow.image.npy")),
                ["labels"] = CurvatureArray.FromFile(Path.Combine(Repository.Root, "testmodels", "vgg16_narrow.labels.npy")),
            };
            Assert.NotEmpty(written.Run(null, data, cancellation: TestContext.Current.CancellationToken)["fc8.bias"].Gradient.Values);
        }
        finally
        {
            File.Delete(path);
            File.Delete(path + ".data");
        }
    }
}
