using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>The node tests that ONNX publishes, where Debian's package libonnx-testdata is installed.</summary>
[Trait("Category", "Slow")]
public sealed class PublishedModelTests
{
    [Fact]
    public void Models_of_the_published_tests_give_the_same_outputs_after_a_round_trip()
    {
        using var folder = new TemporaryFolder();
        PublishedOutcomes.Check("published-round-trips.txt", path => RoundTrip(path, folder.File("model.onnx")));
    }

    private static string? RoundTrip(string path, string copy)
    {
        OnnxModel model;
        try
        {
            model = OnnxModel.Load(path, new LoadOptions { Oracle = new OrtShapeOracle() });
            OnnxWriter.Write(model.Program, copy, new WriteOptions { Source = model });
        }
        catch (UserErrorException exception)
        {
            return "refused: " + exception.Message;
        }
        if (model.Notes.Any(note => note.Contains("random", StringComparison.Ordinal)))
            return "samples random numbers";
        var data = Path.Combine(Path.GetDirectoryName(path)!, "test_data_set_0");
        using var session = Open(path);
        if (session is null)
            return "not run by ONNX Runtime";
        var inputs = new Dictionary<string, OrtValue>();
        try
        {
            foreach (var (name, index) in session.InputNames.Select((name, index) => (name, index)))
                if (File.Exists(Path.Combine(data, $"input_{index}.pb")))
                    inputs[name] = TensorFile.Read(Path.Combine(data, $"input_{index}.pb"));
                else
                    inputs[name] = TensorFile.Zeros(session.InputMetadata[name]);
            IReadOnlyList<OrtValue> expected;
            try
            {
                expected = OrtRun.Run(session, inputs);
            }
            catch (OnnxRuntimeException)
            {
                return "not run by ONNX Runtime";
            }
            return TensorFile.Same(expected, OrtRun.Run(copy, inputs, session.OutputNames)) is { } difference ? "differs: " + difference
                : model.UnknownNodes.IsEmpty ? null
                : "same with unknown operators";
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or NotSupportedException)
        {
            return exception is NotSupportedException ? "no tensors"
                : !model.UnknownNodes.IsEmpty && model.Opset < OpsetRange.Lowest ? "unknown operators of an older opset"
                : "differs: " + exception.Message;
        }
        finally
        {
            foreach (var value in inputs.Values)
                value.Dispose();
        }
    }

    private static InferenceSession? Open(string path)
    {
        try
        {
            return new InferenceSession(path, OrtRun.Options());
        }
        catch (OnnxRuntimeException)
        {
            return null;
        }
    }
}
