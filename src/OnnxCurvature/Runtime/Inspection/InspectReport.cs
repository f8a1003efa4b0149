using System.Collections.Immutable;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Runtime.Augmentation;

namespace OnnxCurvature.Runtime.Inspection;

/// <summary>The description of a model before anything is computed.</summary>
/// <param name="Path">The file.</param>
/// <param name="IrVersion">Its IR version.</param>
/// <param name="Opset">Its opset of the default domain.</param>
/// <param name="Inputs">Name and type of each input: <c>image</c>, <c>float32[N,3,224,224]</c>.</param>
/// <param name="Outputs">Name and type of each output.</param>
/// <param name="Weights">The weights, with the method that gives their exact Hessian diagonal.</param>
/// <param name="FormulaConstants">Name and type of each constant that is no weight but a part of a formula.</param>
/// <param name="Operators">Each operator, with its domain where that is not ai.onnx, the number of its nodes, and why it cannot be taken;
/// null where it can.</param>
/// <param name="Losses">The losses that fit: <c>cross-entropy:logits</c>, each with a reason.</param>
/// <param name="Notes">One sentence each.</param>
public sealed record InspectReport(
    string Path,
    int IrVersion,
    int Opset,
    ImmutableArray<(string Name, string Type)> Inputs,
    ImmutableArray<(string Name, string Type)> Outputs,
    ImmutableArray<InspectedWeight> Weights,
    ImmutableArray<(string Name, string Type)> FormulaConstants,
    ImmutableArray<(string Name, int Count, string? Obstacle)> Operators,
    ImmutableArray<(string Loss, string Reason)> Losses,
    ImmutableArray<string> Notes
)
{
    /// <summary>The request that the file was compiled for, where it is an augmented model; null for any other.</summary>
    internal AugmentedModel? Augmented { get; init; }
}

/// <summary>A weight.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Nodes">The names of the nodes that use it, separated by commas; empty where none does.</param>
/// <param name="Type">Its type.</param>
/// <param name="Elements">The number of entries.</param>
/// <param name="Plan">How its Hessian diagonal is computed for the first fitting loss, or null where it cannot.</param>
/// <param name="Obstacle">Why it cannot; null where it can.</param>
public sealed record InspectedWeight(string Name, string Nodes, string Type, long Elements, WeightPlan? Plan, string? Obstacle);
