using System.Collections.Immutable;

namespace OnnxCurvature.Ir;

/// <summary>A model as a graph in which values can be found by name and to which derivatives can be appended.</summary>
/// <param name="Builder">What the graph was built with.</param>
/// <param name="Inputs">What a caller feeds.</param>
/// <param name="Outputs">What the model gives out, in order.</param>
/// <param name="Values">Every value that the model names.</param>
/// <param name="Weights">The floating-point constants that the model names.</param>
public sealed record ModelGraph(
    GraphBuilder Builder,
    ImmutableArray<Value> Inputs,
    ImmutableArray<NamedValue> Outputs,
    IReadOnlyDictionary<string, Value> Values,
    ImmutableArray<Value> Weights)
{
    /// <summary>The axis along which samples lie of those inputs that hold them along another than the first.</summary>
    public ImmutableDictionary<Value, int> SampleAxes { get; init; } = ImmutableDictionary<Value, int>.Empty;
}
