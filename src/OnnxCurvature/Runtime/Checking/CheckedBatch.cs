using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>The batch that is checked.</summary>
/// <param name="Result">A result, by name: its elements and shape.</param>
/// <param name="Given">A value of the model that the run gave.</param>
/// <param name="Fed">What was fed, by name.</param>
internal sealed record CheckedBatch(
    Func<string, (double[] Values, long[] Shape)> Result,
    Func<Value, OrtValue> Given,
    IReadOnlyDictionary<string, OrtValue> Fed
);
