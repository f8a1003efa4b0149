using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Passes;
using Xunit;

namespace OnnxCurvature.Tests.Passes;

/// <summary>The nodes that the simplifier leaves out, and those that it must leave alone.</summary>
public sealed class SimplifierTests
{
    private readonly GraphBuilder _builder = new();

    [Theory]
    [InlineData(new long[] { 0, 1, 2 }, 1L, 0)]
    [InlineData(new long[] { 0, 1 }, 0L, 0)]
    [InlineData(new long[] { 0, 1 }, 1L, 1)]
    [InlineData(new long[] { 0, 2, 1 }, 1L, 1)]
    [InlineData(new long[] { 1, 1, 2 }, 1L, 1)]
    public void Gathering_all_in_order_is_left_out(long[] indices, long axis, int gathers)
    {
        var x = _builder.Parameter(new TensorType(ElementType.Float64, TensorShape.Of([2, 3])), "x");
        Assert.Equal(gathers, Count<Gather>(x, Neg.Of(_builder, Gather.Of(_builder, x, _builder.Vector([.. indices]), (int)axis))));
    }

    [Fact]
    public void Gathering_of_a_size_that_is_not_known_stays()
    {
        var x = _builder.Parameter(new TensorType(ElementType.Float64, [Dim.Symbol("N"), 3]), "x");
        Assert.Equal(1, Count<Gather>(x, Neg.Of(_builder, Gather.Of(_builder, x, _builder.Vector(0, 1), 0))));
    }

