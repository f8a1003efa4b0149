using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Tests.Laws;

/// <summary>The program of one node that a sample describes, and the means to evaluate what is built upon it.</summary>
internal sealed class SampleProgram
{
    private readonly Random _random = new(7);

    /// <summary>
    /// Builds the node; all floating-point values have the element type <paramref name="element"/>, and dimensions of
    /// parameters of the size <paramref name="symbolic"/> are the symbol N.
    /// </summary>
    public SampleProgram(OperatorSample sample, ElementType element = ElementType.Float64, long? symbolic = null)
    {
        Sample = sample;
        var inputs = ImmutableArray.CreateBuilder<Value?>();
        foreach (var input in sample.Inputs)
        {
            var tensor =
                input.Value.Element == ElementType.Float64 && input.Role != InputRole.Absent ? input.Value.CastTo(element) : input.Value;
            if (input.Role == InputRole.Absent)
                inputs.Add(null);
            else if (input.Role == InputRole.Constant)
                inputs.Add(Builder.Constant(tensor));
            else
            {
                inputs.Add(
                    Builder.Parameter(
                        tensor.Type with
                        {
                            Shape = [.. tensor.Shape.Select(size => size == symbolic ? Dim.Symbol("N") : size)],
                        },
                        $"input{inputs.Count}"
                    )
                );
                Values[inputs[^1]!] = tensor;
            }
        }
        var op = Catalogue.Find(sample.Domain, sample.Operator)
            ?? throw new InvalidOperationException($"There is no operator {sample.Operator}.");
        var types = sample.Types.IsDefault
            ? default
            : sample.Types.Select(type => type.Element == ElementType.Float64 ? type with { Element = element } : type).ToImmutableArray();
        Node = op.Apply(Builder, inputs.ToImmutable(), sample.Attributes, sample.Outputs, types);
        Active = [.. Node.Inputs.Where((input, index) => sample.Inputs[index].Role == InputRole.Active)!];
        Differentiable = [.. Node.Outputs.Where(output => output.Type.Element.IsFloat())];
    }

    /// <summary>The sample.</summary>
    public OperatorSample Sample { get; }

    /// <summary>Where the node is built.</summary>
    internal GraphBuilder Builder { get; } = new();

    /// <summary>The node.</summary>
    internal Node Node { get; }

    /// <summary>The inputs with respect to which derivatives are taken.</summary>
    internal ImmutableArray<Value> Active { get; }

    /// <summary>The floating-point outputs.</summary>
    internal ImmutableArray<Value> Differentiable { get; }

    /// <summary>The values of the parameters.</summary>
    internal Dictionary<Value, Tensor> Values { get; } = [];

    /// <summary>The inputs of the node, as its evaluation takes them.</summary>
    public ImmutableArray<Tensor?> Inputs =>
        [
            .. Node.Inputs.Select(input =>
                input is null ? null
                : Values.TryGetValue(input, out var value) ? value
                : input.Constant!.Read()
            ),
        ];

    /// <summary>A random tensor of a value's type, which must be a floating-point type.</summary>
    internal Tensor RandomLike(Value value) => RandomOf(value.Type.Shape.Sizes);

    /// <summary>A random tensor of a shape, with elements from -1 to 1.</summary>
    public Tensor RandomOf(ReadOnlySpan<long> shape)
    {
        var tensor = Tensor.Filled(ElementType.Float64, shape, 0);
        foreach (ref var element in tensor.Floats.AsSpan())
            element = 2 * _random.NextDouble() - 1;
        return tensor;
    }

    /// <summary>Binds a value to a tensor.</summary>
    internal Value Bind(Value value, Tensor tensor)
    {
        Values[value] = tensor;
        return value;
    }

    /// <summary>The tangents of the outputs and the cotangents of the active inputs, for random ones; null where these are zero.</summary>
    internal (IReadOnlyList<Value?> Tangents, IReadOnlyList<Value?> Cotangents) Derivatives()
    {
        var linear = Builder.Linearize(Active, Differentiable);
        for (var index = 0; index < linear.Inputs.Length; index++)
            Bind(linear.Inputs[index], RandomLike(Active[index]));
        return (
            linear.Outputs,
            linear.Transpose(Builder, [.. Differentiable.Select(output => Bind(Builder.Parameter(output.Type), RandomLike(output)))])
        );
    }

    /// <summary>
    /// The tensors of some values, for the parameters as they are bound; zeros of the shape of <paramref name="like"/> for one that is
    /// null.
    /// </summary>
    internal Tensor[] Evaluate(IReadOnlyList<Value?> outputs, IReadOnlyList<Value> like)
    {
        var values = new Dictionary<Value, Tensor>(Values);
        Interpreter.Run(GraphWalk.Ancestors(outputs.Where(output => output is not null)!), values);
        return
        [
            .. outputs.Select(
                (output, index) =>
                    output is null ? Tensor.Filled(ElementType.Float64, like[index].Type.Shape.Sizes, 0)
                    : values.TryGetValue(output, out var tensor) ? tensor
                    : output.Constant!.Read()
            ),
        ];
    }

    /// <summary>
    /// The derivative of <paramref name="function"/> at step 0 along tangents of the active inputs, by differences of sixth order.
    /// </summary>
    public Tensor[] Differences(IReadOnlyList<Tensor> tangents, Func<Tensor[]> function, double step = 2e-3)
    {
        var points = new[] { -3, -2, -1, 1, 2, 3 }.Select(multiple => At(tangents, multiple * step, function)).ToArray();
        return
        [
            .. points[0]
                .Select(
                    (tensor, output) =>
                    {
                        var slope = new double[tensor.Count];
                        for (var i = 0; i < slope.Length; i++)
                            slope[i] = (Odd(3, i) - 9 * Odd(2, i) + 45 * Odd(1, i)) / (60 * step);
                        return Tensor.Of(tensor.Shape.AsSpan(), slope);

                        double Odd(int multiple, int i) => points[2 + multiple][output].At(i) - points[3 - multiple][output].At(i);
                    }
                ),
        ];
    }

    /// <summary>A function's values with the active inputs moved along tangents.</summary>
    public Tensor[] At(IReadOnlyList<Tensor> tangents, double step, Func<Tensor[]> function)
    {
        var kept = Active.Select(input => Values[input]).ToArray();
        for (var index = 0; index < Active.Length; index++)
        {
            var moved = (double[])kept[index].Floats.Clone();
            for (var i = 0; i < moved.Length; i++)
                moved[i] += step * tangents[index].Floats[i];
            Values[Active[index]] = Tensor.Of(kept[index].Shape.AsSpan(), moved);
        }
        try
        {
            return function();
        }
        finally
        {
            for (var index = 0; index < Active.Length; index++)
                Values[Active[index]] = kept[index];
        }
    }

    /// <summary>The floating-point outputs of the node at the parameters as they are bound.</summary>
    public Tensor[] EvaluateNode() =>
        [.. Node.Rules().Evaluate(Node, Inputs).Where((_, index) => Node.Outputs[index].Type.Element.IsFloat())];
}
