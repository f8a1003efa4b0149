using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Reading;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>Asks ONNX Runtime for the types of values: it infers them when it loads a model, contributed operators included.</summary>
internal sealed class OrtShapeOracle : IShapeOracle
{
    /// <inheritdoc/>
    public string? Refusal { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorType> TypesOf(byte[] model)
    {
        // Its log holds names of the file, and would go to the terminal.
        OrtEnvironment.Start(null);
        var types = new Dictionary<string, TensorType>(StringComparer.Ordinal);
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        try
        {
            using var session = new InferenceSession(model, options);
            foreach (var (name, output) in session.OutputMetadata)
                // Of a scalar it says the same as of a value whose rank it does not know.
                if (
                    output.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR
                    && output.Dimensions.Length > 0
                    && Element(output.ElementDataType) is { } element
                )
                    types[name] = new TensorType(
                        element,
                        [.. output.Dimensions.Select((size, axis) => Size(name, axis, size, output.SymbolicDimensions[axis]))]
                    );
        }
        catch (OnnxRuntimeException exception)
        {
            Refusal = $"ONNX Runtime says '{exception.Message.Trim()}'";
        }
        return types;
    }

    private static Dim Size(string name, int axis, int size, string symbol) =>
        size >= 0 ? size
        : symbol is { Length: > 0 } ? Dim.Symbol(symbol)
        : Dim.OfData($"{name}_{axis}");

    private static ElementType? Element(TensorElementType element) =>
        Enum.IsDefined((ElementType)element) && element != TensorElementType.DataTypeMax ? (ElementType)element : null;
}
