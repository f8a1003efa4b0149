using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Laplace;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.EndToEnd;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using Xunit;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>Posteriors and predictive variances, against closed forms and differences in float64.</summary>
[Trait("Category", "Slow")]
public sealed class LaplaceTests
{
    [Fact]
    public void Variances_and_the_marginal_likelihood_are_those_of_the_closed_form()
    {
        using var tool = Softmax.Prepared();
        var (_, curvature) = Analyzed(tool["linear.onnx"], Softmax.Data(), []);
        double[] h = [.. Softmax.Diagonal().Select(entry => Softmax.Samples * entry)];
        var given = CurvatureAnalyzer.Laplace(curvature, 0.7);
        for (var index = 0; index < h.Length; index++)
            Assert.Equal(1 / (h[index] + 0.7), given.Layers[0].Variance[index], 1e-12);
        Assert.Equal(Evidence(0.7), given.LogMarginalLikelihood, 1e-10);

        var fitted = CurvatureAnalyzer.Laplace(curvature);
        Assert.True(fitted.IsFitted);
        var best = fitted.PriorPrecision;
        // At the maximum n/τ = ‖w‖² + Σ 1/(h + τ).
        Assert.Equal(15 / best, Softmax.W.Sum(w => w * w) + h.Sum(entry => 1 / (entry + best)), 1e-4);
        Assert.All(
            [0.5, 0.9, 1.1, 2.0],
            factor => Assert.InRange(Evidence(best * factor), double.MinValue, fitted.LogMarginalLikelihood),
            throwIfEmpty: true
        );

        double Evidence(double prior) =>
            -Softmax.Samples * Softmax.Loss(Softmax.W)
            + 7.5 * Math.Log(prior)
            - prior / 2 * Softmax.W.Sum(w => w * w)
            - h.Sum(entry => Math.Log(entry + prior)) / 2;
    }

    [Fact]
    public void The_file_gives_the_logits_and_their_variance_for_any_samples()
    {
        using var tool = Softmax.Prepared();
        var (analysis, curvature) = Analyzed(tool["linear.onnx"], Softmax.Data(), []);
        var posterior = CurvatureAnalyzer.Laplace(curvature, 0.7);
        var names = CurvatureAnalyzer.WritePredictive(analysis, curvature, posterior, tool["sure.onnx"]);
        Assert.Equal(("z", "z.variance"), names);
        var x = Softmax.X[..(5 * Softmax.Inputs)];
        var (mean, variance) = Predicted(tool["sure.onnx"], NpyArray.Of(ElementType.Float32, [5, Softmax.Inputs], x));
        for (var n = 0; n < 5; n++)
        for (var c = 0; c < Softmax.Classes; c++)
        {
            Assert.Equal(Softmax.Logits(Softmax.W, n)[c], mean[n * Softmax.Classes + c], 1e-5);
            var expected = Enumerable
                .Range(0, Softmax.Inputs)
                .Sum(j => Math.Pow(x[n * Softmax.Inputs + j], 2) * posterior.Layers[0].Variance[c * Softmax.Inputs + j]);
            Assert.Equal(expected, variance[n * Softmax.Classes + c], 1e-6 * expected);
        }
    }

    /// <summary>A network of seven layers: the Jacobian by differences of its float64 forward pass, entry by entry.</summary>
    [Fact]
    public void Variances_of_a_deep_network_are_those_of_differences()
    {
        using var folder = new TemporaryFolder();
        var network = TrainedNetwork.Instance;
        var model = network.Model().Save(folder);
        string[] weights = ["fc0.weight", "fc4.bias", "fc5.weight"];
        var (analysis, curvature) = Analyzed(model, TrainedNetwork.Data(network.X, network.Labels), weights);
        var posterior = CurvatureAnalyzer.Laplace(curvature);
        CurvatureAnalyzer.WritePredictive(analysis, curvature, posterior, folder.File("sure.onnx"));
        const int Samples = 6;
        var x = NpyArray.Of(ElementType.Float32, [Samples, 2], network.HeldX[..(2 * Samples)]);
        var (_, variance) = Predicted(folder.File("sure.onnx"), x);
        for (var n = 0; n < Samples; n++)
        {
            var expected = new double[TrainedNetwork.Classes];
            foreach (var layer in posterior.Layers)
                for (var index = 0; index < layer.Mean.Length; index++)
                {
                    var (up, down) = (Moved(layer.Weight, index, n, 1e-5), Moved(layer.Weight, index, n, -1e-5));
                    for (var c = 0; c < expected.Length; c++)
                        expected[c] += Math.Pow((up[c] - down[c]) / 2e-5, 2) * layer.Variance[index];
                }
            for (var c = 0; c < expected.Length; c++)
                Assert.Equal(expected[c], variance[n * expected.Length + c], 2e-4 * expected[c]);
        }

        double[] Moved(string weight, int index, int sample, double step) =>
            network.Logits(network.HeldX[(2 * sample)..(2 * sample + 2)], weight, index, step);
    }

