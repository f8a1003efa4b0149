using System.Text;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Models of other programs are named, and what to do is said.</summary>
public sealed class ForeignFormatTests
{
    [Theory]
    [InlineData("model.pt", "anything", "a file of PyTorch")]
    [InlineData("model.H5", "anything", "a file of Keras (HDF5)")]
    [InlineData("model.safetensors", "anything", "a file of weights (safetensors)")]
    [InlineData("model.onnx", "PK\u0003\u0004rest", "an archive, as PyTorch and Keras write")]
    [InlineData("model", "\u0089HDF\r\n\u001a\n", "a file of Keras (HDF5)")]
    [InlineData("model", "\u001c\0\0\0TFL3", "a model of TensorFlow Lite")]
    public void A_model_of_another_format_is_to_be_exported(string name, string content, string format)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Holding(name, Encoding.Latin1.GetBytes(content));
        var refusal = Assert.Throws<UserErrorException>(() => OnnxModel.Load(path));
        Assert.Contains($"is {format}, and no ONNX model; export it to ONNX first", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_TensorFlow_is_known()
    {
        using var folder = new TemporaryFolder();
        folder.Holding("saved_model.pb", [1]);
        var refusal = Assert.Throws<UserErrorException>(() => OnnxModel.Load(folder.Path));
        Assert.Contains("a SavedModel of TensorFlow, and no ONNX model", refusal.Message, StringComparison.Ordinal);
    }
}
