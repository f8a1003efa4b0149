using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Pooling;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Tests.Laws;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>Products of directions at nonzero channels against whole ones, which other tests compare with differences of the
/// loss.</summary>
[Trait("Category", "Slow")]
public sealed class MaskedProductTests
{
    public static TheoryData<string> Names => [.. ProblemTable.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void They_give_the_same_diagonal(string name)
    {
        foreach (var weight in ProblemTable.Find(name).Weights.Select(value => value.Name!))
        {
            var whole = Diagonal(Find(name), weight, atNonzeroChannels: false).Diagonal;
            // All directions at once, and a few.
            foreach (var bytes in new[] { 1L << 30, 100_000 })
            {
                var masked = Diagonal(Find(name), weight, atNonzeroChannels: true, bytes).Diagonal;
                Assert.Equal(whole.Floats.Length, masked.Floats.Length);
                var size = Math.Sqrt(whole.Floats.Sum(entry => entry * entry));
                Assert.True(Math.Sqrt(whole.Floats.Zip(masked.Floats, (a, b) => (a - b) * (a - b)).Sum()) <= 1e-12 * size, weight);
            }
        }
    }

    [Theory]
    // Problems with a dense layer after a pooling, and whether only those of the layer's outputs are made at which the pooling's mask and
    // the slopes after it are nonzero.
    [InlineData("plain cnn 1", true)]
    [InlineData("leaky cnn 1", true)]
    [InlineData("plain cnn 2", false)]
    public void Large_weights_of_dense_layers_are_taken_in_blocks(string name, bool areThere)
    {
        var whole = Diagonal(Find(name), "c1", atNonzeroChannels: false).Diagonal;
        var size = Math.Sqrt(whole.Floats.Sum(entry => entry * entry));
        // Of the 7 by 24 weight 200 bytes hold a quarter of the columns, as float32, and 100 an eighth.
        foreach (var (bytes, blocks) in new[] { (200, 4), (100, 8) })
        {
            var (program, masked, data) = Diagonal(Find(name), "c1", atNonzeroChannels: true, blockBytes: bytes);
            Assert.True(Math.Sqrt(whole.Floats.Zip(masked.Floats, (a, b) => (a - b) * (a - b)).Sum()) <= 1e-12 * size);
            Assert.Equal(
                areThere,
                Flat(program.Nodes)
                    .Any(node =>
                        node.Operator is Scan && Scan.Length(node.Inputs, node.Attributes) == blocks && node.Output.Type.Shape.Rank == 3
                    )
            );
            var output = RuntimeProgram.Run(program, 17, data)![0];
            Assert.True(Math.Sqrt(whole.Floats.Zip(output.Floats, (a, b) => (a - b) * (a - b)).Sum()) <= 1e-12 * size);
        }
    }

    [Theory]
    // A kernel before a max pooling, and whether its Gram matrices are contracted at nonzero positions, row by row.
    [InlineData("pooled cnn 1", "c1", true)]
    [InlineData("leaky pooled cnn 1", "c1", true)]
    [InlineData("pooled cnn 1", "c2", false)]
    [InlineData("pooled cnn 2", "c1", false)]
    public void Rows_of_a_weight_are_contracted_at_nonzero_positions(string name, string weight, bool areThere)
    {
        var nodes = Diagonal(Find(name), weight, atNonzeroChannels: true).Program.Nodes;
        Assert.Equal(
            areThere,
            nodes.Any(node => node.Operator is Scan && node.Origin?.Text.StartsWith("curvature of", StringComparison.Ordinal) == true)
        );
    }

    [Theory]
    // The kernel before them, whether there are masked products after it, and how many of them go from position to position.
    [InlineData("plain cnn 1", "c1", true, 3)]
    [InlineData("plain cnn 1", "c3", true, 1)]
    [InlineData("plain cnn 1", "f", true, 0)]
    [InlineData("deep relu mlp 1", "w1", true, 0)]
    [InlineData("plain cnn 2", "c1", true, 3)]
    [InlineData("leaky cnn 2", "c1", true, 3)]
    [InlineData("cnn 3 symbolic", "c1", true, 1)]
    [InlineData("transformer block Mse 1", "q", false, 0)]
    public void They_are_found(string name, string weight, bool areThere, int loops)
    {
        Node[] all = [.. Flat(Diagonal(Find(name), weight, atNonzeroChannels: true).Program.Nodes)];
        Assert.Equal(areThere, all.Any(node => node.Operator is TopK));
        Assert.Equal(
            loops,
            all.Count(node => node.Operator is Scan && node.Origin?.Text.Contains("Conv", StringComparison.Ordinal) == true)
        );
    }

    [Fact]
    public void A_mask_that_is_zero_everywhere_gives_zeros()
    {
        var p = new Problem("closed", 1, false);
        var h = p.Apply<Conv>(Attributes.Empty.With("kernel_shape", [3, 3]), p.Input(2, 5, 5), p.Weight("c1", 0.5, 3, 2, 3, 3));
        h = p.Apply<Relu>(p.Apply<Add>(h, p.Builder.Scalar(ElementType.Float64, -1e6)));
        h = p.Apply<Relu>(p.Apply<Conv>(Attributes.Empty.With("kernel_shape", [2, 2]), h, p.Weight("c2", 0.5, 4, 3, 2, 2)));
        p.Output = p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), p.Apply<GlobalAveragePool>(h));
        Assert.All(Diagonal(p, "c1", atNonzeroChannels: true).Diagonal.Floats, entry => Assert.Equal(0, entry), throwIfEmpty: true);
    }

    [Fact]
    public void A_loop_of_the_model_takes_zeros_where_a_mask_is_zero()
    {
        var expected = Of(atNonzeroChannels: false);
        var largest = expected.Max(Math.Abs);
        Assert.True(largest > 0);
        Assert.Equal(expected, Of(atNonzeroChannels: true), (a, b) => Math.Abs(a - b) <= 1e-12 * largest);

        static double[] Of(bool atNonzeroChannels)
        {
            var p = new Problem("loop", 1, false);
            var (b, x, w) = (p.Builder, p.Input(2, 5, 5), p.Weight("w", 1, 5, 5));
            var body = new GraphBuilder(b);
            var row = body.Parameter(new TensorType(ElementType.Float64, [5, 5]));
            var rows = Scan.Of(b, Reshape.To(b, x, [2, 5, 5]), body.Build([row], [new NamedValue("row", Mul.Of(body, row, w))]));
            Value Product(Value h, string name, params long[] shape) =>
                p.Apply<Relu>(p.Apply<Conv>(Attributes.Empty.With("kernel_shape", [2, 2]), h, p.Weight(name, 0.5, shape)));
            var h = Product(Product(p.Apply<Relu>(Reshape.To(b, rows, [1, 2, 5, 5])), "c1", 3, 2, 2, 2), "c2", 4, 3, 2, 2);
            p.Output = p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), p.Apply<GlobalAveragePool>(h));
            return Diagonal(p, "w", atNonzeroChannels).Diagonal.Floats;
        }
    }

    [Fact]
    public void The_runtime_computes_them_alike()
    {
        foreach (
            var name in new[]
            {
                "plain cnn 1",
                "plain cnn 2",
                "pooled cnn 1",
                "leaky pooled cnn 1",
                "pooled cnn 2",
                "leaky cnn 1",
                "cnn 3 symbolic",
                "strided cnn 3",
                "deep relu mlp 1",
            }
        )
        {
            var problem = Find(name);
            var (program, diagonal, data) = Diagonal(problem, problem.Weights[0].Name!, atNonzeroChannels: true);
            var outputs = RuntimeProgram.Run(program, 17, data);
            Assert.NotNull(outputs);
            var size = Math.Sqrt(diagonal.Floats.Sum(entry => entry * entry));
            Assert.True(Math.Sqrt(diagonal.Floats.Zip(outputs[0].Floats, (a, b) => (a - b) * (a - b)).Sum()) <= 1e-12 * size, name);
        }
    }

    private static Problem Find(string name) => ProblemTable.Find(name);

    private static IEnumerable<Node> Flat(IEnumerable<Node> nodes) =>
        nodes.SelectMany(node => node.Bodies.SelectMany(body => Flat(body.Nodes)).Prepend(node));

    private static (Ir.Program Program, Tensor Diagonal, Dictionary<Value, Tensor> Data) Diagonal(
        Problem problem,
        string weight,
        bool atNonzeroChannels,
        long bytes = 1L << 30,
        long blockBytes = 1L << 25
    )
    {
        var request = new CurvatureRequest
        {
            WithRespectTo = [weight],
            Loss = new LossRequest(problem.Loss),
            Quantities = [Quantity.HessianDiagonal],
        };
        var limits = new PlanLimits
        {
            MemoryBytes = bytes,
            Dimensions = ImmutableDictionary<string, long>.Empty.Add("N", problem.Samples),
            MasksProducts = atNonzeroChannels,
            BlockBytes = blockBytes,
        };
        var plan = new Planner(problem.Graph(), request, limits).Plan();
        var data = problem.Data(plan.Loss.Target);
        return (plan.Program, Interpreter.Run(plan.Program, data)[0], data);
    }
}
