using System.Collections.Immutable;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Tests.Methods;

/// <summary>A small model in float64, its data, and a loss: one row of the table of problems.</summary>
public sealed class Problem
{
    private readonly MersenneTwister _random;
    private readonly Dictionary<string, Value> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<Value, Tensor> _data = [];
    private readonly List<Value> _weights = [];
    private ImmutableDictionary<Value, int?> _axes = ImmutableDictionary<Value, int?>.Empty;

    public Problem(string name, int samples, bool symbolic, int seed = 1)
    {
        Name = name;
        Samples = samples;
        Batch = symbolic ? Dim.Symbol("N") : samples;
        _random = new MersenneTwister(seed);
    }

    public string Name { get; }

    public int Samples { get; }

    internal Dim Batch { get; }

    internal GraphBuilder Builder { get; } = new();

    internal LossKind Loss { get; init; } = LossKind.CrossEntropy;

    internal ImmutableArray<Value> Inputs { get; private set; } = [];

    internal Value? Output { get; set; }

    internal IReadOnlyList<Value> Weights => _weights;

    public override string ToString() => Name;

    public double Draw(double scale = 1) => Normal.Sample(_random, 0, scale);

    /// <summary>An input of samples with the given shape each.</summary>
    internal Value Input(params long[] shape) => InputAlong(0, shape);

    /// <summary>An input with the samples, of the given shape each, along an axis.</summary>
    internal Value InputAlong(int axis, params long[] shape)
    {
        var name = $"x{Inputs.Length}";
        var value = Builder.Parameter(new TensorType(ElementType.Float64, TensorShape.Of(shape).Insert(axis, Batch)), name);
        Inputs = Inputs.Add(value);
        if (axis > 0)
            _axes = _axes.Add(value, axis);
        _values[name] = value;
        _data[value] = Random(1, [.. shape[..axis], Samples, .. shape[axis..]]);
        return value;
    }

    /// <summary>A weight, sampled with the given scale.</summary>
    internal Value Weight(string name, double scale, params long[] shape)
    {
        var value = Builder.Weight(new InlineConstant(Random(scale, shape)), name);
        _values[name] = value;
        _weights.Add(value);
        return value;
    }

    internal Value Apply<T>(params Value?[] inputs)
        where T : Operator => Catalogue.Get<T>().Apply(Builder, [.. inputs]).Output;

    internal Value Apply<T>(Attributes attributes, params Value?[] inputs)
        where T : Operator => Catalogue.Get<T>().Apply(Builder, [.. inputs], attributes).Output;

    internal ModelGraph Graph() => new(Builder, Inputs, [new NamedValue("y", Output!)], _values, [.. _weights]) { SampleAxes = _axes };

    /// <summary>Data for the inputs and, sampled to fit, for the loss's target.</summary>
    internal Dictionary<Value, Tensor> Data(Value? target)
    {
        var data = new Dictionary<Value, Tensor>(_data);
        if (target is null)
            return data;
        long[] shape = [.. target.Type.Shape.Select(dim => dim.Known ?? Samples)];
        var count = (int)shape.Aggregate(1L, (a, b) => a * b);
        var random = new MersenneTwister(99);
        data[target] =
            target.Type.Element == ElementType.Int64
                ? Tensor.Of(
                    ElementType.Int64,
                    shape,
                    Enumerable.Range(0, count).Select(_ => (long)random.Next((int)Output!.Type.Shape[1].Factor)).ToArray()
                )
                : Tensor.Of(shape, Enumerable.Range(0, count).Select(_ => random.NextDouble()).ToArray());
        return data;
    }

    private Tensor Random(double scale, long[] shape)
    {
        var count = shape.Aggregate(1L, (a, b) => a * b);
        return Tensor.Of(shape, Enumerable.Range(0, (int)count).Select(_ => Draw(scale)).ToArray());
    }
}
