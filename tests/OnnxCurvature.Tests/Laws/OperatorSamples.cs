using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws;

/// <summary>
/// The samples of one operator. A subclass is found by reflection; its name is that of the operator and <c>Samples</c>. The
/// data are the same in every run.
/// </summary>
internal abstract class OperatorSamples
{
    private readonly Random _random = new(20);

    /// <summary>The operator's name.</summary>
    public virtual string Operator => GetType().Name[..^"Samples".Length];

    /// <summary>The operator's domain.</summary>
    public virtual string Domain => "";

    /// <summary>The samples.</summary>
    public abstract IEnumerable<OperatorSample> All();

    /// <summary>A sample of this operator.</summary>
    protected OperatorSample Sample(string name, params SampleInput[] inputs) => new(Operator, name, [.. inputs]) { Domain = Domain };

    /// <summary>Numbers of either sign, of magnitude 0.2 to 1.7.</summary>
    protected Tensor Any(params long[] shape) => Fill(shape, () => (_random.Next(2) * 2 - 1) * (0.2 + 1.5 * _random.NextDouble()));

    /// <summary>Numbers from 0.2 to 1.7.</summary>
    protected Tensor Positive(params long[] shape) => Between(0.2, 1.7, shape);

    /// <summary>Numbers between two bounds.</summary>
    protected Tensor Between(double low, double high, params long[] shape) => Fill(shape, () => low + (high - low) * _random.NextDouble());

    /// <summary>
    /// Numbers of either sign that differ from one another by at least 0.25, in random order: for what depends on their order.
    /// </summary>
    protected Tensor Distinct(params long[] shape)
    {
        var count = shape.Aggregate(1L, (a, b) => a * b);
        var values = Enumerable.Range(0, (int)count).Select(i => 0.3 * (i - count / 2) + 0.11 + 0.05 * _random.NextDouble()).ToArray();
        _random.Shuffle(values);
        return Tensor.Of(shape, values);
    }

    /// <summary>64-bit integers from 0 to, not including, a bound.</summary>
    protected Tensor Integers(long bound, params long[] shape)
    {
        var values = new long[shape.Aggregate(1L, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
            values[i] = _random.NextInt64(bound);
        return Tensor.Of(ElementType.Int64, shape, values);
    }

    /// <summary>Truth values.</summary>
    protected Tensor Truths(params long[] shape) => Tensor.Of(ElementType.Bool, shape, Integers(2, shape).Integers);

    /// <summary>A tensor with these elements.</summary>
    protected static Tensor Values(long[] shape, params double[] elements) => Tensor.Of(shape, elements);

    /// <summary>A vector of 64-bit integers.</summary>
    protected static Tensor Vector(params long[] elements) => Tensor.Vector(elements);

    /// <summary>An input that is a parameter without a derivative.</summary>
    protected static SampleInput Fixed(Tensor value) => new(value, InputRole.Fixed);

    /// <summary>An input that is a constant.</summary>
    protected static SampleInput Constant(Tensor value) => new(value, InputRole.Constant);

    /// <summary>An optional input that is left out.</summary>
    protected static SampleInput Absent { get; } = new(Tensor.Scalar(ElementType.Float64, 0), InputRole.Absent);

    private static Tensor Fill(long[] shape, Func<double> next)
    {
        var values = new double[shape.Aggregate(1L, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
            values[i] = next();
        return Tensor.Of(shape, values);
    }
}
