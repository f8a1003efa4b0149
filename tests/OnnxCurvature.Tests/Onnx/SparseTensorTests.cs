using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Sparse weights and constants: values as ONNX Runtime has them, and derivatives.</summary>
public sealed class SparseTensorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Sparse_weights_and_constants_are_computed_with_as_dense_ones()
    {
        var constant = new AttributeProto
        {
            Name = "sparse_value",
            Type = Kind.SparseTensor,
            SparseTensor = new SparseTensorProto
            {
                Values = Floats("", 2),
                Indices = Integers("", 1, 2),
                Dims = { 3 },
            },
        };
        var model = Model(
            Graph(
                Node("Constant", "", "c", constant),
                Node("MatMul", "x w", "p"),
                Node("Add", "p v", "s"),
                Node("Add", "s c", "t"),
                Node("Tanh", "t", "y")
            )
        );
        model.Graph.SparseInitializer.Add(
            new SparseTensorProto
            {
                Values = Floats("w", 3),
                Indices = new TensorProto
                {
                    DataType = 7,
                    Dims = { 3, 2 },
                    Int64Data = { 0, 1, 1, 0, 2, 2 },
                },
                Dims = { 3, 3 },
            }
        );
        model.Graph.SparseInitializer.Add(
            new SparseTensorProto
            {
                Values = Floats("v", 2),
                Indices = Integers("", 0, 2),
                Dims = { 3 },
            }
        );
        var laws = new ModelLaws(model, _folder, ["x", "w", "v"]);
        Assert.Equal([0, 0, 0, 0.5, 0, 0, 0, 0, 1], laws.Model.Values["w"].Constant!.Read().Floats);
        Assert.Equal(["w", "v", "c"], laws.Model.Weights.Select(weight => weight.Name));
        laws.Check();
    }
}
