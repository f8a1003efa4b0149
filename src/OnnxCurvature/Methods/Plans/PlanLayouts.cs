using System.Collections.Immutable;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Plans;

/// <summary>Where samples lie in what a program takes and computes.</summary>
/// <param name="Inputs">The layouts of the model's inputs, of the loss's target, of directions and of cotangents, by name.</param>
/// <param name="Added">The names of those inputs that are directions or cotangents.</param>
/// <param name="Results">The layouts of what was asked for, by the names of <see cref="Requests.Quantities.OutputName"/>.</param>
internal sealed record PlanLayouts(
    ImmutableDictionary<string, SampleLayout> Inputs,
    ImmutableHashSet<string> Added,
    ImmutableDictionary<string, SampleLayout> Results
);
