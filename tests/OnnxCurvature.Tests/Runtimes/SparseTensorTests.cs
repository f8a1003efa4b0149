using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Sessions;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>Tensors that are zero but for some elements.</summary>
public sealed class SparseTensorTests
{
    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void All_elements_but_those_given_are_zero(ElementType element)
    {
        const int Rows = 3,
            Columns = 1 << 19;
        using var tensor = new SparseTensor(element, [Rows, Columns], [(5, 1.5), ((long)Rows * Columns - 1, -2)]);
        Assert.Equal<long>([Rows, Columns], OrtTensors.Shape(tensor.Value));
        var nonzero = OrtTensors.Doubles(tensor.Value).Select((value, at) => (value, at)).Where(one => one.value != 0);
        Assert.Equal([(1.5, 5), (-2, Rows * Columns - 1)], nonzero);
    }

    [Fact]
    public void A_scalar_and_a_tensor_of_nothing_are_taken()
    {
        using var scalar = new SparseTensor(ElementType.Float64, [], [(0, 7)]);
        using var nothing = new SparseTensor(ElementType.Float32, [0, 3], []);
        Assert.Equal([7], OrtTensors.Doubles(scalar.Value));
        Assert.Empty(OrtTensors.Doubles(nothing.Value));
    }
}
