using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Planning;

/// <summary>The kind of a region between two cuts, by its second derivatives.</summary>
internal enum RegionKind
{
    /// <summary>Nothing: no node has a second derivative.</summary>
    Linear,

    /// <summary>Its output is a function of its input entry by entry, so it adds a diagonal.</summary>
    Elementwise,

    /// <summary>Anything else.</summary>
    General,
}

/// <summary>A value that all influence of a target on the loss passes.</summary>
/// <param name="Value">The value.</param>
/// <param name="Before">The number of nodes, of those between target and loss, up to it.</param>
/// <param name="Kind">The kind of the region between the cut before this one and this one.</param>
/// <param name="Region">The nodes there.</param>
internal sealed record Cut(Value Value, int Before, RegionKind Kind, ImmutableArray<Node> Region)
{
    /// <summary>The values that are separated together, where <see cref="Value"/> holds several side by side; else null.</summary>
    public JointCut? Joint { get; init; }

    /// <summary>Its name for users.</summary>
    public string Name =>
        Joint is null
            ? NameOf(Value)
            : $"{Joint.Values.Length} values at once: "
                + $"{string.Join(", ", Joint.Values.Take(3).Select(NameOf))}{(Joint.Values.Length > 3 ? ", …" : "")}";

    private static string NameOf(Value value) => value.Name ?? $"the output of {value.Producer}";
}
