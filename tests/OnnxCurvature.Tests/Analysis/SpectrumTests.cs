using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Analysis.Spectra;
using OnnxCurvature.Cli;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.EndToEnd;
using OnnxCurvature.Tests.Onnx;
using Xunit;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>Eigenvalues, traces and densities, against dense matrices that MathNet.Numerics decomposes.</summary>
[Trait("Category", "Slow")]
public sealed class SpectrumTests
{
    [Fact]
    public void All_eigenvalues_of_a_small_Hessian_are_those_of_the_closed_form()
    {
        using var tool = Softmax.Prepared();
        var options = new SpectrumOptions
        {
            Steps = 15,
            Starts = 40,
            Extremes = 3,
            Seed = 7,
        };
        var part = Assert.Single(Computed(tool["linear.onnx"], options, Softmax.Data()).Parts);
        var exact = Eigenvalues(Matrix<double>.Build.DenseOfArray(Softmax.Hessian()));
        Assert.Equal((15, "w", "/head/fc"), (part.Entries, part.Name, part.Node));
        foreach (var (value, expected) in part.Largest.Zip(exact.Reverse()))
            Assert.Equal(expected, value.Value, 1e-12);
        Assert.All(part.Largest.Concat(part.Smallest), value => Assert.InRange(value.Bound, 0, 1e-10), throwIfEmpty: true);
        // Five eigenvalues are zero, since logits that move together change no probability.
        Assert.All(part.Smallest.Take(1), value => Assert.Equal(0, value.Value, 1e-12), throwIfEmpty: true);
        Assert.InRange(exact.Sum(), part.Trace - 4 * part.TraceError, part.Trace + 4 * part.TraceError);
        Assert.InRange(part.TraceError, 1e-6, 0.2 * exact.Sum());
        Assert.Equal(1, part.Density.Sum(point => point.Share), 1e-12);
        Assert.Equal(part.Trace, part.Entries * part.Density.Sum(point => point.Value * point.Share), 1e-10);
    }

    [Theory]
    [InlineData(3, 7.282513075156224)]
    [InlineData(8, 2.484357805325884)]
    [InlineData(20, 1.925837149310537e-4)]
    public void An_eigenvalue_lies_within_the_bound_of_each_Ritz_value(int steps, double largestBound)
    {
        double[] eigenvalues = [.. Enumerable.Range(0, 60).Select(index => Math.Pow(index - 25, 3) / 1000.0)];
        var start = eigenvalues.Select((_, index) => Math.Sin(index + 1.0)).ToArray();
        var values = Lanczos.Run(vector => [.. vector.Zip(eigenvalues, (x, e) => e * x)], start, steps);
        Assert.Equal(steps, values.Length);
        Assert.Equal(1, values.Sum(value => value.Weight), 1e-12);
        Assert.All(
            values,
            value => Assert.InRange(eigenvalues.Min(each => Math.Abs(each - value.Value)), 0, value.Bound),
            throwIfEmpty: true
        );
        // Computed with numpy, by the same recurrence with each vector made orthogonal to all before it twice.
        Assert.Equal(largestBound, values.MaxBy(value => value.Value)!.Bound, 1e-6 * largestBound);
    }

    [Fact]
    public void An_invariant_space_ends_the_recurrence()
    {
        // Three eigenvalues only, each of them many times.
        double[] eigenvalues = [.. Enumerable.Range(0, 30).Select(index => index % 3 - 1.0)];
        var start = Enumerable.Range(0, 30).Select(index => 1 + index / 7.0).ToArray();
        var values = Lanczos.Run(vector => [.. vector.Zip(eigenvalues, (x, e) => e * x)], start, 30);
        Assert.Equal([-1.0, 0, 1], values.Select(value => Math.Round(value.Value, 12)));
        Assert.All(values, value => Assert.InRange(value.Bound, 0, 1e-12), throwIfEmpty: true);
    }

