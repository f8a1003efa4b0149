using System.Collections.Immutable;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Checking;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Tests.Files;
using Xunit;
using Precision = OnnxCurvature.Ir.Precision;

namespace OnnxCurvature.Tests.RandomGraphs;

/// <summary>Small graphs in which random ones once showed faults, against the same dense derivatives.</summary>
[Trait("Category", "Slow")]
public sealed class FoundFaultTests
{
    /// <summary>Of a single sample every axis of size one may be that of samples.</summary>
    [Theory]
    [InlineData(Quantity.Jvp)]
    [InlineData(Quantity.Vjp)]
    [InlineData(Quantity.Jacobian)]
    public void Batches_of_one_sample_are_joined_where_those_of_two_are(Quantity quantity)
    {
        var b = Builder(samples: 3, isSymbolic: true);
        var x = b.Input(Layout.Of(new Factor(2), b.Batch, new Factor(2)));
        var y = b.Value(
            Layout.Of(new Factor(1), b.Batch, new Factor(2)),
            "Einsum",
            [b.Weight(1, 1, 2), x.Name],
            ("equation", "za,abc->zbc")
        );
        var turned = b.Value(Layout.Of(b.Batch, new Factor(2), new Factor(1)), "Transpose", [y.Name], ("perm", new long[] { 1, 2, 0 }));
        var z = b.Value(Layout.Of(b.Batch, new Factor(1)), "ReduceMean", [turned.Name], ("axes", new long[] { 1 }), ("keepdims", 0L));
        Check(b, z, "w0", Execution.Engine, [quantity], batchSize: 1);
    }

    /// <summary>The classes of a model's own cross-entropy are those of z, though their number be a symbol.</summary>
    [Theory]
    [InlineData(Quantity.Jvp)]
    [InlineData(Quantity.Vjp)]
    public void Products_with_the_Jacobian_of_a_models_own_cross_entropy_are_those_of_its_logits(Quantity quantity)
    {
        var b = Builder(samples: 2, isSymbolic: true);
        var x = b.Input(Layout.Of(b.Batch, new Factor(2)));
        var y = b.Value(x.Layout, "MatMul", [x.Name, b.Weight(1, 2, 2)]);
        var z = b.Value(y.Layout.Permute(1, 0), "Transpose", [y.Name], ("perm", new long[] { 1, 0 }));
        ImmutableArray<long> labels = [1, 0];
        var loss = b.Value(Layout.Plain(), "SoftmaxCrossEntropyLoss", [z.Name, b.Labels(Layout.Plain(2), labels)], ("reduction", "mean"));
        Check(b, z, "w0", Execution.Managed, [quantity], loss, labels);
    }

    /// <summary>Of a squared error of a linear model no input decides the diagonal, whose chunks are added all the same.</summary>
    [Fact]
    public void Chunks_that_depend_on_no_input_are_added_once()
    {
        var b = Builder(samples: 3, isSymbolic: true);
        var x = b.Input(Layout.Of(b.Batch, new Factor(4), new Factor(3), new Factor(3)));
        var z = b.Value(x.Layout.Remove(3), "ReduceMean", [x.Name], ("axes", new long[] { 3 }), ("keepdims", 0L));
        Check(b, z, "x0", Execution.Engine, [Quantity.HessianDiagonal, Quantity.Jacobian], chunkBytes: 4000);
    }

    /// <summary>ONNX Runtime would fuse the two, and fail for the type of the bounds.</summary>
    [Theory]
    [InlineData(Execution.Portable)]
    [InlineData(Execution.SingleRun)]
    [InlineData(Execution.Engine)]
    public void Bounds_after_a_relu_are_taken_in_float64(Execution execution)
    {
        var b = Builder(samples: 2, isSymbolic: false);
        var x = b.Input(Layout.Of(b.Batch, new Factor(3)));
        var y = b.Value(x.Layout.With(1, 2), "MatMul", [x.Name, b.Weight(1, 3, 2)]);
        var raised = b.Value(y.Layout, "Relu", [y.Name]);
        var z = b.Value(y.Layout, "Clip", [raised.Name, b.Scalar(0.125), b.Scalar(1.5)]);
        Check(b, z, "w0", execution, [Quantity.HessianDiagonal]);
    }

