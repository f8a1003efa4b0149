using System.Text;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using Xunit;

namespace OnnxCurvature.Tests.Files;

public sealed class NpyWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ElementType.Float32, new long[] { }, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }")]
    [InlineData(ElementType.Int64, new long[] { 1 }, "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }")]
    [InlineData(ElementType.Bool, new long[] { 1, 1 }, "{'descr': '|b1', 'fortran_order': False, 'shape': (1, 1), }")]
    public void The_header_is_that_of_NumPy(ElementType element, long[] shape, string dictionary)
    {
        var bytes = Written(NpyArray.Of(element, shape, [1]));
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0, 118, 0], bytes[..10]);
        Assert.Equal(dictionary.PadRight(117) + "\n", Encoding.ASCII.GetString(bytes[10..128]));
        Assert.Equal(128 + element.Size(), bytes.Length);
    }

    [Fact]
    public void Long_shapes_keep_the_elements_at_a_multiple_of_64_bytes()
    {
        var shape = Enumerable.Repeat(1L, 32).ToArray();
        var array = NpyArray.Of(ElementType.Float64, shape, [1]);
        Assert.Equal(8, Written(array).Length % 64);
        NpyWriter.Write(_folder.File("a.npy"), array);
        Assert.Equal(shape, NpyReader.Read(_folder.File("a.npy")).Shape);
    }

    [Fact]
    public void Written_arrays_are_read()
    {
        var array = NpyArray.Of(ElementType.Float16, [2, 0, 3], []);
        NpyWriter.Write(_folder.File("a.npy"), array);
        Assert.Equal([2L, 0L, 3L], NpyReader.Read(_folder.File("a.npy")).Shape);
        array = NpyArray.Of(ElementType.Float32, [2, 2], [1, -2, 0.25, double.NaN]);
        NpyWriter.Write(_folder.File("a.npy"), array);
        Assert.Equal([1, -2, 0.25, double.NaN], NpyReader.Read(_folder.File("a.npy")).ToDoubles());
    }

    [Fact]
    public void Doubles_written_block_by_block_are_those_written_at_once()
    {
        var values = Enumerable.Range(0, 200_001).Select(i => i / 7.0).ToArray();
        using var blocks = new MemoryStream();
        NpyWriter.Write(blocks, ElementType.Float32, [3, 66_667], values);
        Assert.Equal(Written(NpyArray.Of(ElementType.Float32, [3, 66_667], values)), blocks.ToArray());
        Assert.Throws<ArgumentException>(() => NpyWriter.Write(blocks, ElementType.Float32, [3], values));
    }

    [Fact]
    public void Types_that_NumPy_lacks_are_refused() =>
        Assert.Throws<ArgumentException>(() => Written(new NpyArray(ElementType.BFloat16, [1], [0, 0])));

    private static byte[] Written(NpyArray array)
    {
        using var stream = new MemoryStream();
        NpyWriter.Write(stream, array);
        return stream.ToArray();
    }
}