    /// <summary>Blocks of a trained network, against the whole Hessian of each block that another way computes, entry by entry.</summary>
    [Fact]
    public void Extremes_of_blocks_are_those_of_the_dense_blocks_and_interlace_with_those_of_all()
    {
        using var folder = new OnnxCurvature.Tests.Files.TemporaryFolder();
        var network = TrainedNetwork.Instance;
        var model = network.Model().Save(folder);
        var data = TrainedNetwork.Data(network.X, network.Labels);
        string[] weights = ["fc0.weight", "fc6.weight"];
        var result = Computed(model, new SpectrumOptions { Steps = 60, Extremes = 1 }, data, weights);
        Assert.Equal(["all", .. weights], result.Parts.Select(part => part.Name));
        foreach (var part in result.Parts.Skip(1))
        {
            var exact = Eigenvalues(Dense(model, part.Name, data));
            var scale = exact.Max(Math.Abs);
            Assert.Equal(exact[^1], part.Largest[0].Value, 1e-10 * scale);
            Assert.Equal(exact[0], part.Smallest[0].Value, 1e-10 * scale);
            Assert.InRange(part.Largest[0].Value, double.MinValue, result.Parts[0].Largest[0].Value + 1e-10 * scale);
            Assert.InRange(part.Smallest[0].Value, result.Parts[0].Smallest[0].Value - 1e-10 * scale, double.MaxValue);
        }
    }

    [Fact]
    public void The_command_shows_the_spectrum_and_writes_its_density()
    {
        using var tool = Softmax.Prepared();
        var run = tool.Run("spectrum @linear.onnx -o @density.csv --loss cross-entropy --data x=@x.npy labels=@labels.npy --steps 15");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("Largest eigenvalues of all weights together", run.Output, StringComparison.Ordinal);
        Assert.Equal("part,value,share", File.ReadLines(tool["density.csv"]).First());
        var refused = tool.Run("spectrum @linear.onnx --loss cross-entropy --data x=@x.npy labels=@labels.npy --starts 1");
        Assert.Equal(ExitCodes.UserError, refused.Code);
        var small = tool.Run("spectrum @linear.onnx --loss cross-entropy --data x=@x.npy labels=@labels.npy --memory 50M");
        Assert.Equal(ExitCodes.UserError, small.Code);
        Assert.Contains("for a batch of 12 samples, and the limit is 50 MiB", small.Error, StringComparison.Ordinal);
    }

    private static SpectrumResult Computed(
        string model,
        SpectrumOptions options,
        Dictionary<string, OnnxCurvature.Files.NpyArray> data,
        params string[] weights
    ) =>
        CurvatureAnalyzer.Spectrum(
            model,
            new CurvatureRequest { WithRespectTo = [.. weights], Loss = LossRequest.Parse("cross-entropy") },
            data.ToDictionary(entry => entry.Key, entry => DataSource.Of(entry.Value)),
            new CurvatureRunOptions(),
            options,
            null,
            TestContext.Current.CancellationToken
        );

    private static Matrix<double> Dense(string model, string weight, Dictionary<string, OnnxCurvature.Files.NpyArray> data)
    {
        var request = new CurvatureRequest
        {
            WithRespectTo = [weight],
            Loss = LossRequest.Parse("cross-entropy"),
            Precision = OnnxCurvature.Ir.Precision.Float64,
            Quantities = [Quantity.Hessian],
        };
        var run = CurvatureEngine.Prepare(model, request, data, new CurvatureRunOptions());
        var values = run.Run(null, TestContext.Current.CancellationToken).Tensors[0].Values;
        var size = (int)Math.Sqrt(values.Length);
        return Matrix<double>.Build.DenseOfRowMajor(size, size, values);
    }

    private static double[] Eigenvalues(Matrix<double> matrix) =>
        [.. ((matrix + matrix.Transpose()) / 2).Evd(Symmetricity.Symmetric).EigenValues.Select(value => value.Real).Order()];
}
