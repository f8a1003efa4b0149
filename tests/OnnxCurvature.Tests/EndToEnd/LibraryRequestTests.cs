using System.Numerics.Tensors;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Requests and options as programs write them, in arrays and ranges of .NET.</summary>
public sealed class LibraryRequestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Numbers_fix_an_input_of_integers()
    {
        using var model = Reshaping();
        var request = Fixing(3, 2);
        Assert.Equal([3.0, 2.0], request.Fixed["shape"].ToArray());
        var result = model.Run(request, Data(1, 2, 3, 4, 5, 6), cancellation: Token);
        // y = reshape(x), of the shape [3, 2], and the loss is the sum of its first matrix column: x₀ + x₂ + x₄.
        Assert.Equal(9, result.Loss);
        Assert.Equal([1, 0, 1, 0, 1, 0], result["x"].Gradient.Values);
    }

    [Fact]
    public void A_fraction_fixes_no_input_of_integers()
    {
        using var model = Reshaping();
        var error = Assert.Throws<UserErrorException>(() => model.Run(Fixing(1.5, 4), Data(1, 2, 3, 4, 5, 6), cancellation: Token));
        Assert.Contains("is float64[2], and the input is int64[2]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_have_the_options_that_they_are_given()
    {
        var loss = LossRequest.CrossEntropy with
        {
            Value = "z",
            ClassAxis = 2,
            IgnoreIndex = -1,
            LabelSmoothing = 0.1,
            ClassWeights = [1, 2],
        };
        Assert.Equal("cross-entropy:z", loss.ToString());
        Assert.Equal("class_axis=2\nignore_index=-1\nlabel_smoothing=0.1\nclass_weights=1,2", loss.Classes.Text(2));
        Assert.Equal((2, -1L, 0.1, false), (loss.ClassAxis!.Value, loss.IgnoreIndex!.Value, loss.LabelSmoothing, loss.SoftLabels));
        Assert.Equal([1.0, 2.0], loss.ClassWeights);
        Assert.True((loss with { SoftLabels = true }).Classes.SoftLabels);
        var positive = LossRequest.BinaryCrossEntropy with { PositiveWeights = System.Numerics.Tensors.Tensor.Create([1.0, 3.0], [1, 2]) };
        Assert.Equal([1L, 2], positive.PositiveTensor!.Shape);
        Assert.Equal([1.0, 3.0], positive.PositiveWeights!.ToArray());
        Assert.Equal(
            ["cross-entropy", "binary-cross-entropy", "mse", "sum", "value:z"],
            new[]
            {
                LossRequest.CrossEntropy,
                LossRequest.BinaryCrossEntropy,
                LossRequest.MeanSquaredError,
                LossRequest.Sum,
                LossRequest.Of("z"),
            }.Select(each => each.ToString())
        );
    }

    [Fact]
    public void Samples_are_a_range_of_CSharp()
    {
        foreach (var range in new[] { 2..5, ..5, 2.., .. })
            Assert.Equal(range, new CurvatureRunOptions { Samples = range }.Samples);
        Assert.Equal((2, 5), new CurvatureRunOptions { Samples = 2..5 }.SampleRange!.Of(7));
        Assert.Equal((2, 7), new CurvatureRunOptions { Samples = 2.. }.SampleRange!.Of(7));
        Assert.Throws<ArgumentException>(() => new CurvatureRunOptions { Samples = ^3.. });
        Assert.Throws<ArgumentException>(() => new CurvatureRunOptions { Samples = ..^1 });
    }

    private static CurvatureRequest Fixing(params double[] shape) =>
        new()
        {
            WithRespectTo = ["x"],
            Loss = LossRequest.Of("y[:, 0]"),
            Reduction = Reduction.Sum,
            Quantities = [Quantity.Loss, Quantity.Gradient],
            Fixed = new Dictionary<string, Tensor<double>> { ["shape"] = System.Numerics.Tensors.Tensor.Create(shape) },
            SampleAxes = new Dictionary<string, int?> { ["x"] = null },
        };

    private static Dictionary<string, CurvatureArray> Data(params float[] x) => new() { ["x"] = CurvatureArray.Of<float>(x, 2, 3) };

    private CurvatureModel Reshaping()
    {
        var model = Model(Graph(Node("Reshape", "x shape", "y")));
        model.Graph.Input.Add(Info("shape", 7, 2));
        model.Graph.Output[0] = Info("y", 1, "M", "K");
        return CurvatureModel.Load(model.Save(_folder));
    }
}