    [Fact]
    public void A_mean_and_a_curvature_that_leaves_no_variance_are_refused()
    {
        using var tool = Softmax.Prepared();
        var mean = AnalysisTests.Analyzed(tool, new AnalysisOptions());
        Assert.Throws<UserErrorException>(() => CurvatureAnalyzer.Laplace(mean));
        Assert.Throws<UserErrorException>(() => CurvatureAnalyzer.Laplace(mean, -1));
        var (_, curvature) = Analyzed(tool["linear.onnx"], Softmax.Data(), []);
        var layer = curvature.Layers[0];
        var negative = curvature with { Layers = [layer with { Diagonal = layer.Diagonal.SetItem(3, -2) }] };
        var error = Assert.Throws<UserErrorException>(() => CurvatureAnalyzer.Laplace(negative, 1));
        Assert.Contains("goes down to -2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1e9)]
    [InlineData(-2)]
    [InlineData(-1e-3)]
    public void A_prior_is_not_fitted_where_the_likelihood_has_no_maximum(double least)
    {
        using var tool = Softmax.Prepared();
        var (_, curvature) = Analyzed(tool["linear.onnx"], Softmax.Data(), []);
        var layer = curvature.Layers[0];
        // So many negative entries outweigh the maximum that the others have.
        var negative = curvature with
        {
            Layers = [layer with { Diagonal = [.. layer.Diagonal.Select(_ => least)] }],
        };
        var error = Assert.Throws<UserErrorException>(() => CurvatureAnalyzer.Laplace(negative));
        Assert.Contains("no prior precision has the largest marginal likelihood", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prior_is_fitted_where_a_negative_entry_leaves_a_maximum()
    {
        using var tool = Softmax.Prepared();
        var (_, curvature) = Analyzed(tool["linear.onnx"], Softmax.Data(), []);
        var layer = curvature.Layers[0];
        var rounded = curvature with { Layers = [layer with { Diagonal = layer.Diagonal.SetItem(3, -1e-9) }] };
        Assert.True(CurvatureAnalyzer.Laplace(rounded).PriorPrecision > 0.01);
    }

    [Fact]
    public void The_command_writes_the_model_and_the_variances()
    {
        using var tool = Softmax.Prepared();
        const string Command = "laplace @linear.onnx -o @sure.onnx --loss cross-entropy --data x=@x.npy labels=@labels.npy";
        var run = tool.Run($"{Command} --variances @posterior.npz");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("(fitted)", run.Output, StringComparison.Ordinal);
        Assert.Equal(15, tool.Read("posterior.npz", "w.variance").Length);
        Assert.Equal(Softmax.W, tool.Read("posterior.npz", "w.mean"));
        Assert.Contains("sure.onnx", tool.Files);
        Assert.Equal(ExitCodes.UserError, tool.Run($"{Command} --prior 0").Code);
        Assert.Equal(ExitCodes.UserError, tool.Run($"{Command} --reduction mean").Code);
    }

    private static (PreparedAnalysis, NetworkCurvature) Analyzed(string model, Dictionary<string, NpyArray> data, string[] weights)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var request = new CurvatureRequest
        {
            WithRespectTo = [.. weights],
            Loss = LossRequest.Parse("cross-entropy"),
            Reduction = Reduction.Sum,
            Precision = Precision.Float64,
        };
        var options = new AnalysisOptions { Diagonal = Quantity.GgnDiagonal };
        var analysis = CurvatureAnalyzer.Prepare(model, request, data, new CurvatureRunOptions(), options, null, cancellation);
        return (analysis, analysis.Run(null, cancellation));
    }

    private static (double[] Mean, double[] Variance) Predicted(string model, NpyArray x)
    {
        using var session = new InferenceSession(model);
        using var run = new Microsoft.ML.OnnxRuntime.RunOptions();
        var isDouble = session.InputMetadata["x"].ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double;
        using var value = isDouble
            ? OrtValue.CreateTensorValueFromMemory(x.ToDoubles(), x.Shape)
            : OrtValue.CreateTensorValueFromMemory(x.ToDoubles().Select(each => (float)each).ToArray(), x.Shape);
        using var results = session.Run(run, ["x"], [value], ["z", "z.variance"]);
        double[] Of(int index) =>
            results[index].GetTensorTypeAndShape().ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Double
                ? results[index].GetTensorDataAsSpan<double>().ToArray()
                : [.. results[index].GetTensorDataAsSpan<float>().ToArray().Select(each => (double)each)];
        return (Of(0), Of(1));
    }
}
