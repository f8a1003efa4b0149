using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Tests.Laws;
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
        return RuntimeProgram.Run(session, program, values);
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
}
