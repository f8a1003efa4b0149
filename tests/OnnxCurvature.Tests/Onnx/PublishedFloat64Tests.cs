using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Passes;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>
/// The models that ONNX publishes, computed in float64, give in double what they give in their own types, or are refused.
/// </summary>
[Trait("Category", "Slow")]
public sealed class PublishedFloat64Tests
{
    private const double Tolerance = 1e-4;

    [Fact]
    public void Published_models_give_the_same_in_float64()
    {
        using var folder = new TemporaryFolder();
        PublishedOutcomes.Check("published-float64.txt", path => Compare(path, folder.File("model.onnx")));
    }

    private static string? Compare(string path, string copy)
    {
        OnnxModel model;
        try
        {
            model = OnnxModel.Load(path, new LoadOptions { Precision = Precision.Float64, Oracle = new OrtShapeOracle() });
            if (!model.UnknownNodes.IsEmpty)
                return "holds operators that nobody knows";
            if (!Float64Lowering.HoldsFloat64(model.Program))
                return "holds no floats";
            OnnxWriter.Write(new Float64Lowering(ExecutionProvider.Cpu).Run(model.Program), copy, new WriteOptions { Source = model });
        }
        catch (UserErrorException exception)
        {
            return "refused: " + exception.Message;
        }
        if (model.Notes.Any(note => note.Contains("random", StringComparison.Ordinal)))
            return "samples random numbers";
        var data = Path.Combine(Path.GetDirectoryName(path)!, "test_data_set_0");
        var inputs = new Dictionary<string, OrtValue>();
        try
        {
            using var session = new InferenceSession(path, OrtRun.Options());
            foreach (var (index, name) in session.InputNames.Index())
                inputs[name] = File.Exists(Path.Combine(data, $"input_{index}.pb"))
                    ? TensorFile.Read(Path.Combine(data, $"input_{index}.pb"))
                    : TensorFile.Zeros(session.InputMetadata[name]);
            var expected = OrtRun.Run(session, inputs);
            try
            {
                var wide = model.Inputs.ToDictionary(
                    input => input.Name!,
                    input => OrtTensors.Of(Array(inputs[input.Name!]), input.Type.Element)
                );
                return Difference(expected, OrtRun.Run(copy, wide, session.OutputNames)) is { } difference
                    ? "differs: " + difference
                    : null;
            }
            catch (OnnxRuntimeException exception)
            {
                return "differs: " + exception.Message;
            }
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or NotSupportedException)
        {
            return "not run by ONNX Runtime as it is";
        }
    }

    private static string? Difference(IReadOnlyList<OrtValue> expected, IReadOnlyList<OrtValue> actual)
    {
        for (var index = 0; index < expected.Count; index++)
        {
            var (a, b) = (Array(expected[index]), Array(actual[index]));
            if (a.Element.IsFloat() && b.Element != ElementType.Float64)
                return $"output {index} is of {b.Element.DisplayName()}";
            if (!a.Shape.SequenceEqual(b.Shape))
                return $"output {index} has the shape [{string.Join(",", b.Shape)}] and not [{string.Join(",", a.Shape)}]";
            var (x, y) = (a.ToDoubles(), b.ToDoubles());
            // A number that is rounded to an integer may fall to either side where float32 is at a tie.
            var tolerance = a.Element is ElementType.Int8 or ElementType.UInt8
                ? 1
                : (a.Element == ElementType.Float16 ? 30 : 1)
                    * Tolerance
                    * x.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
            for (var i = 0; i < x.Length; i++)
                if (!x[i].Equals(y[i]) && !(Math.Abs(x[i] - y[i]) <= tolerance))
                    return $"output {index} has {y[i]:R} at {i}, and not {x[i]:R}";
        }
        return null;
    }

    private static NpyArray Array(OrtValue value)
    {
        if (value.OnnxType != OnnxValueType.ONNX_TYPE_TENSOR)
            throw new NotSupportedException();
        var info = value.GetTensorTypeAndShape();
        var element = (ElementType)info.ElementDataType;
        return element is ElementType.BFloat16 || element.Size() == 0
            ? throw new NotSupportedException()
            : new NpyArray(element, info.Shape, value.GetTensorMutableRawData().ToArray());
    }
}
