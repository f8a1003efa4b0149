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
    public static OperatorSample Get(string name) => Samples[name];

    /// <summary>The operators that have a sample, by domain and name.</summary>
    public static IEnumerable<(string Domain, string Name)> Operators => Samples.Values.Select(sample => (sample.Domain, sample.Operator));

    /// <summary>The names of all samples.</summary>
    public static TheoryData<string> All => [.. Samples.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The names of the samples at which derivatives are taken.</summary>
    public static TheoryData<string> Differentiable => [.. Named(sample => !sample.RefusesDerivative && HasActive(sample))];

    /// <summary>The names of the samples whose derivative is refused.</summary>
    public static TheoryData<string> Refused => [.. Named(sample => sample.RefusesDerivative)];

    private static bool HasActive(OperatorSample sample) => sample.Inputs.Any(input => input.Role == InputRole.Active);

    private static IEnumerable<string> Named(Func<OperatorSample, bool> condition) =>
        Samples.Values.Where(condition).Select(sample => sample.ToString()).Order(StringComparer.Ordinal);
}
