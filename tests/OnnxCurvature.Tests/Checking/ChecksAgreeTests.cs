using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Checking;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Methods;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Checking;

/// <summary>The check of a run finds nothing where nothing is wrong, and leaves nothing out.</summary>
[Trait("Category", "Slow")]
public sealed class ChecksAgreeTests
{
    public static TheoryData<string> Problems => [.. ProblemTable.Names];

    [Theory]
    [MemberData(nameof(Problems))]
    public void Every_problem_agrees_in_both_precisions(string name)
    {
        foreach (var element in (ElementType[])[ElementType.Float32, ElementType.Float64])
        {
            var problem = ProblemTable.Find(name);
            using var folder = new TemporaryFolder();
            var file = ProblemFile.Write(problem, folder, element);
            Agrees(Run(file, RequestOf(problem)));
        }
    }

    [Theory]
    [MemberData(nameof(ReferenceTable.Rows), MemberType = typeof(ReferenceTable))]
    public void Every_reference_model_agrees_in_both_precisions(string model, string weight)
    {
        var entry = ReferenceTable.Find(model, weight);
        foreach (var precision in (Precision[])[Precision.Model, Precision.Float64])
        {
            Agrees(entry.Run(entry.Request with { Precision = precision }));
        }
    }

    [Theory]
    [InlineData("relu mlp CrossEntropy 3 symbolic")]
    [InlineData("tanh mlp BinaryCrossEntropy 3 symbolic")]
    [InlineData("cnn 3 symbolic")]
    [InlineData("shared weight 3")]
    [InlineData("residual 3")]
    public void Every_quantity_agrees_by_weights_and_inputs(string name)
    {
        foreach (var element in (ElementType[])[ElementType.Float32, ElementType.Float64])
        {
            var problem = ProblemTable.Find(name);
            using var folder = new TemporaryFolder();
            var file = ProblemFile.Write(problem, folder, element);
            var first = problem.Weights[0].Name!;
            var request = new CurvatureRequest
            {
                WithRespectTo = [first, $"{first}[1]", $"{first}[1:3]", problem.Weights[^1].Name!, problem.Inputs[0].Name!],
                Loss = new LossRequest(problem.Loss),
                Quantities =
                [
                    Quantity.Gradient,
                    Quantity.HessianDiagonal,
                    Quantity.GgnDiagonal,
                    Quantity.FisherDiagonal,
                    Quantity.PerSampleGradient,
                    Quantity.PerSampleHessianDiagonal,
                    Quantity.PerSampleGgnDiagonal,
                    Quantity.PerSampleFisherDiagonal,
                    Quantity.Jacobian,
                    Quantity.Hessian,
                    Quantity.GradientOfGradient,
                ],
            };
            Agrees(Run(file, request));
        }
    }

    /// <summary>
    /// Where all classes have the same weights, softmax does not depend on what comes before, so that all derivatives are zero and a run
    /// gives rounding.
    /// </summary>
    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void Derivatives_that_cancel_to_nothing_are_no_disagreement(ElementType element)
    {
        var problem = new Problem("cancels", 3, false);
        var hidden = problem.Apply<MatMul>(problem.Input(4), problem.Weight("w1", 0.7, 4, 5));
        var same = Tensor.Of([5, 3], [.. Enumerable.Range(0, 15).Select(index => 0.3 + 0.1 * (index / 3))]);
        var logits = problem.Apply<MatMul>(hidden, problem.Builder.Constant(same));
        problem.Output = problem.Apply<Add>(logits, problem.Weight("b", 1, 3));
        using var folder = new TemporaryFolder();
        var file = ProblemFile.Write(problem, folder, element);
        var request = new CurvatureRequest
        {
            WithRespectTo = ["w1"],
            Loss = new LossRequest(problem.Loss),
            Quantities =
            [
                Quantity.Gradient,
                Quantity.HessianDiagonal,
                Quantity.GgnDiagonal,
                Quantity.FisherDiagonal,
                Quantity.GradientOfGradient,
            ],
        };
        var check = Run(file, request).Check;
        Assert.Empty(check.Unchecked);
        Assert.All(
            check.Entries,
            entry => Assert.InRange(entry.Tolerance, 0, element == ElementType.Float32 ? 1e-4 : 1e-12),
            throwIfEmpty: true
        );
    }

