using System.Collections.Immutable;
using System.Text;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// Inputs and outputs of a file in the layout of ONNX's own backend tests, by which any runtime can be checked: <c>input_k.pb</c> in the
/// order of the file's inputs, <c>output_k.pb</c> in that of its outputs, in <c>test_data_set_0</c>.
/// </summary>
internal static class TestVectors
{
    private const long SymbolicSize = 2;

    /// <summary>
    /// Writes them. Inputs are random, made from their names: standard normal numbers, classes below the number of classes, and zeros for
    /// other integers. Dimensions that are not known are two. Outputs are what ONNX Runtime gives. Throws <see cref="UserErrorException"/>
    /// where the file does not run on such inputs.
    /// </summary>
    public static void Write(string path, string folder)
    {
        var model = OnnxModel.Load(path, new LoadOptions { KeepLoops = true, Oracle = new OrtShapeOracle() });
        var labels = AugmentedMetadata.Read(model.Metadata)?.Labels;
        var place = Path.Combine(folder, "test_data_set_0");
        try
        {
            Directory.CreateDirectory(place);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The folder '{place}' cannot be made: {exception.Message.TrimEnd('.')}.");
        }
        var inputs = model.Inputs.Select(input => Input(input, labels?.Input == input.Name ? labels!.Classes : 1)).ToImmutableArray();
        for (var index = 0; index < inputs.Length; index++)
            TensorFile.Write(Path.Combine(place, $"input_{index}.pb"), model.Inputs[index].Name!, inputs[index]);
        OrtEnvironment.Start(null);
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        try
        {
            using var session = new InferenceSession(path, options);
            var feeds = inputs.Select(OrtTensors.Of).ToArray();
            using var run = new RunOptions();
            using var outputs = session.Run(run, [.. model.Inputs.Select(input => input.Name!)], feeds, session.OutputNames);
            foreach (var feed in feeds)
                feed.Dispose();
            for (var index = 0; index < outputs.Count; index++)
                TensorFile.Write(Path.Combine(place, $"output_{index}.pb"), session.OutputNames[index], Output(outputs[index]));
        }
        catch (OnnxRuntimeException exception)
        {
            throw new UserErrorException(
                $"The file does not run on test data with {SymbolicSize} for sizes that are not known; give sizes with --dim. ONNX Runtime "
                    + $"says '{exception.Message.Trim()}'."
            );
        }
    }

    private static Tensor Input(Value input, long classes)
    {
        long[] shape = [.. input.Type.Shape.Select(Size)];
        var count = (int)shape.Aggregate(1L, (product, size) => product * size);
        var seed = BitConverter.ToInt32(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(input.Name!)));
        var random = new MersenneTwister(seed);
        if (!input.Type.Element.HoldsFloats())
            return Tensor.Of(input.Type.Element, shape, [.. Enumerable.Range(0, count).Select(_ => (long)random.Next((int)classes))]);
        var numbers = new double[count];
        Normal.Samples(random, numbers, 0, 1);
        return Tensor.Of(ElementType.Float64, shape, numbers).CastTo(input.Type.Element);
    }

    private static long Size(Dim dim) => dim.Symbols.Aggregate(dim.Factor, (product, _) => checked(product * SymbolicSize));

    private static Tensor Output(OrtValue value)
    {
        var element = (ElementType)value.GetTensorTypeAndShape().ElementDataType;
        var shape = OrtTensors.Shape(value);
        return element switch
        {
            ElementType.Int64 => Tensor.Of(element, shape, value.GetTensorDataAsSpan<long>().ToArray()),
            ElementType.Int32 => Tensor.Of(element, shape, [.. value.GetTensorDataAsSpan<int>().ToArray().Select(number => (long)number)]),
            ElementType.Bool => Tensor.Of(element, shape, [.. value.GetTensorDataAsSpan<bool>().ToArray().Select(holds => holds ? 1L : 0)]),
            _ => Tensor.Of(ElementType.Float64, shape, OrtTensors.Doubles(value)).CastTo(element),
        };
    }
}
