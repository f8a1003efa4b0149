using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>Forms of operators that files of older opsets hold, and forms in which they are written.</summary>
public sealed class OlderOpsetTests
{
    private static readonly Tensor Cube = Tensor.Of([2, 3, 2], [.. Enumerable.Range(0, 12).Select(i => Math.Sin(i))]);

    [Fact]
    public void Softmax_of_opset_11_flattens_all_axes_from_its_own_on()
    {
        var y = Upgrade("Softmax", 11, [Cube], Attributes.Empty);
        for (var n = 0; n < 2; n++)
        {
            var row = Cube.Floats[(6 * n)..(6 * n + 6)];
            var sum = row.Sum(Math.Exp);
            Assert.Equal(row.Select(element => Math.Exp(element) / sum), y.Floats[(6 * n)..(6 * n + 6)], (a, b) => Math.Abs(a - b) < 1e-15);
        }
        Assert.Equal(Cube.Shape, y.Shape);
    }

    [Fact]
    public void Softmax_of_opset_11_along_the_last_axis_stays_one_node()
    {
        var b = new GraphBuilder();
        var call = new OperatorCall("Softmax", "", [b.Constant(Cube)], Attributes.Empty.With("axis", 2L), 1);
        Assert.Equal("Softmax", Catalogue.Find("", "Softmax")!.FromOpset(b, call, 11).Name);
    }

    [Fact]
    public void Clip_of_opset_6_takes_its_bounds_from_attributes() =>
        Assert.Equal(
            [-0.5, 0.25, 0.5],
            Upgrade("Clip", 6, [Tensor.Of([3], [-2, 0.25, 9])], Attributes.Empty.With("min", -0.5).With("max", 0.5)).Floats
        );

    [Fact]
    public void Add_of_opset_6_broadcasts_from_an_axis_on()
    {
        var y = Upgrade("Add", 6, [Cube, Tensor.Of([3], [10, 20, 30])], Attributes.Empty.With("broadcast", 1L).With("axis", 1L));
        Assert.Equal(Cube.Floats.Select((element, i) => element + 10 * (1 + i / 2 % 3)), y.Floats);
    }

    [Fact]
    public void PRelu_of_opset_6_has_a_slope_for_each_channel()
    {
        var y = Upgrade("PRelu", 6, [Tensor.Filled(ElementType.Float64, [2, 3, 2], -1), Tensor.Of([3], [1, 2, 3])], Attributes.Empty);
        Assert.Equal([-1, -1, -2, -2, -3, -3, -1, -1, -2, -2, -3, -3], y.Floats);
    }

    [Theory]
    [InlineData("FLOAT", ElementType.Float32)]
    [InlineData("DOUBLE", ElementType.Float64)]
    [InlineData("INT64", ElementType.Int64)]
    [InlineData("BOOL", ElementType.Bool)]
    public void Cast_of_opset_1_names_its_type(string name, ElementType element) =>
        Assert.Equal(element, Upgrade("Cast", 1, [Cube], Attributes.Empty.With("to", name)).Element);

    [Fact]
    public void Tile_of_opset_1_repeats_one_axis()
    {
        var y = Upgrade(
            "Tile",
            1,
            [Tensor.Of([2, 1], [1, 2]), Tensor.Scalar(ElementType.Float64, 3), Tensor.Scalar(ElementType.Float64, 1)],
            Attributes.Empty
        );
        Assert.Equal([1, 1, 1, 2, 2, 2], y.Floats);
    }

    [Fact]
    public void The_axes_of_a_reduction_are_an_attribute_before_opset_18_and_an_input_from_then_on()
    {
        var old = Upgrade("ReduceMean", 13, [Cube], Attributes.Empty.With("axes", [1L]));
        var current = Upgrade("ReduceMean", 18, [Cube, Tensor.Vector(1)], Attributes.Empty);
        Assert.Equal(old.Floats, current.Floats);
        var b = new GraphBuilder();
        var node = Catalogue.Find("", "ReduceMean")!.Apply(b, [b.Constant(Cube)], Attributes.Empty.With("axes", [1L]));
        Assert.Single(node.Rules().ToOpset(b, node, 17).Inputs);
        Assert.Equal([1], node.Rules().ToOpset(b, node, 18).ConstantIntegers(1)!);
    }

    [Fact]
    public void A_reduction_over_no_axes_that_is_told_to_do_nothing_is_an_identity() =>
        Assert.Equal(Cube.Floats, Upgrade("ReduceSum", 13, [Cube], Attributes.Empty.With("noop_with_empty_axes", 1L)).Floats);

    private static Tensor Upgrade(string name, int opset, Tensor[] inputs, Attributes attributes)
    {
        var b = new GraphBuilder();
        var call = new OperatorCall(name, "", [.. inputs.Select(input => (Value?)b.Constant(input))], attributes, 1);
        var upgraded = Catalogue.Find("", name)!.FromOpset(b, call, opset);
        var y = Catalogue.Find(upgraded.Domain, upgraded.Name)!.Apply(b, upgraded.Inputs, upgraded.Attributes).Output;
        return Interpreter.Run(b.Build([], [new("y", y)]), ImmutableDictionary<Value, Tensor>.Empty)[0];
    }
}