    [Theory]
    [InlineData(new long[] { 2, 1, 3 }, new long[] { 1 }, 0)]
    [InlineData(new long[] { 1, 4, 1 }, new long[] { 0, -1 }, 0)]
    [InlineData(new long[] { 2, 1, 3 }, new long[] { 1, 2 }, 1)]
    public void Sums_over_axes_of_size_one_are_reshapes(long[] shape, long[] axes, int sums)
    {
        var x = _builder.Parameter(new TensorType(ElementType.Float64, TensorShape.Of(shape)), "x");
        var y = ReduceSum.Of(_builder, x, axes, keepDims: false);
        Assert.Equal(sums, Count<ReduceSum>(x, y));
        Assert.Equal(shape.Length - axes.Length, y.Type.Rank);
        Assert.Equal(x.Type.Shape.Rank, ReduceSum.Of(_builder, x, axes, keepDims: true).Type.Rank);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 2)]
    public void An_output_is_not_copied_from_one_shape_to_another_and_back(bool isOfRun, int reshapes)
    {
        // What a run gives has no node, so an output of the program needs one.
        var x = _builder.Parameter(new TensorType(ElementType.Float64, TensorShape.Of([2, 3])), "x");
        var y = isOfRun ? x : Neg.Of(_builder, x);
        var program = Pipeline.Simplification.Run(
            _builder.Build([x], [new NamedValue("y", Reshape.To(_builder, Reshape.InsertAxis(_builder, y, 0), [2, 3]))])
        );
        Assert.Equal(reshapes, program.Nodes.Count(node => node.Operator is Reshape));
        Assert.Equal<long>([2, 3], program.Outputs[0].Value.Type.Shape.Sizes);
    }

    /// <summary>ONNX Runtime makes s / s of 1 / s * s, and must not lose the axes that only the 1 has.</summary>
    [Fact]
    public void A_dividend_of_one_does_not_have_more_axes_than_its_divisor()
    {
        var s = _builder.Parameter(new TensorType(ElementType.Float64, TensorShape.Of([2])), "s");
        var one = _builder.Constant(Tensor.Filled(ElementType.Float64, [1, 1, 1], 1));
        var y = Mul.Of(_builder, Div.Of(_builder, one, s), s);
        var program = Pipeline.Simplification.Run(_builder.Build([s], [new NamedValue("y", y)]));
        var quotient = Assert.Single(program.Nodes, node => node.Operator is Div);
        Assert.Equal<long>([1, 1, 2], quotient.Inputs[1]!.Type.Shape.Sizes);
        Assert.Equal<long>([1, 1, 2], program.Outputs[0].Value.Type.Shape.Sizes);
        Assert.Same(program, Pipeline.Simplification.Run(program));
    }

    /// <summary>x [2,3,4] with its axes in another order, split, and ordered again is x split, and ordered once.</summary>
    [Theory]
    [InlineData(new[] { 2, 0, 1 }, new long[] { 2, 2, 1, 2, 3 }, new[] { 3, 0, 1, 4, 2 }, 1)]
    [InlineData(new[] { 1, 0, 2 }, new long[] { 3, 2, 2, 2 }, new[] { 1, 0, 2, 3 }, 0)]
    [InlineData(new[] { 1, 0, 2 }, new long[] { 3, 8 }, new[] { 1, 0 }, 2)]
    [InlineData(new[] { 1, 0, 2 }, new long[] { 6, 4 }, new[] { 1, 0 }, 2)]
    [InlineData(new[] { 1, 0, 2 }, new long[] { 2, 3, 4 }, new[] { 1, 0, 2 }, 2)]
    public void Transpositions_around_a_split_are_one(int[] first, long[] split, int[] second, int transpositions)
    {
        var x = _builder.Parameter(new TensorType(ElementType.Float64, TensorShape.Of([2, 3, 4])), "x");
        var reshaped = Reshape.To(_builder, TransposeAxes.Of(_builder, x, first), TensorShape.Of(split));
        var program = _builder.Build([x], [new NamedValue("y", Neg.Of(_builder, TransposeAxes.Of(_builder, reshaped, second)))]);
        var simpler = new Simplifier().Run(program);
        Assert.Equal(transpositions, simpler.Nodes.Count(node => node.Operator is TransposeAxes));
        var numbers = Tensor.Of(ElementType.Float64, [2, 3, 4], [.. Enumerable.Range(0, 24).Select(number => (double)number)]);
        Assert.Equal(Evaluated(program), Evaluated(simpler));

        double[] Evaluated(Ir.Program one) => [.. Interpreter.Run(one, new Dictionary<Value, Tensor> { [x] = numbers })[0].Floats];
    }

    /// <summary>A run gives t, which nodes outside the program compute: x is not known inside.</summary>
    [Fact]
    public void No_rule_looks_through_a_given_value()
    {
        var x = _builder.Parameter(new TensorType(ElementType.Float64, TensorShape.Of([2, 3])), "x");
        var t = TransposeAxes.Of(_builder, x, 1, 0);
        var reshaped = Reshape.To(_builder, x, [3, 2]);
        Value[] given = [t, reshaped, Neg.Of(_builder, x)];
        NamedValue[] outputs =
        [
            new("transposed", TransposeAxes.Of(_builder, t, 1, 0)),
            new("reshaped", Reshape.To(_builder, reshaped, [6])),
            new("negated", Neg.Of(_builder, given[2])),
            new("later", Neg.Of(_builder, TransposeAxes.Of(_builder, TransposeAxes.Of(_builder, t, 1, 0), 1, 0))),
        ];

        var simplified = new Simplifier().Run(_builder.Build(given, outputs));

        var made = simplified.Nodes.SelectMany(node => node.Outputs).Concat(given).ToHashSet();
        Assert.All(
            simplified.Nodes.SelectMany(GraphWalk.Dependencies).Where(value => value.Constant is null),
            value => Assert.Contains(value, made),
            throwIfEmpty: true
        );
        // Transposing twice what was given is still nothing.
        Assert.Equal(t, simplified.Outputs[3].Value.Producer!.Inputs[0]);
    }

    private int Count<T>(Value x, Value y) =>
        new Simplifier().Run(_builder.Build([x], [new NamedValue("y", y)])).Nodes.Count(node => node.Operator is T);
}
