using System.Collections.Immutable;

namespace OnnxCurvature.Benchmarks;

/// <summary>Something that is measured in turns with others that do the same.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Measure">One measurement.</param>
/// <param name="Unchecked">The name of the contender that does the same without the check of the run; null where there is none.</param>
internal sealed record Contender(string Name, Func<Measurement> Measure, string? Unchecked = null);

/// <summary>A case of the table. All contenders compute the same; ratios are to the first.</summary>
/// <param name="Name">A short name, to ask for it.</param>
/// <param name="Title">The computation and its model.</param>
/// <param name="Contenders">Who computes it.</param>
internal sealed record BenchmarkCase(string Name, string Title, ImmutableArray<Contender> Contenders);
