using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Methods;

/// <summary>Which losses are proven to be a sum or a mean over samples, by what is said of them; and that all others are not.</summary>
public sealed class BatchProofTests
{
    /// <summary>
    /// Nodes that compute the loss y of x [N, 3], separated by semicolons: an operator, its inputs, and its output, with attributes in
    /// brackets. There are z [3, K…], whose axis has a name so long that sums with it have digests for names; v [3, CANT], whose axis has
    /// an N in its name; the weights w [3], the matrix m [3, 3], the positive numbers c [4] of classes, and integers t [N].
    /// </summary>
    private const string Rows = "Mul x w h; Tanh h t1; ReduceSum t1 one -> s [keepdims=0]; ";

    public static TheoryData<string, string> Losses =>
        new()
        {
            { Rows + "ReduceMean s -> y [keepdims=0]", "mean" },
            { Rows + "ReduceSum s -> y [keepdims=0]", "sum" },
            { "Mul x w h; ReduceMean h -> y [keepdims=0]", "mean" },
            { "Mul x w h; ReduceSumSquare h -> y [keepdims=0]", "sum" },
            { "Mul x w h; ReduceL1 h -> y [keepdims=0]", "sum" },
            { "Mul x w h; ReduceL2 h -> y [keepdims=0]", "ReduceL2 that makes 'y' may couple samples across the batch" },
            { "Mul x w h; ReduceLogSum h -> y [keepdims=0]", "may couple samples across the batch" },
            { "Mul x w h; ReduceMax h -> y [keepdims=0]", "may couple samples across the batch" },
            { Rows + "ReduceMean s -> r [keepdims=0]; Mul r half y", "mean" },
            { Rows + "ReduceSum s -> r [keepdims=0]; Mul r half y", "sum" },
            { Rows + "ReduceMean s -> r [keepdims=0]; Add r half y", "mean" },
            { Rows + "ReduceSum s -> r [keepdims=0]; Add r half y", "Add that makes 'y' may add to a sum over samples what no sample has" },
            { Rows + "ReduceMean s -> r [keepdims=0]; Exp r y", "Exp that makes 'y' is not linear in a mean over samples" },
            { Rows + "ReduceMean s -> r [keepdims=0]; Mul r r y", "is not linear in a mean over samples" },
            {
                Rows + "ReduceMean s -> r [keepdims=0]; ReduceSum s -> q [keepdims=0]; Add r q y",
                "puts a sum over samples together with a mean over them"
            },
            {
                Rows + "ReduceMean s -> r [keepdims=0]; Sub s r d; ReduceMean d -> y [keepdims=0]",
                "puts single samples together with what all of them make"
            },
            { Rows + "ReduceSum s -> r [keepdims=0]; Shape x n; Gather n zero k; Cast k f [to=1]; Div r f y", "mean" },
            {
                Rows + "ReduceMean s -> r [keepdims=0]; Shape x n; Gather n zero k; Cast k f [to=1]; Div r f y",
                "Div that makes 'y' computes with the number of samples"
            },
            {
                Rows + "Shape x n; Gather n zero k; Cast k f [to=1]; Div s f d; ReduceSum d -> y [keepdims=0]",
                "Div that makes 'd' computes with the number of samples"
            },
            {
                "Shape x n; Gather n zero k; Range zero k one1 i; Cast i p [to=1]; ReduceSum x one -> s [keepdims=0]; Mul s p h; "
                    + "ReduceMean h -> y [keepdims=0]",
                "computes with the number of samples"
            },
            {
                "CumSum x zero c1; Mul c1 w h; ReduceMean h -> y [keepdims=0]",
                "CumSum that makes 'c1' may couple samples across the batch"
            },
            { "Gemm x x g [transB=1]; ReduceMean g -> y [keepdims=0]", "Gemm that makes 'g' may couple samples across the batch" },
            { "Shape x n; Expand w3 n e; Mul x e h; ReduceMean h -> y [keepdims=0]", "mean" },
            { "Shape x n; ConstantOfShape n e; Add x e h; Mul h w g; ReduceMean g -> y [keepdims=0]", "mean" },
            { "MatMul x m h; Reshape h flat r; ReduceMean r -> y [keepdims=0]", "mean" },
            { "MatMul x m h; SoftmaxCrossEntropyLoss h t y", "mean" },
            { "MatMul x m h; SoftmaxCrossEntropyLoss h t y [reduction=sum]", "sum" },
            { "MatMul x m h; SoftmaxCrossEntropyLoss h t c y", "may couple samples across the batch" },
            { "MatMul x m h; SoftmaxCrossEntropyLoss h t c y [reduction=sum]", "sum" },
            { "MatMul x m h; SoftmaxCrossEntropyLoss h t y [ignore_index=1]", "may couple samples across the batch" },
            { "ReduceMean w -> r [keepdims=0]; Mul r half y", "mean" },
            {
                Rows
                    + "ReduceSum s -> r [keepdims=0]; Shape z n; Gather n one1 a; Shape x e; Gather e zero d; Add a d k; "
                    + "Cast k f [to=1]; Div r f y",
                "Div that makes 'y' computes with the number of samples"
            },
            { Rows + "ReduceSum s -> r [keepdims=0]; Shape v n; Gather n one1 a; Add a a k; Cast k f [to=1]; Div r f y", "sum" },
        };

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_is_cut_into_batches_only_where_it_is_a_sum_or_a_mean_over_samples(string nodes, string expected)
    {
        using var folder = new TemporaryFolder();
        var model = OnnxModel.Load(Of(nodes).Save(folder), new LoadOptions { Oracle = new OrtShapeOracle() }).Graph;
        var request = new CurvatureRequest { WithRespectTo = ["w"], Loss = new LossRequest(LossKind.Value, "y") };
        var rule = BatchRule.Of(model, LossBuilder.Build(model, request.Loss, Reduction.Mean), request);
        if (expected is "sum" or "mean")
            Assert.Equal((null, expected == "sum" ? BatchWeight.Sum : BatchWeight.Samples), (rule.Obstacle, rule.Weight));
        else
            Assert.Contains(expected, rule.Obstacle, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cross-entropy", "mean", "mean")]
    [InlineData("cross-entropy", "sum", "sum")]
    [InlineData("mse", "mean", "mean")]
    [InlineData("mse", "sum", "sum")]
    [InlineData("binary-cross-entropy", "mean", "mean")]
    [InlineData("sum", "mean", "sum")]
    public void Losses_that_are_put_onto_a_model_keep_samples_separate(string loss, string reduction, string expected)
    {
        using var folder = new TemporaryFolder();
        var model = OnnxModel.Load(Of("MatMul x m y").Save(folder)).Graph;
        var request = new CurvatureRequest
        {
            WithRespectTo = ["m"],
            Loss = LossRequest.Parse(loss),
            Reduction = reduction == "sum" ? Reduction.Sum : Reduction.Mean,
        };
        var rule = BatchRule.Of(model, LossBuilder.Build(model, request.Loss, request.Reduction), request);
        Assert.Equal((null, expected == "sum" ? BatchWeight.Sum : BatchWeight.Samples), (rule.Obstacle, rule.Weight));
    }

    private static ModelProto Of(string nodes) =>
        Model(
            new GraphProto
            {
                Name = "loss",
                Input = { Info("x", 1, "N", 3), Info("t", 7, "N"), Info("z", 1, 3, new string('K', 198)), Info("v", 1, 3, "CANT") },
                Output = { Info("y", 1) },
                Initializer =
                {
                    Floats("w", 3),
                    Floats("m", 3, 3),
                    Floats("w3", 1, 3),
                    Weight("c", [3], index => index + 0.5),
                    Weight("half", [], _ => 0.5),
                    Integer("zero", 0),
                    Integer("one1", 1),
                    Integers("one", 1),
                    Integers("flat", -1),
                },
                Node = { nodes.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Parsed) },
            }
        );

    private static NodeProto Parsed(string text)
    {
        var parts = text.Split('[', ']');
        var words = parts[0].Replace("->", "", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var node = Node(words[0], string.Join(' ', words[1..^1]), words[^1]);
        if (parts.Length > 1 && parts[1].Split('=') is [var name, var value])
            node.Attribute.Add(
                long.TryParse(value, out var number)
                    ? Int(name, number)
                    : new AttributeProto
                    {
                        Name = name,
                        Type = AttributeProto.Types.AttributeType.String,
                        S = Google.Protobuf.ByteString.CopyFromUtf8(value),
                    }
            );
        return node;
    }
}
