using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>Times by a machine with round figures, against sums made by hand.</summary>
public sealed class TimeModelTests
{
    private const int Size = 1024;

    private static readonly MachineProfile Machine = new()
    {
        ProductFlops = 1e9,
        CacheBytesPerSecond = 1e8,
        MemoryBytesPerSecond = 1e7,
        LaunchSeconds = 1e-3,
        ThreadSeconds = 1e-2,
        SecondCoreShare = 0.5,
        CoreCacheBytes = 13 << 20,
    };

    private readonly GraphBuilder _builder = new();

    [Fact]
    public void A_product_takes_its_operations_and_its_traffic_in_the_cache()
    {
        var (x, y) = (Matrix("x"), Matrix("y"));

        // 12 MiB are read and written.
        var alone = 2 * Math.Pow(Size, 3) / 1e9 + 12 * 1048576 / 1e8;
        Assert.Equal(1e-3 + alone, Seconds(1, MatMul.Of(_builder, x, y), x, y), 1e-9);
        Assert.Equal(1e-3 + 1e-2 + alone / 1.5, Seconds(2, MatMul.Of(_builder, x, y), x, y), 1e-9);
        Assert.Equal(1e-3 + 1e-2 + alone / 2.5, Seconds(4, MatMul.Of(_builder, x, y), x, y), 1e-9);
    }

    [Fact]
    public void Values_beyond_the_cache_take_the_rate_of_memory()
    {
        var x = _builder.Parameter(new TensorType(ElementType.Float32, [2 * Size, Size]), "x");

        // One operation for an entry, and 24 MiB, since both operands are read.
        Assert.Equal(1e-3 + 2 * Size * Size / 1e9 + 24 * 1048576 / 1e7, Seconds(1, Mul.Of(_builder, x, x), x), 1e-9);
    }

    [Fact]
    public void A_reshape_takes_only_its_launch()
    {
        var x = Matrix("x");

        Assert.Equal(1e-3, Seconds(2, Reshape.To(_builder, x, [Size * Size]), x), 1e-9);
    }

    [Fact]
    public void A_session_starts_by_its_nodes_and_weights()
    {
        var x = Matrix("x");
        var program = _builder.Build([x], [new NamedValue("y", Mul.Of(_builder, x, x))]);
        var machine = Machine with { StartSeconds = 1, SessionSeconds = 0.25, NodeStartSeconds = 0.5 };

        Assert.Equal(1 + 3 * 0.25 + 0.5, new TimeModel(Costs(machine), 1).Start(program, 3), 1e-12);
    }

    private Value Matrix(string name) => _builder.Parameter(new TensorType(ElementType.Float32, [Size, Size]), name);

    private double Seconds(int cores, Value value, params Value[] parameters) =>
        new TimeModel(Costs(Machine), cores).Run(_builder.Build(parameters, [new NamedValue("result", value)]));

    private static CostModel Costs(MachineProfile machine) => new(new PlanLimits { Machine = machine });
}
