using OnnxCurvature.Files;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>A model and the weights beside it change in one step.</summary>
public sealed class ModelFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Digest(char digit) => new(digit, 64);

    private string WeightsOf(char digit) => _folder.File($"m.onnx.{new string(digit, 16)}.data");

    [Fact]
    public void Until_the_model_is_committed_the_old_model_and_its_own_weights_stay()
    {
        Write('a', [1]);
        using (var files = new ModelFiles(_folder.File("m.onnx"), SystemFiles.Instance))
        {
            files.WriteWeights(stream => Put(stream, [2], 'b'));
            files.WriteModel(stream => stream.Write([2]));
        }
        Assert.Equal([1], File.ReadAllBytes(_folder.File("m.onnx")));
        Assert.Equal([1], File.ReadAllBytes(WeightsOf('a')));
        Assert.Equal(2, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public void Once_the_new_model_stands_the_old_weights_are_removed_and_files_of_others_stay()
    {
        var foreign = _folder.Holding("m.onnx.notes.data", [9]);
        Write('a', [1]);
        Write('b', [2]);
        Assert.Equal(
            new[] { _folder.File("m.onnx"), WeightsOf('b'), foreign }.Order(StringComparer.Ordinal),
            Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal)
        );
        Assert.Equal([2], File.ReadAllBytes(WeightsOf('b')));
    }

    private void Write(char digit, byte[] contents)
    {
        using var files = new ModelFiles(_folder.File("m.onnx"), SystemFiles.Instance);
        Assert.Equal(Path.GetFileName(WeightsOf(digit)), files.WriteWeights(stream => Put(stream, contents, digit)));
        files.WriteModel(stream => stream.Write(contents));
        files.Commit(CancellationToken.None);
    }

    private string Put(Stream stream, byte[] contents, char digit)
    {
        stream.Write(contents);
        return Digest(digit);
    }
}
