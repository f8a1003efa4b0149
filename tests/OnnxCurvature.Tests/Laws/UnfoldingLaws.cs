using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>The law of unfolded products: what they say of a weight is what its transpose says.</summary>
public sealed class UnfoldingLaws
{
    /// <summary>The samples of products that are unfolded for one of their inputs.</summary>
    public static TheoryData<string> Unfolding =>
        SampleTable.Where(sample =>
            SampleTable.IsDifferentiable(sample)
            && new SampleProgram(sample) is var program
            && program.Active.Any(weight => Unfolded(program, weight) is not null)
        );

    [Fact]
    public void Products_of_layers_are_unfolded()
    {
        var unfolded = Unfolding.Select(row => SampleTable.Get(row.Data).Operator);
        Assert.Superset(new HashSet<string> { "Conv", "Gemm", "MatMul" }, unfolded.ToHashSet());
    }

    [Theory, MemberData(nameof(Unfolding))]
    public void An_unfolded_product_pulls_back_as_the_transpose_does(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var (b, node) = (program.Builder, program.Node);
        var weights = program.Active.Where(weight => Unfolded(program, weight) is not null).ToArray();
        Assert.NotEmpty(weights);
        foreach (var weight in weights)
        {
            var product = Unfolded(program, weight)!;
            var cotangent = program.Bind(b.Parameter(node.Output.Type), program.RandomLike(node.Output));
            var expected = b.Linearize([weight], [node.Output]).Transpose(b, [cotangent])[0]!;

            var cotangents = product.Cotangents(b, Reshape.InsertAxis(b, cotangent, 0));
            var samples = MatMul.Of(b, cotangents, TransposeAxes.Last(b, product.Unfolded));
            var actual = product.Weight(b, ReduceSum.Of(b, samples, [0, 1], keepDims: false));

            Assert.Equal(4, product.Unfolded.Type.Rank);
            Assert.Equal(weight.Type, actual.Type);
            var tensors = program.Evaluate([expected, actual], [weight, weight]);
            Close.Check(tensors[0], tensors[1], 1e-12, $"the cotangent of input {node.Inputs.IndexOf(weight)}");
        }
    }

    private static UnfoldedProduct? Unfolded(SampleProgram program, Value weight) =>
        program.Node.Rules().Unfold(program.Builder, program.Node, program.Node.Inputs.IndexOf(weight));
}
