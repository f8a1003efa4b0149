using System.Collections.Immutable;

namespace OnnxCurvature.Ir;

/// <summary>A model as a graph in which values can be found by name and to which derivatives can be appended.</summary>
/// <param name="Builder">The builder of the graph.</param>
/// <param name="Inputs">The inputs that a caller feeds.</param>
/// <param name="Outputs">The outputs of the model, in order.</param>
/// <param name="Values">Every value that the model names.</param>
/// <param name="Weights">The floating-point constants that the model names and uses as weights.</param>
internal sealed record ModelGraph(
    GraphBuilder Builder,
    ImmutableArray<Value> Inputs,
    ImmutableArray<NamedValue> Outputs,
    IReadOnlyDictionary<string, Value> Values,
    ImmutableArray<Value> Weights
)
{
    /// <summary>
    /// The other floating-point constants that the model names, which are parts of formulas: patterns do not find them, and their own
    /// names do.
    /// </summary>
    public ImmutableArray<Value> FormulaConstants { get; init; } = [];

    /// <summary>
    /// Where the samples of a batch lie in those inputs that do not hold them along their first axis: the axis, or null for an input that
    /// holds no samples.
    /// </summary>
    public ImmutableDictionary<Value, int?> SampleAxes { get; init; } = ImmutableDictionary<Value, int?>.Empty;
}
