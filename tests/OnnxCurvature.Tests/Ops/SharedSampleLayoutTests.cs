using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>
/// Samples that share an axis with something else are followed through it, and are coupled as soon as that axis is not kept.
/// </summary>
public sealed class SharedSampleLayoutTests
{
    private static readonly Dim N = Dim.Symbol("N");
    private static readonly Dim T = Dim.Symbol("T");

    private readonly GraphBuilder _b = new();

    public SharedSampleLayoutTests() => Input([N, T]);

    [Fact]
    public void Samples_come_out_of_an_axis_as_they_went_in()
    {
        var x = Input([T, N, 8]);
        var shared = Reshape.To(_b, x, [T, N * 4, 2]);
        var moved = TransposeAxes.Of(_b, shared, 1, 0, 2);
        var rows = Reshape.To(_b, x, [T * N, 8]);
        var steps = Reshape.To(_b, TransposeAxes.Of(_b, x, 1, 0, 2), [N * T, 8]);
        Assert.Equal(SampleLayout.Within(1, 1, N, 4), Follow(x, 1, shared));
        Assert.Equal(SampleLayout.Within(0, 1, N, 4), Follow(x, 1, moved));
        Assert.Equal(SampleLayout.Within(0, T, N, 1), Follow(x, 1, rows));
        Assert.Equal(SampleLayout.Within(0, 1, N, T), Follow(x, 1, steps));
        Assert.Equal(SampleLayout.At(1), Follow(x, 1, Reshaped(rows, [T, N, 8])));
        Assert.Equal(SampleLayout.At(0), Follow(x, 1, Reshaped(moved, [N, 4, T, 2])));
        Assert.Equal(SampleLayout.Within(0, 1, N, 2), Follow(x, 1, Reshaped(moved, [N * 2, 2, T, 2])));
    }

    [Fact]
    public void Samples_that_share_an_axis_pass_what_keeps_its_positions_separate()
    {
        var x = Input([N * 2, 3, 4]);
        var samples = SampleLayout.Within(0, 1, N, 2);
        var last = TransposeAxes.Of(_b, x, 0, 2, 1);
        foreach (
            var value in new[]
            {
                Softmax.Of(_b, x, 2),
                Mul.Of(_b, x, x),
                Add.Of(_b, x, Input([4])),
                MatMul.Of(_b, x, last),
                MatMul.Of(_b, x, Input([4, 5])),
                ReduceSum.Of(_b, x, [1], keepDims: false),
                Slice.Of(_b, x, 1, 0, 2),
                Concat.Of(_b, [x, x], 2),
                Gather.Of(_b, x, _b.Vector(1, 0), 1),
            }
        )
            Assert.Equal(samples, Follow(x, samples, value));
        Assert.Equal(SampleLayout.Within(1, 1, N, 2), Follow(x, samples, TransposeAxes.Of(_b, x, 1, 0, 2)));
    }

    [Fact]
    public void Samples_that_share_an_axis_are_coupled_by_what_does_not_keep_it()
    {
        var x = Input([N * 6, 3, 3]);
        foreach (
            var value in new[]
            {
                Softmax.Of(_b, x, 0),
                ReduceSum.Of(_b, x, [0], keepDims: true),
                Concat.Of(_b, [x, x], 0),
                Gather.Of(_b, x, _b.Vector(1, 0), 0),
                Slice.Of(_b, x, 0, 0, 2),
                MatMul.Of(_b, TransposeAxes.Of(_b, x, 1, 2, 0), Input([N * 6, 5])),
                MatMul.Of(_b, TransposeAxes.Of(_b, x, 1, 2, 0), TransposeAxes.Of(_b, x, 1, 0, 2)),
                Reshaped(x, [2, N, 27]),
                Reshaped(x, [3, N * 2, 3, 3]),
            }
        )
            Assert.True(Follow(x, SampleLayout.Within(0, 1, N, 6), value).IsCoupled);
        foreach (var value in new[] { Softmax.Of(_b, x, 0), Mul.Of(_b, x, ReduceSum.Of(_b, x, [0], keepDims: true)) })
            Assert.Equal(SampleLayout.Within(0, 1, N, 6), Follow(x, SampleLayout.Within(0, 1, N, 6), value).Place);
    }

    [Fact]
    public void Values_whose_samples_share_an_axis_in_different_ways_couple_them()
    {
        var (x, y) = (Input([N * 4]), Input([N * 4]));
        var axes = new Dictionary<Value, SampleLayout> { [x] = SampleLayout.Within(0, 2, N, 2), [y] = SampleLayout.Within(0, 1, N, 4) };
        var sum = Add.Of(_b, x, y);
        SampleAnalysis.Run([sum.Producer!], axes);
        Assert.Equal(SampleLayout.Coupled, axes[sum]);
    }

    private Value Input(TensorShape shape) => _b.Parameter(new TensorType(ElementType.Float64, shape));

    /// <summary>A node of its own, where <see cref="Reshape.To"/> would see through a chain.</summary>
    private Value Reshaped(Value x, TensorShape shape) =>
        Catalogue.Get<Reshape>().Apply(_b, [x, Dims.ToValue(_b, shape)], types: [x.Type with { Shape = shape }]).Output;

    private static SampleLayout Follow(Value x, int axis, Value value) => Follow(x, SampleLayout.At(axis), value);

    private static SampleLayout Follow(Value x, SampleLayout samples, Value value)
    {
        var axes = new Dictionary<Value, SampleLayout> { [x] = samples };
        SampleAnalysis.Run(GraphWalk.Ancestors([value]), axes);
        return axes[value];
    }
}