    /// <summary>A term of the loss takes entries of all samples there, while the Jacobian has a block for each.</summary>
    [Fact]
    public void A_Jacobian_is_checked_sample_by_sample_where_classes_lie_along_the_samples()
    {
        var problem = new Problem("classes along samples", 3, false);
        var product = problem.Apply<MatMul>(problem.Input(4), problem.Weight("w", 0.7, 4, 5));
        problem.Output = TransposeAxes.Of(problem.Builder, problem.Apply<Tanh>(product), 1, 0);
        using var folder = new TemporaryFolder();
        var file = ProblemFile.Write(problem, folder, ElementType.Float64);
        var request = new CurvatureRequest
        {
            WithRespectTo = [problem.Inputs[0].Name!],
            Loss = new LossRequest(problem.Loss),
            Quantities = [Quantity.Jacobian],
        };
        var result = Run(file, request);
        Assert.Equal([3, 5, 4], result.Tensors[0].Shape.Select(size => (int)size));
        Agrees(result);
    }

    [Fact]
    public void Of_several_batches_the_first_is_checked_by_itself()
    {
        using var folder = new TemporaryFolder();
        var (file, request) = Dense(folder);
        var whole = Run(file, request, batchSize: 1);
        var alone = Run(file with { Data = file.Data.ToDictionary(entry => entry.Key, entry => FirstOfThree(entry.Value)) }, request);
        Assert.Equal(3, whole.Batches);
        Agrees(whole);
        Assert.Equal(alone.Check.Entries.Length, whole.Check.Entries.Length);
        Assert.All(
            alone.Check.Entries.Zip(whole.Check.Entries),
            pair => Assert.Equal(pair.First.Computed, pair.Second.Computed, 1e-5),
            throwIfEmpty: true
        );
    }

    [Fact]
    public void Results_of_an_augmented_file_are_said_to_be_unchecked()
    {
        using var folder = new TemporaryFolder();
        var (file, request) = Dense(folder);
        CurvatureEngine.Augment(file.Path, request, folder.File("augmented.onnx"), new AugmentOptions());
        var result = Run(file with { Path = folder.File("augmented.onnx") }, null);
        Assert.Empty(result.Check.Entries);
        Assert.Contains("augmented", Assert.Single(result.Check.Unchecked).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Estimates_are_not_checked()
    {
        using var folder = new TemporaryFolder();
        var (file, request) = Dense(folder);
        var result = Run(file, request with { Estimator = Estimator.Hutchinson });
        Assert.Empty(result.Check.Unchecked);
        Assert.All(result.Check.Entries, entry => Assert.EndsWith(".gradient", entry.Name, StringComparison.Ordinal), throwIfEmpty: true);
    }

    [Fact]
    public void A_result_that_cannot_be_checked_is_named_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        var (file, request) = Dense(folder);
        var left = Run(file, request with { Quantities = [Quantity.Gradient, Quantity.Laplacian] }).Check.Unchecked;
        Assert.Equal(request.WithRespectTo.Select(name => name + ".laplacian"), left.Select(one => one.Name));
        Assert.All(left, one => Assert.Equal("a trace takes a direction for every entry", one.Reason), throwIfEmpty: true);
    }

    private static (ProblemFile File, CurvatureRequest Request) Dense(TemporaryFolder folder)
    {
        var problem = ProblemTable.Find("tanh mlp CrossEntropy 3 symbolic");
        return (ProblemFile.Write(problem, folder, ElementType.Float32), RequestOf(problem));
    }

    private static CurvatureRequest RequestOf(Problem problem) =>
        new()
        {
            WithRespectTo = [.. problem.Weights.Select(weight => weight.Name!)],
            // Three classes on three by three positions: the labels' shape does not determine the axis of the classes.
            Loss = new LossRequest(problem.Loss)
            {
                Classes = new ClassOptions { Axis = problem is { Loss: LossKind.CrossEntropy, Output.Type.Rank: > 2 } ? 1 : null },
            },
        };

    private static CurvatureResult Run(ProblemFile file, CurvatureRequest? request, int? batchSize = null)
    {
        // However busy the machine is, all entries are to be compared.
        var faults = new PlantedFaults { Expected = _ => (double.MaxValue, 1) };
        var options = new CurvatureRunOptions { BatchSize = batchSize, Faults = faults };
        return CurvatureEngine.Prepare(file.Path, request, file.Data, options).Run(null, TestContext.Current.CancellationToken);
    }

    private static NpyArray FirstOfThree(NpyArray array) =>
        new(array.Element, [1, .. array.Shape[1..]], array.Data[..(array.Data.Length / 3)]);

    /// <summary>All entries agree, and no result is left out.</summary>
    private static void Agrees(CurvatureResult result)
    {
        Assert.True(result.Check.Agrees);
        Assert.Empty(result.Check.Unchecked);
        var names = result.Tensors.Select(tensor => tensor.Name).Where(name => name != "loss");
        Assert.Equal(names.Order(), result.Check.Entries.Select(entry => entry.Name).Distinct().Order());
        var element = result.Tensors[0].Element;
        Assert.InRange(result.Check.LargestDifference, 0, CheckRounding.Relative(element.UnitRoundoff()));
    }
}