    /// <summary>ONNX takes the output of PRelu for one of the input's shape, so only the slope may be repeated.</summary>
    [Fact]
    public void An_input_that_PRelu_repeats_has_its_whole_shape_in_files()
    {
        var b = Builder(samples: 3, isSymbolic: true);
        var x = b.Input(Layout.Of(b.Batch, new Factor(1)));
        var wide = b.Value(x.Layout.With(1, 2), "Expand", [x.Name, b.Integers(1, 2)]);
        var bent = b.Value(wide.Layout, "PRelu", [wide.Name, b.Weight(1, 2)]);
        var z = b.Value(wide.Layout, "Gemm", [bent.Name, b.Weight(1, 2, 2)]);
        Check(b, z, "w0", Execution.Portable, [Quantity.HessianDiagonal]);
    }

    /// <summary>ONNX Runtime takes (1 / c) x for x / c, which has fewer axes where the one has more.</summary>
    [Fact]
    public void The_inverse_of_a_constant_keeps_the_axis_of_directions()
    {
        var b = Builder(samples: 1, isSymbolic: false);
        var x = b.Input(Layout.Of(new Factor(2), b.Batch));
        var y = b.Value(x.Layout, "Add", [x.Name, b.Weight(1, 2, 1)]);
        var least = b.Value(x.Layout.With(0, 1), "ReduceMin", [y.Name], ("axes", new long[] { 0 }), ("keepdims", 1L));
        var half = b.Value(least.Layout, "Div", [least.Name, b.Scalar(2)]);
        var smooth = b.Value(least.Layout, "Tanh", [half.Name]);
        var both = b.Value(x.Layout, "Concat", [half.Name, smooth.Name], ("axis", 0L));
        var z = b.Value(x.Layout.Permute(1, 0), "Transpose", [both.Name], ("perm", new long[] { 1, 0 }));
        Check(b, z, "w0", Execution.SingleRun, [Quantity.HessianDiagonal]);
    }

