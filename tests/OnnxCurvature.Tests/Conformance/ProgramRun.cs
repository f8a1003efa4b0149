using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Tests.Onnx;
using Tensor = OnnxCurvature.Ir.Tensor;

namespace OnnxCurvature.Tests.Conformance;

/// <summary>Runs a program as a file on ONNX Runtime.</summary>
internal static class ProgramRun
{
    /// <summary>The outputs of a program that was made from a model, for its parameters as they are bound.</summary>
    public static Tensor[] Run(Ir.Program program, OnnxModel source, IReadOnlyDictionary<Value, Tensor> values)
    {
        var bytes = OnnxWriter.Serialize(
            program,
            Path.GetDirectoryName(source.Path)!,
            new WriteOptions { Source = source, Weights = WeightPlacement.Embed }
        );
        using var options = OrtRun.Options();
        using var session = new InferenceSession(bytes, options);
        var feeds = session
            .InputNames.Zip(program.Parameters)
            .ToDictionary(pair => pair.First, pair => Feed(values[pair.Second].CastTo(pair.Second.Type.Element)));
        try
        {
            using var run = new RunOptions();
            using var results = session.Run(run, feeds, [.. program.Outputs.Select(output => output.Name)]);
            return [.. results.Select(Read)];
        }
        finally
        {
            foreach (var feed in feeds.Values)
                feed.Dispose();
        }
    }

    /// <summary>Whether ONNX Runtime takes a file.</summary>
    public static bool Takes(string path)
    {
        try
        {
            using var options = OrtRun.Options();
            using var session = new InferenceSession(path, options);
            return true;
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
    }

    private static OrtValue Feed(Tensor tensor)
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (TensorElementType)tensor.Element, [.. tensor.Shape]);
        TensorEncoder.Encode(tensor).CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static Tensor Read(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        var decoder = new TensorDecoder(new TensorType((ElementType)info.ElementDataType, TensorShape.Of(info.Shape)));
        decoder.Decode(value.GetTensorMutableRawData(), 0);
        return decoder.Tensor;
    }
}
