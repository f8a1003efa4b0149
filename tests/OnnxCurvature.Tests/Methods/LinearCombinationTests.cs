using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Staging;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>Chains of elementwise nodes that are linear in the directions become sums of few products, with the same values.</summary>
public sealed class LinearCombinationTests
{
    private const int Directions = 6;
    private const int Entries = 5;

    private readonly GraphBuilder _builder = new();
    private readonly Random _random = new(3);
    private readonly Value _state;
    private readonly Value _x;

    public LinearCombinationTests()
    {
        _state = _builder.Parameter(new TensorType(ElementType.Float64, [Directions, 1, Entries]));
        _x = _builder.Parameter(new TensorType(ElementType.Float64, [Directions, 1, Entries]));
    }

    [Fact]
    public void Terms_of_one_value_are_added_up_before_it_is_multiplied()
    {
        // x a + (b x) / c − x: five nodes of directions become one product.
        var x = Apply<Identity>(_x);
        var a = Row();
        var b = Row();
        var c = Row();
        var sum = Add.Of(_builder, Mul.Of(_builder, x, a), Div.Of(_builder, Mul.Of(_builder, b, x), c));
        Holds(Sub.Of(_builder, sum, x), before: 6, after: 2);
    }

    [Fact]
    public void A_value_that_others_take_too_is_kept()
    {
        var scaled = Mul.Of(_builder, Apply<Identity>(_x), Row());
        var product = MatMul.Of(_builder, scaled, _builder.Constant(Tensor([Entries, Entries])));
        var chain = Neg.Of(_builder, Mul.Of(_builder, Mul.Of(_builder, product, Row()), Row()));
        // −(p a) b + s c with p and s from outside of the chain: two products and a difference.
        Holds(Add.Of(_builder, chain, Mul.Of(_builder, scaled, Row())), before: 8, after: 6);
    }

    [Fact]
    public void A_value_of_fewer_entries_is_broadcast_by_its_coefficient()
    {
        var mean = Apply<Identity>(_builder.Parameter(new TensorType(ElementType.Float64, [Directions, 1, 1])));
        var spread = Mul.Of(_builder, Mul.Of(_builder, mean, Row()), Row());
        Holds(Sub.Of(_builder, spread, Mul.Of(_builder, Mul.Of(_builder, Apply<Identity>(_x), Row()), Row())), before: 7, after: 5);
    }

    [Fact]
    public void Sums_over_chunks_stay_a_state_and_what_is_added()
    {
        var term = Mul.Of(_builder, Mul.Of(_builder, Apply<Identity>(_x), Row()), Row());
        var after = Holds(Add.Of(_builder, _state, Neg.Of(_builder, term)), before: 5, after: 3);
        Assert.IsType<Add>(after.Producer!.Operator);
        Assert.Same(_state, after.Producer!.Inputs[0]);
    }

    private Value Holds(Value output, int before, int after)
    {
        Value[] parameters = [_state, _x, .. Parameters(output)];
        var body = _builder.Build(parameters, [new NamedValue("y", output)]);
        var value = LinearCombinations.Replace(_builder, body, Directions, new CostModel(new PlanLimits()))[0];
        var rebuilt = _builder.Build(parameters, [new NamedValue("y", value)]);
        var data = parameters.ToDictionary(parameter => parameter, parameter => Tensor([.. parameter.Type.Shape.Sizes]));
        var (expected, actual) = (Interpreter.Run(body, data)[0].Floats, Interpreter.Run(rebuilt, data)[0].Floats);
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Max(Math.Abs);
        for (var entry = 0; entry < expected.Length; entry++)
            Assert.Equal(expected[entry], actual[entry], 1e-13 * largest);
        Assert.Equal(before, Dependent(body));
        Assert.Equal(after, Dependent(rebuilt));
        return value;
    }

    private IEnumerable<Value> Parameters(Value output) =>
        GraphWalk
            .Ancestors([output])
            .SelectMany(node => node.Dependencies)
            .Where(value => value.IsParameter && value != _x && value != _state)
            .Distinct();

    /// <summary>Nodes that run for every direction.</summary>
    private static int Dependent(OnnxCurvature.Ir.Program program) =>
        GraphWalk.Between(program.Parameters.ToHashSet(), program.Outputs.Select(output => output.Value)).Length;

    private Value Apply<T>(Value x)
        where T : OnnxCurvature.Ops.Operator => OnnxCurvature.Ops.Catalogue.Get<T>().Apply(_builder, [x]).Output;

    private Value Row() => _builder.Constant(Tensor([Entries]));

    private Tensor Tensor(long[] shape) =>
        OnnxCurvature.Ir.Tensor.Of(
            shape,
            [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => 0.5 + _random.NextDouble())]
        );
}
