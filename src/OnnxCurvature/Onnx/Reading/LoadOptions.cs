using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>How a model is loaded.</summary>
internal sealed record LoadOptions
{
    /// <summary>Sizes of symbolic dimensions, by name.</summary>
    public IReadOnlyDictionary<string, long> Dims { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>
    /// Values of inputs, by name, that become constants: for shapes, axes and counts that a model takes as inputs although what it computes
    /// can be inferred only when they are known.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> Fixed { get; init; } = ImmutableDictionary<string, Tensor>.Empty;

    /// <summary>
    /// Along which axis of inputs, by name, samples lie, where that is not to be found out: null for an input that holds none.
    /// </summary>
    public IReadOnlyDictionary<string, int?> SampleAxes { get; init; } = ImmutableDictionary<string, int?>.Empty;

    /// <summary>
    /// Whether nodes whose types cannot be inferred are left out, with all that depends on them, instead of the model being refused.
    /// </summary>
    public bool Partial { get; init; }

    /// <summary>
    /// The values that are asked for, by name, where null stands for the model's first output: nodes whose types cannot be inferred are
    /// left out as long as none of these depends on them. Empty where all of the model is needed.
    /// </summary>
    public ImmutableArray<string?> Asked { get; init; } = [];

    /// <summary>In which type the model is computed.</summary>
    public Precision Precision { get; init; }

    /// <summary>
    /// Names, or patterns of names, of values that derivatives are taken by. Their numbers are those of the file, whatever they may
    /// have been rounded from.
    /// </summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>
    /// Whether quantization within the model counts as the identity in derivatives, where it is rounding, of which the derivative is zero.
    /// </summary>
    public bool StraightThrough { get; init; }

    /// <summary>
    /// Whether loops stay loops where they can, as is best for what is run and not differentiated, instead of becoming the nodes of their
    /// iterations.
    /// </summary>
    public bool KeepLoops { get; init; }

    /// <summary>The most that loading may take, counted before it is spent.</summary>
    public WorkLimits Limits { get; init; } = new();

    /// <summary>The oracle that infers the types that the catalogue does not know, or null for nobody.</summary>
    public IShapeOracle? Oracle { get; init; }
}