    /// <summary>A kernel of nine entries under 98 outputs, the directions of which would be many.</summary>
    [Fact]
    public void The_Gauss_Newton_diagonal_of_few_weights_under_many_outputs_comes_by_forward_products()
    {
        var b = Builder(samples: 2, isSymbolic: false);
        var x = b.Input(Layout.Of(b.Batch, new Factor(1), new Factor(7), new Factor(7)));
        (string, object)[] same = [("pads", new long[] { 1, 1, 1, 1 }), ("kernel_shape", new long[] { 3, 3 })];
        var h = b.Value(x.Layout, "Conv", [x.Name, b.Weight(1, 1, 1, 3, 3)], same);
        var s = b.Value(h.Layout, "Sigmoid", [h.Name]);
        var z = b.Value(h.Layout, "Conv", [s.Name, b.Weight(1, 1, 1, 3, 3)], same);
        Check(b, z, "w0", Execution.Engine, [Quantity.GgnDiagonal]);
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("model.onnx"), ModelFile.Bytes(b.Build(z)));
        var request = new CurvatureRequest
        {
            WithRespectTo = ["w0"],
            Loss = new LossRequest(LossKind.Mse),
            Quantities = [Quantity.GgnDiagonal],
        };
        var report = CurvatureEngine.Augment(folder.File("model.onnx"), request, folder.File("out.onnx"), new AugmentOptions());
        Assert.Equal("forward products", Assert.Single(report.Methods).Method);
    }

    /// <summary>A weight of one entry over its norm is ±1, so all derivatives are zero but for rounding, which the check allows.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_derivative_that_cancels_to_zero_before_the_output_passes_the_check(bool isDouble)
    {
        var b = Builder(samples: 2, isSymbolic: false, isDouble);
        var x = b.Input(Layout.Of(b.Batch, new Factor(2)));
        var y = b.Value(x.Layout, "Tanh", [x.Name]);
        var unit = b.Node("LpNormalization", [b.Weight(1, 2, 1)], ("axis", 1L));
        var z = b.Value(y.Layout.With(1, 1), "MatMul", [y.Name, unit]);
        Check(b, z, "w0", Execution.Engine, [Quantity.Gradient, Quantity.HessianDiagonal, Quantity.GgnDiagonal, Quantity.Jacobian]);
    }

    /// <summary>A bias that all classes share changes no probability.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_curvature_that_cancels_to_zero_behind_the_output_passes_the_check(bool isDouble)
    {
        var b = Builder(samples: 2, isSymbolic: false, isDouble);
        var x = b.Input(Layout.Of(b.Batch, new Factor(4), new Factor(2)));
        var y = b.Value(x.Layout, "Tanh", [x.Name]);
        var z = b.Value(x.Layout, "Add", [y.Name, b.Weight(1, 2)]);
        ImmutableArray<long> labels = [1, 0, 3, 2];
        var loss = b.Value(
            Layout.Plain(),
            "SoftmaxCrossEntropyLoss",
            [z.Name, b.Labels(z.Layout.Remove(1), labels)],
            ("reduction", "mean")
        );
        Check(b, z, "w0", Execution.Engine, [Quantity.Gradient, Quantity.HessianDiagonal, Quantity.Hessian], loss, labels);
    }

    /// <summary>
    /// A loss that is a mean over samples may be run in batches, but a Hessian that is not proven to have blocks is that of all samples.
    /// </summary>
    [Fact]
    public void A_Hessian_that_holds_all_samples_is_not_put_together_from_batches()
    {
        var b = Builder(samples: 35, isSymbolic: true);
        var x = b.Input(Layout.Of(b.Batch, new Factor(1)));
        var y = b.Value(x.Layout, "Tanh", [x.Name]);
        var squares = b.Value(x.Layout, "Mul", [y.Name, y.Name]);
        var mean = b.Value(Layout.Plain(), "ReduceMean", [squares.Name], ("axes", new long[] { 0, 1 }), ("keepdims", 0L));
        Check(b, mean, "x0", Execution.Engine, [Quantity.HessianDiagonal, Quantity.Hessian, Quantity.Laplacian], mean);
    }

    /// <summary>The values that a loop's body captures are rebuilt with the graph, for portable files too.</summary>
    [Theory]
    [InlineData(Execution.Portable)]
    [InlineData(Execution.SingleRun)]
    [InlineData(Execution.Engine)]
    public void The_body_of_a_loop_takes_what_is_computed_around_it(Execution execution)
    {
        var b = Builder(samples: 2, isSymbolic: false);
        var x = b.Input(Layout.Of(b.Batch, new Factor(2)));
        var unit = b.Node("LpNormalization", [b.Weight(1, 2, 2)], ("axis", 1L));
        var body = b.Body(
            ["i", "c", "h"],
            2,
            names => [b.Node("Identity", [names[1]]), b.Node("Tanh", [b.Node("MatMul", [names[2], unit])])]
        );
        var y = b.Value(x.Layout, "MatMul", [x.Name, b.Weight(1, 2, 2)]);
        var z = b.Value(x.Layout, "Loop", [b.Iterations(3), "", y.Name], ("body", body));
        Check(b, z, "w1", execution, [Quantity.Loss]);
    }

    /// <summary>A change of one row reaches the other rows where these are scaled or shifted by a sum over all of them.</summary>
    [Theory]
    [InlineData("LogSoftmax")]
    [InlineData("Softmax")]
    [InlineData("ReduceMean")]
    [InlineData("MatMul")]
    public void Rows_of_a_weight_are_pushed_forward_to_all_rows_that_they_reach(string operation)
    {
        var b = Builder(samples: 2, isSymbolic: false);
        var x = b.Input(Layout.Of(b.Batch, new Factor(2)));
        var y = b.Value(x.Layout.With(1, 3), "Gemm", [x.Name, b.Weight(1, 3, 2)], ("transB", 1L));
        var mixed = operation switch
        {
            "ReduceMean" => b.Node("Sub", [y.Name, b.Node("ReduceMean", [y.Name], ("axes", new long[] { 1 }))]),
            "MatMul" => b.Node("Add", [y.Name, b.Node("MatMul", [y.Name, b.Weight(1, 3, 3)])]),
            _ => b.Node(operation, [y.Name], ("axis", 1L)),
        };
        var narrow = b.Value(x.Layout.With(1, 1), "MatMul", [b.Node("Tanh", [mixed]), b.Weight(1, 3, 1)]);
        var z = b.Value(x.Layout.With(1, 3), "MatMul", [narrow.Name, b.Weight(1, 1, 3)]);
        Check(b, z, "w0", Execution.Managed, [Quantity.HessianDiagonal, Quantity.GgnDiagonal], part: new TargetPart(1, 2, false));
    }

    /// <summary>ONNX Runtime starts no session in which everything is a constant.</summary>
    [Theory]
    [InlineData(Execution.Engine)]
    [InlineData(Execution.SingleRun)]
    [InlineData(Execution.Portable)]
    public void A_diagonal_that_is_zero_whatever_the_data_is_given_by_itself(Execution execution)
    {
        var b = Builder(samples: 2, isSymbolic: false);
        var x = b.Input(Layout.Of(b.Batch, new Factor(2)));
        var y = b.Value(x.Layout.With(1, 3), "MatMul", [x.Name, b.Weight(1, 2, 3)]);
        var sum = b.Value(Layout.Plain(), "ReduceMean", [y.Name], ("axes", new long[] { 0, 1 }), ("keepdims", 0L));
        Check(b, sum, "w0", execution, [Quantity.HessianDiagonal], sum);
    }

    private static GraphBuilder Builder(int samples, bool isSymbolic, bool isDouble = true) =>
        new(Choices.Of([]), 7)
        {
            Opset = 17,
            Bits = isDouble ? 64 : 32,
            Samples = samples,
            IsSymbolic = isSymbolic,
        };

    /// <summary>Compares all quantities; a refusal is no result. The loss is the squared error, or one of the model.</summary>
    private static void Check(
        GraphBuilder b,
        Sketch z,
        string target,
        Execution execution,
        ImmutableArray<Quantity> quantities,
        Sketch? own = null,
        ImmutableArray<long> labels = default,
        int? batchSize = null,
        long? chunkBytes = null,
        TargetPart? part = null
    )
    {
        using var folder = new TemporaryFolder();
        var graph = b.Build(own ?? z);
        var problem = new Problem
        {
            Graph = graph,
            Loss = own is null ? LossKind.Mse : LossKind.Value,
            OwnCrossEntropy = labels.IsDefault ? null : "mean",
            Labels = labels.IsDefault ? [] : labels,
            Reduction = Reduction.Mean,
            Z = z,
            Wanted = own is null ? [.. Enumerable.Range(0, z.Layout.Count()).Select(index => index / 4.0)] : [],
            Target = graph.Targets.Single(one => one.Name == target),
            Part = part,
            Quantities = quantities,
            Precision = Precision.Model,
            DeclaresSamples = true,
            Checks = true,
            BatchSize = batchSize,
            ChunkBytes = chunkBytes,
            PlansForAnySize = graph.Inputs.Any(input => input.IsSymbolic) && own is not null,
            Execution = execution,
            Seed = 7,
        };
        var outcomes = new ProblemChecker(folder.Path).Check(problem).Outcomes;
        Assert.Contains(outcomes, outcome => outcome.Way.StartsWith(WayOf(execution), StringComparison.Ordinal));
        Assert.All(
            outcomes,
            outcome => Assert.True(outcome.Kind == OutcomeKind.Right, $"{outcome.Way}: {outcome.Text}"),
            throwIfEmpty: true
        );
    }

    private static string WayOf(Execution execution) =>
        execution switch
        {
            Execution.Portable => "portable",
            Execution.SingleRun => "single-run",
            Execution.Engine => "engine",
            _ => "managed",
        };
}
