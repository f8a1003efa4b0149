using System.Collections.Frozen;
using System.Reflection;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>All samples of all operators, found among the types of this assembly.</summary>
public static class SampleTable
{
    private static readonly FrozenDictionary<string, OperatorSample> Samples = Assembly
        .GetExecutingAssembly()
        .GetTypes()
        .Where(type => type.IsSubclassOf(typeof(OperatorSamples)) && !type.IsAbstract)
        .SelectMany(type => ((OperatorSamples)Activator.CreateInstance(type)!).All())
        .ToFrozenDictionary(sample => sample.ToString(), StringComparer.Ordinal);

    /// <summary>The sample of a name.</summary>
    internal static OperatorSample Get(string name) => Samples[name];

    /// <summary>The operators that have a sample, by domain and name.</summary>
    public static IEnumerable<(string Domain, string Name)> Operators => Samples.Values.Select(sample => (sample.Domain, sample.Operator));

    /// <summary>The names of all samples.</summary>
    public static TheoryData<string> All => [.. Samples.Keys.Order(StringComparer.Ordinal)];

    /// <summary>
    /// The samples whose outputs have no derivative, in Goldens/no-derivative.txt, each with the reason. A law of
    /// <see cref="DerivativeLaws"/> holds the list to the operators.
    /// </summary>
    internal static ApprovedList WithoutDerivative { get; } = new("no-derivative.txt", parts: 1);

    /// <summary>The names of the samples with inputs by which derivatives may be taken.</summary>
    public static TheoryData<string> Active => [.. Named(sample => !sample.RefusesDerivative && HasActive(sample))];

    /// <summary>The names of the samples with a derivative: of the <see cref="Active"/> those that are not listed without one.</summary>
    public static TheoryData<string> Differentiable => [.. Named(IsDifferentiable)];

    /// <summary>The names of the samples for which a condition holds.</summary>
    internal static TheoryData<string> Where(Func<OperatorSample, bool> condition) => [.. Named(condition)];

    /// <summary>Whether a sample has a derivative.</summary>
    internal static bool IsDifferentiable(OperatorSample sample) =>
        !sample.RefusesDerivative && HasActive(sample) && !WithoutDerivative.Contains(sample.ToString());

    /// <summary>The names of the samples whose derivative is refused.</summary>
    public static TheoryData<string> Refused => [.. Named(sample => sample.RefusesDerivative)];

    private static bool HasActive(OperatorSample sample) => sample.Inputs.Any(input => input.Role == InputRole.Active);

    private static IEnumerable<string> Named(Func<OperatorSample, bool> condition) =>
        Samples.Values.Where(condition).Select(sample => sample.ToString()).Order(StringComparer.Ordinal);
}
