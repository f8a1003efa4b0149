using System.Collections.Immutable;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Runtime.Verification;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>
/// The verdicts of a verification, on z = tanh(x w) v + b. Where all classes have the same column in v, the softmax of z
/// does not depend on w, so that all derivatives by w are zero, and what a run in float32 gives for them is rounding alone.
/// </summary>
public sealed class VerifierTests : IDisposable
{
    private const int Samples = 8;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Precision.Model)]
    [InlineData(Precision.Float64)]
    public void Derivatives_that_cancel_are_no_disagreement(Precision precision)
    {
        var entries = Check(cancels: true, precision, (_, value) => value);
        Assert.All(entries, entry => Assert.True(entry.Agrees, entry.ToString()), throwIfEmpty: true);
        Assert.All(entries, entry => Assert.InRange(entry.Tolerance, 0, precision == Precision.Model ? 1e-5 : 1e-7), throwIfEmpty: true);
        Assert.Contains(entries, entry => entry.AgreesByRounding && entry.Computed != 0);
    }

    [Theory]
    [InlineData("w.gradient")]
    [InlineData("w.hessian_diagonal")]
    public void An_error_beyond_the_rounding_of_a_derivative_that_cancels_is_a_disagreement(string name) =>
        Assert.All(
            Check(cancels: true, Precision.Model, (tensor, value) => tensor == name ? value + 1e-4 : value),
            entry => Assert.Equal(entry.Name != name, entry.Agrees),
            throwIfEmpty: true
        );

    /// <summary>Of two equal entries that are moved apart there are more distinct ones than before.</summary>
    [Fact]
    public void Entries_that_decide_how_many_elements_there_are_have_no_difference()
    {
        using var tool = new Tool();
        var graph = new GraphProto
        {
            Name = "unique",
            Input = { Info("x", 1, 4) },
            Output = { Info("y", 1, "M") },
            Node = { Node("Unique", "x", "y", Int("axis", 0)) },
        };
        tool.Save("unique.onnx", Model(graph));
        tool.Npy("entries.npy", ElementType.Float32, [4], 2, 1, 2, 3);
        var run = tool.Run("verify @unique.onnx --wrt x --loss sum --data x=@entries.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("decides how many elements a value has", run.Error, StringComparison.Ordinal);
        tool.Npy("entries.npy", ElementType.Float32, [4], 2, 1, 4, 3);
        Assert.Equal(ExitCodes.Success, tool.Run("verify @unique.onnx --wrt x --loss sum --data x=@entries.npy").Code);
    }

    [Theory]
    [InlineData(Precision.Model, "w.gradient", 1.01)]
    [InlineData(Precision.Model, "w.hessian_diagonal", 1.01)]
    [InlineData(Precision.Model, "w.hessian_diagonal", -1)]
    [InlineData(Precision.Float64, "w.gradient", 1.0001)]
    [InlineData(Precision.Float64, "w.hessian_diagonal", 1.0001)]
    public void A_wrong_derivative_is_a_disagreement(Precision precision, string name, double factor)
    {
        Assert.All(
            Check(cancels: false, precision, (_, value) => value),
            entry => Assert.True(entry.Agrees && !entry.AgreesByRounding, entry.ToString()),
            throwIfEmpty: true
        );
        Assert.Contains(
            Check(cancels: false, precision, (tensor, value) => tensor == name ? factor * value : value),
            entry => entry.Name == name && !entry.Agrees
        );
    }

    [Fact]
    public void At_a_tie_of_a_maximum_the_derivative_of_one_side_is_right()
    {
        using var tool = new Tool();
        tool.Save(
            "max.onnx",
            Model(
                new GraphProto
                {
                    Name = "max",
                    Input = { Info("x", 1, "N", 3) },
                    Output = { Info("y", 1, "N") },
                    Node =
                    {
                        Node(
                            "ReduceMax",
                            "x",
                            "m",
                            new AttributeProto
                            {
                                Name = "axes",
                                Type = AttributeProto.Types.AttributeType.Ints,
                                Ints = { 1 },
                            },
                            Int("keepdims", 0)
                        ),
                        Node("Mul", "m m", "y"),
                    },
                }
            )
        );
        tool.Npy("x.npy", ElementType.Float32, [2, 3], 2, 2, -1, 0.5, 3, 3);
        var run = tool.Run("verify @max.onnx --wrt x --loss sum --data x=@x.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Matches(@"All \d+ checks agree\.", run.Output);
    }

    [Fact]
    public void Data_at_which_the_loss_is_no_number_are_refused()
    {
        using var tool = new Tool();
        tool.Npy("x.npy", ElementType.Float32, [4, 3], [double.PositiveInfinity, .. Enumerable.Range(1, 11).Select(i => Math.Sin(i))]);
        var run = tool.Run("verify @model.onnx --wrt w --loss sum:t --data x=@x.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("'loss' holds NaN or infinity", run.Error, StringComparison.Ordinal);
    }

    private VerifyEntry[] Check(bool cancels, Precision precision, Func<string, double, double> change)
    {
        var path = Model(
                new GraphProto
                {
                    Name = "classifier",
                    Input = { Info("x", 1, "N", 3) },
                    Output = { Info("z", 1, "N", 7) },
                    Initializer =
                    {
                        Weight("w", [3, 4], index => Math.Sin(index + 1)),
                        Weight("v", [4, 7], index => cancels ? 0.3 + 0.1 * (index / 7) : Math.Cos(3 * index)),
                        Weight("b", [7], index => Math.Sin(5 * index)),
                    },
                    Node = { Node("MatMul", "x w", "h"), Node("Tanh", "h", "t"), Node("MatMul", "t v", "y"), Node("Add", "y b", "z") },
                }
            )
            .Save(_folder);
        var data = new Dictionary<string, NpyArray>
        {
            ["x"] = NpyArray.Of(ElementType.Float32, [4, 3], [.. Enumerable.Range(0, 12).Select(index => Math.Cos(2 * index))]),
            ["labels"] = NpyArray.Of(ElementType.Int64, [4], [0, 6, 1, 3]),
        };
        var request = new CurvatureRequest
        {
            WithRespectTo = ["w"],
            Loss = LossRequest.Parse("cross-entropy"),
            Quantities = [Quantity.Gradient, Quantity.HessianDiagonal],
            Precision = precision,
        };
        var result = CurvatureEngine
            .Prepare(path, request, data, new CurvatureRunOptions())
            .Run(null, TestContext.Current.CancellationToken);
        ResultTensor Changed(string name)
        {
            var tensor = result.Tensors.Single(tensor => tensor.Name == name);
            return new ResultTensor(name, tensor.Element, tensor.Shape, Array.ConvertAll(tensor.Values, value => change(name, value)));
        }
        var model = new ModelSource(path, request) { Dimensions = ImmutableDictionary<string, long>.Empty.Add("N", 4) }
            .Load()
            .Graph;
        return
        [
            .. new Verifier(model, request, data).Check(
                Target.Resolve(model, ["w"]).Single(),
                Changed("w.gradient"),
                Changed("w.hessian_diagonal"),
                false,
                Samples,
                1,
                TestContext.Current.CancellationToken
            ),
        ];
    }
}
