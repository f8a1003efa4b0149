using System.Collections.Immutable;
using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Requests;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// Products, Jacobians, Hessians and what belongs to single samples, against dense matrices made by differences of values alone.
/// </summary>
[Trait("Category", "Slow")]
public sealed class DerivativeTests
{
    private const double First = 1e-8;
    private const double Second = 1e-6;

    /// <summary>Roundoff that differences leave in an entry, of which many are zero: 2⁻⁵² over the step, or over its square.</summary>
    private const double RoundoffOfFirst = 1e-12;
    private const double RoundoffOfSecond = 1e-9;

    public static TheoryData<string, string> Cases =>
        new()
        {
            { "tanh mlp CrossEntropy 3", "w1" },
            { "tanh mlp Mse 3", "w2" },
            { "tanh mlp BinaryCrossEntropy 3 symbolic", "b1" },
            { "relu mlp CrossEntropy 3", "w1" },
            { "relu mlp CrossEntropy 1", "w2" },
            { "shared weight 3", "w" },
            { "segmentation 3", "c1" },
            { "tanh mlp CrossEntropy 3", "w1[1:3]" },
            { "tanh mlp CrossEntropy 3", "w1[2]" },
            { "tanh mlp CrossEntropy 3", "x0" },
            { "segmentation 3", "x0" },
            { "vgg relu 2", "c2[1]" },
            { "vgg relu 2", "f1" },
            { "vgg gelu 2", "c1[0]" },
            { "vgg gelu 2", "c3[1:2]" },
            { "vgg gelu 2", "x0" },
            { "heads on the axis of samples 3", "x0" },
            { "heads on the axis of samples 3 symbolic", "q" },
            { "samples within features 3", "v bias" },
            { "heads on the axis of samples 3", "out[1:3]" },
            { "rows of all samples 3 symbolic", "w[2]" },
        };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Products_and_matrices_are_those_of_the_dense_Hessian_and_Jacobian(string name, string target)
    {
        var run = new DerivativeRun(
            name,
            target,
            Quantity.Hvp,
            Quantity.Jvp,
            Quantity.Vjp,
            Quantity.Jacobian,
            Quantity.Hessian,
            Quantity.Laplacian,
            Quantity.GradientOfGradient
        );
        var (hessian, jacobian) = (run.Hessian(), run.Jacobian());
        Near(hessian * run.Direction, run[Quantity.Hvp], Second);
        Near(hessian.RowSums(), run[Quantity.GradientOfGradient], Second);
        Near(jacobian * run.Direction, run[Quantity.Jvp], First);
        Near(jacobian.TransposeThisAndMultiply(run.Cotangent), run[Quantity.Vjp], First);
        if (target != "x0")
        {
            Near(Flat(hessian), run[Quantity.Hessian], Second);
            Near(Flat(jacobian), run[Quantity.Jacobian], First);
            Near(Vector<double>.Build.Dense(1, hessian.Trace()), run[Quantity.Laplacian], Second);
            return;
        }
        // Blocks of the samples, which are all there is beside zeros.
        Near(Blocks(hessian, run.Samples), run[Quantity.Hessian], Second);
        Near(Blocks(jacobian, run.Samples), run[Quantity.Jacobian], First);
        var each = hessian.RowCount / run.Samples;
        Near(
            Vector<double>.Build.Dense(run.Samples, n => hessian.Diagonal().SubVector(n * each, each).Sum()),
            run[Quantity.Laplacian],
            Second
        );
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Results_of_samples_are_those_of_each_sample_alone(string name, string target)
    {
        var run = new DerivativeRun(
            name,
            target,
            Quantity.PerSampleGradient,
            Quantity.PerSampleHessianDiagonal,
            Quantity.PerSampleGgnDiagonal,
            Quantity.PerSampleFisherDiagonal,
            Quantity.FisherDiagonal
        );
        var (gradients, diagonals) = run.OfSamples();
        Near(Flat(gradients), run[Quantity.PerSampleGradient], First);
        Near(Flat(gradients.PointwisePower(2)), run[Quantity.PerSampleFisherDiagonal], First);
        Near(Flat(diagonals), run[Quantity.PerSampleHessianDiagonal], Second);
        var squares = gradients.PointwisePower(2);
        Near(target == "x0" ? Flat(squares) / run.Samples : squares.ColumnSums() / run.Samples, run[Quantity.FisherDiagonal], First);
    }

    [Theory]
    [InlineData("batch statistics 2", "w")]
    [InlineData("batch statistics 2", "w[1:3]")]
    [InlineData("coupled on the axis of samples and heads by softmax 3", "w")]
    [InlineData("coupled on the axis of samples and heads by product 3", "w")]
    [InlineData("coupled on the axis of samples and heads by sum 3", "w")]
    [InlineData("coupled on the axis of samples and heads by regrouped 3", "w")]
    [InlineData("coupled on the axis of samples and heads by one 3", "w")]
    public void Where_samples_are_coupled_every_sample_is_pulled_back_by_itself(string name, string target)
    {
        var run = new DerivativeRun(
            name,
            target,
            Quantity.Jacobian,
            Quantity.PerSampleGradient,
            Quantity.FisherDiagonal,
            Quantity.GgnDiagonal,
            Quantity.PerSampleGgnDiagonal
        );
        var jacobian = run.Jacobian();
        Near(Flat(jacobian), run[Quantity.Jacobian], First);
        var logits = run.Logits();
        var classes = logits.Count / run.Samples;
        var labels = run.Read("labels").Integers;
        var (gradients, squares) = (
            Matrix<double>.Build.Dense(run.Samples, jacobian.ColumnCount),
            Matrix<double>.Build.Dense(run.Samples, jacobian.ColumnCount)
        );
        for (var sample = 0; sample < run.Samples; sample++)
        {
            var exponents = logits.SubVector(sample * classes, classes).PointwiseExp();
            var p = exponents / exponents.Sum();
            var rows = jacobian.SubMatrix(sample * classes, classes, 0, jacobian.ColumnCount);
            gradients.SetRow(sample, rows.TransposeThisAndMultiply(p) - rows.Row((int)labels[sample]));
            squares.SetRow(
                sample,
                (rows.TransposeThisAndMultiply(Matrix<double>.Build.DenseOfDiagonalVector(p) - p.OuterProduct(p)) * rows).Diagonal()
            );
        }
        Near(Flat(gradients), run[Quantity.PerSampleGradient], First);
        Near(gradients.PointwisePower(2).ColumnSums() / run.Samples, run[Quantity.FisherDiagonal], First);
        Near(Flat(squares), run[Quantity.PerSampleGgnDiagonal], First);
        Near(squares.ColumnSums() / run.Samples, run[Quantity.GgnDiagonal], First);
    }

    [Theory]
    [InlineData("steps before samples 3")]
    [InlineData("steps before samples 3 symbolic")]
    public void Results_come_samples_first_where_an_input_holds_them_along_another_axis(string name)
    {
        var run = new DerivativeRun(
            name,
            "x0",
            Quantity.Jacobian,
            Quantity.PerSampleGradient,
            Quantity.PerSampleHessianDiagonal,
            Quantity.PerSampleGgnDiagonal,
            Quantity.PerSampleFisherDiagonal,
            Quantity.FisherDiagonal
        );
        var jacobian = run.Jacobian();
        var diagonal = run.Hessian().Diagonal();
        var logits = run.Logits();
        var labels = run.Read("labels").Integers;
        var (steps, width, classes) = (2, 4, logits.Count / run.Samples);
        var blocks = new List<double>();
        var gradients = new List<double>();
        var squares = new List<double>();
        var diagonals = new List<double>();
        var fisher = new double[diagonal.Count];
        for (var sample = 0; sample < run.Samples; sample++)
        {
            int[] own = [.. Enumerable.Range(0, steps * width).Select(i => (i / width * run.Samples + sample) * width + i % width)];
            var rows = Matrix<double>.Build.Dense(classes, own.Length, (row, entry) => jacobian[sample * classes + row, own[entry]]);
            var exponents = logits.SubVector(sample * classes, classes).PointwiseExp();
            var p = exponents / exponents.Sum();
            var gradient = rows.TransposeThisAndMultiply(p) - rows.Row((int)labels[sample]);
            blocks.AddRange(rows.ToRowMajorArray());
            gradients.AddRange(gradient);
            squares.AddRange(
                (rows.TransposeThisAndMultiply(Matrix<double>.Build.DenseOfDiagonalVector(p) - p.OuterProduct(p)) * rows).Diagonal()
            );
            diagonals.AddRange(own.Select(entry => diagonal[entry] * run.Samples));
            foreach (var (entry, at) in own.Index().Select(pair => (pair.Index, pair.Item)))
                fisher[at] = gradient[entry] * gradient[entry] / run.Samples;
        }
        Near(Vector<double>.Build.DenseOfEnumerable(blocks), run[Quantity.Jacobian], First);
        Near(Vector<double>.Build.DenseOfEnumerable(gradients), run[Quantity.PerSampleGradient], First);
        Near(
            Vector<double>.Build.DenseOfEnumerable(gradients.Select(entry => entry * entry)),
            run[Quantity.PerSampleFisherDiagonal],
            First
        );
        Near(Vector<double>.Build.DenseOfEnumerable(squares), run[Quantity.PerSampleGgnDiagonal], First);
        Near(Vector<double>.Build.DenseOfEnumerable(diagonals), run[Quantity.PerSampleHessianDiagonal], Second);
        Near(Vector<double>.Build.DenseOfArray(fisher), run[Quantity.FisherDiagonal], First);
    }

    [Theory]
    [InlineData("relu mlp CrossEntropy 3", "w1")]
    [InlineData("tanh mlp Mse 3", "w1")]
    [InlineData("segmentation 3", "c1")]
    [InlineData("vgg gelu 2", "c2")]
    public void Gauss_Newton_diagonals_of_samples_average_to_that_of_the_mean(string name, string target)
    {
        var run = new DerivativeRun(name, target, Quantity.PerSampleGgnDiagonal, Quantity.GgnDiagonal);
        var each = run[Quantity.PerSampleGgnDiagonal];
        var mean = run[Quantity.GgnDiagonal];
        var sum = Vector<double>.Build.Dense(
            mean.Count,
            i => Enumerable.Range(0, run.Samples).Sum(n => each[n * mean.Count + i]) / run.Samples
        );
        Near(sum, mean, 1e-10);
    }

    [Fact]
    public void A_Hessian_that_is_too_big_is_refused_with_its_size()
    {
        var problem = ProblemTable.Find("tanh mlp CrossEntropy 3");
        var request = new CurvatureRequest
        {
            WithRespectTo = ["w1"],
            Loss = new LossRequest(problem.Loss),
            Quantities = [Quantity.Hessian],
        };
        var refusal = Assert.Throws<UserErrorException>(() =>
            new Planner(problem.Graph(), request, new PlanLimits { MemoryBytes = 2000 }).Plan()
        );
        Assert.Contains("'w1' has 20 × 20 entries", refusal.Message, StringComparison.Ordinal);
    }

    private static Vector<double> Flat(Matrix<double> matrix) => Vector<double>.Build.DenseOfArray(matrix.ToRowMajorArray());

    private static Vector<double> Blocks(Matrix<double> matrix, int samples)
    {
        var (rows, columns) = (matrix.RowCount / samples, matrix.ColumnCount / samples);
        return Vector<double>.Build.DenseOfEnumerable(
            Enumerable.Range(0, samples).SelectMany(n => matrix.SubMatrix(n * rows, rows, n * columns, columns).ToRowMajorArray())
        );
    }

    private static void Near(Vector<double> expected, Vector<double> computed, double tolerance)
    {
        Assert.Equal(expected.Count, computed.Count);
        var noise = tolerance == Second ? RoundoffOfSecond : RoundoffOfFirst;
        Assert.True(
            (expected - computed).L2Norm() <= (tolerance * expected.L2Norm()) + (noise * Math.Sqrt(expected.Count)),
            $"{(expected - computed).L2Norm()} of {expected.L2Norm()}: {expected} {computed}"
        );
    }
}
