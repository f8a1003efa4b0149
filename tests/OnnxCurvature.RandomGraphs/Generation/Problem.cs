using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Which indices of a target's first axis are asked for.</summary>
/// <param name="Start">The first.</param>
/// <param name="End">The end, which is none of them.</param>
/// <param name="IsSingle">Whether the axis is dropped, as <c>w[2]</c> has it.</param>
internal readonly record struct TargetPart(int Start, int End, bool IsSingle)
{
    /// <summary>As <c>--wrt</c> takes it.</summary>
    public override string ToString() => IsSingle ? $"[{Start}]" : $"[{Start}:{End}]";
}

/// <summary>A graph, a loss, and what is asked for.</summary>
internal sealed record Problem
{
    public required Graph Graph { get; init; }

    public required LossKind Loss { get; init; }

    public required Reduction Reduction { get; init; }

    /// <summary>The value z that the loss is a known function of.</summary>
    public required Sketch Z { get; init; }

    /// <summary>The part of a value that z is; null where z is a value of the model.</summary>
    public OutputPart? OfPart { get; init; }

    /// <summary>Where the model computes a cross-entropy of z itself: <c>mean</c> or <c>sum</c>.</summary>
    public string? OwnCrossEntropy { get; init; }

    /// <summary>The classes, where the loss is a cross-entropy: in z's shape without axis 1, and without trailing axes of size 1.</summary>
    public ImmutableArray<long> Labels { get; init; } = [];

    /// <summary>The options for classes and labels, where there are some; else classes lie along axis 1 and all labels count.</summary>
    public ClassRules? Rules { get; init; }

    /// <summary>The axis of classes.</summary>
    public int ClassAxis => Rules?.Axis ?? 1;

    /// <summary>The target of z, where the loss takes one.</summary>
    public ImmutableArray<double> Wanted { get; init; } = [];

    public required Sketch Target { get; init; }

    public TargetPart? Part { get; init; }

    /// <summary>A second target, a weight or an input, where the block of the Hessian of both is asked for.</summary>
    public Sketch? Other { get; init; }

    /// <summary>More weights and inputs that the same quantities are asked for of, in one request.</summary>
    public ImmutableArray<Sketch> Besides { get; init; } = [];

    public required ImmutableArray<Quantity> Quantities { get; init; }

    public required Precision Precision { get; init; }

    /// <summary>Whether it is said along which axes samples lie.</summary>
    public required bool DeclaresSamples { get; init; }

    /// <summary>Whether a run computes a few entries a second time, as it does where nothing else is said.</summary>
    public required bool Checks { get; init; }

    /// <summary>Samples in a batch of a run; null for what the tool takes.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Bytes for one chunk, so few that there are several; null for plenty.</summary>
    public long? ChunkBytes { get; init; }

    /// <summary>The threads of a run by the engine; with several of them chunks run side by side.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Whether products of directions leave out what masks make zero; null for where that is expected to be faster.</summary>
    public bool? MasksProducts { get; init; }

    /// <summary>The opset that a file is asked for in; null for what the tool takes.</summary>
    public int? FileOpset { get; init; }

    /// <summary>Whether the weights lie in a file beside that of the model, as those of large models do.</summary>
    public bool HasWeightsBeside { get; init; }

    /// <summary>Whether ONNX Runtime optimizes a run's sessions as it does those of large networks.</summary>
    public bool OptimizesSmallNodes { get; init; }

    /// <summary>Whether plans are made before the number of samples is known.</summary>
    public bool PlansForAnySize { get; init; }

    /// <summary>How a program is run besides by the managed interpreter.</summary>
    public required Execution Execution { get; init; }

    /// <summary>The seed of directions and cotangents.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The target as <c>--wrt</c> takes it.</summary>
    public string TargetName => Target.Name + Part?.ToString();

    /// <summary>The targets as <c>--wrt</c> takes them.</summary>
    public ImmutableArray<string> TargetNames =>
        Other is { } other ? [TargetName, other.Name] : [TargetName, .. Besides.Select(target => target.Name)];

    /// <summary>The same for each target alone, this one first.</summary>
    public IEnumerable<Problem> EachTarget => [this, .. Besides.Select(target => this with { Target = target, Part = null, Besides = [] })];

    /// <summary>The name of a result.</summary>
    public string ResultName(Quantity quantity) =>
        quantity.OutputName(quantity == Quantity.CrossHessian ? string.Join(',', TargetNames) : TargetName);

    /// <summary>The axes along which samples lie, where that is said: null for an input that holds none.</summary>
    public ImmutableDictionary<string, int?> SampleAxes =>
        Graph
            .Inputs.Where(input => DeclaresSamples && input.Name[0] == 'x')
            .ToImmutableDictionary(input => input.Name, input => input.SampleAxis < 0 ? (int?)null : input.SampleAxis);

    /// <summary>
    /// Whether the documentation leaves no doubt which data are samples: they lie along first axes, or it is said along which.
    /// </summary>
    public bool HasKnownSamples => DeclaresSamples || IsPlain;

    /// <summary>Whether samples lie along the first axis of all inputs, and along the first axis of z by themselves.</summary>
    public bool IsPlain =>
        Graph.Inputs.All(input => input.SampleAxis == 0 || input.Shape.Length == 0)
        && Z.Layout is { SampleAxis: 0 } layout
        && layout.Axes[0].Length == 1;

    /// <summary>The shape of the labels: z without its classes and, of classes along axis 1, without trailing axes of 1.</summary>
    public int[] LabelShape
    {
        get
        {
            if (ClassAxis != 1)
                return Z.Layout.Remove(ClassAxis).Shape;
            var positions = Z.Shape[2..];
            return [Z.Shape[0], .. positions.All(size => size == 1) ? [] : positions];
        }
    }
}

/// <summary>How a program is run.</summary>
public enum Execution
{
    /// <summary>By the managed interpreter only.</summary>
    Managed,

    /// <summary>As the tool does, on ONNX Runtime, over batches.</summary>
    Engine,

    /// <summary>As a file that is written to be run once.</summary>
    SingleRun,

    /// <summary>As a file of the portable profile.</summary>
    Portable,
}
