using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>The batch that is checked.</summary>
/// <param name="Result">A result, by name.</param>
/// <param name="Given">A value of the model that the run gave.</param>
/// <param name="Fed">The inputs, by name.</param>
/// <param name="Expect">Takes the bytes that are about to be allocated, and may then end the check.</param>
internal sealed record CheckedBatch(
    Func<string, ResultElements> Result,
    Func<Value, OrtValue> Given,
    IReadOnlyDictionary<string, OrtValue> Fed,
    Action<long> Expect
)
{
    /// <summary>A value that was fed or given.</summary>
    public OrtValue ValueOf(Value value) => value.IsParameter ? Fed[value.Name!] : Given(value);

    /// <summary>The sizes of a value; what follows from weights alone is not given by a run.</summary>
    public long[] ShapeOf(Value value) => value.Type.Shape.IsKnown ? value.Type.Shape.Sizes : OrtTensors.Shape(ValueOf(value));
}
