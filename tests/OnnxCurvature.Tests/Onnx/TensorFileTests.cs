using Google.Protobuf;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Files;
using Xunit;
using Folder = OnnxCurvature.Tests.Files.TemporaryFolder;
using Reader = OnnxCurvature.Onnx.Tensors.TensorFile;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Single tensors in files.</summary>
public sealed class TensorFileTests
{
    [Fact]
    public void Raw_floats_are_read()
    {
        var tensor = new TensorProto
        {
            DataType = 1,
            RawData = ByteString.CopyFrom(
                new float[] { 1, -2.5f, 3e-9f }
                    .SelectMany(BitConverter.GetBytes)
                    .ToArray()
            ),
        };
        tensor.Dims.Add([3, 1]);
        var array = Read(tensor);
        Assert.Equal(ElementType.Float32, array.Element);
        Assert.Equal([3, 1], array.Shape);
        Assert.Equal([1, -2.5, 3e-9f], array.ToDoubles());
    }

    [Fact]
    public void Integers_keep_all_their_bits()
    {
        var tensor = new TensorProto { DataType = 7 };
        tensor.Dims.Add(2);
        tensor.Int64Data.Add([long.MaxValue, -9007199254740993]);
        Assert.Equal([long.MaxValue, -9007199254740993], Read(tensor).ToInt64s());
    }

    [Theory]
    [InlineData(2, ElementType.UInt8, new byte[] { 200, 0, 1 })]
    [InlineData(3, ElementType.Int8, new byte[] { 200, 0, 1 })]
    [InlineData(9, ElementType.Bool, new byte[] { 1, 0, 1 })]
    public void Small_integers_and_booleans_keep_their_bytes(int type, ElementType element, byte[] bytes)
    {
        var tensor = new TensorProto { DataType = type, RawData = ByteString.CopyFrom(bytes) };
        tensor.Dims.Add(3);
        Assert.Equal((element, Convert.ToHexString(bytes)), (Read(tensor).Element, Convert.ToHexString(Read(tensor).Data)));
    }

    [Fact]
    public void Files_that_are_no_tensor_are_refused_with_the_reason()
    {
        using var folder = new Folder();
        Refused(folder.Holding("noise.pb", [0x0a, 0xff, 0xff, 0xff]), "is no tensor or is cut off");
        Refused(folder.Holding("empty.pb", []), "holds no tensor");
        Refused(folder.File("none.pb"), "There is no file");
        Refused(
            folder.Holding(
                "short.pb",
                new TensorProto
                {
                    DataType = 1,
                    Dims = { 3 },
                    RawData = ByteString.CopyFrom(1, 2, 3, 4),
                }.ToByteArray()
            ),
            "4 bytes"
        );
        Refused(folder.Holding("string.pb", new TensorProto { DataType = 8, Dims = { 0 } }.ToByteArray()), "cannot be taken as data");
        Refused(
            folder.Holding(
                "external.pb",
                new TensorProto
                {
                    DataType = 1,
                    Dims = { 1 },
                    DataLocation = TensorProto.Types.DataLocation.External,
                }.ToByteArray()
            ),
            "in another file"
        );
    }

    private static void Refused(string path, string part) =>
        Assert.Contains(part, Assert.Throws<UserErrorException>(() => Reader.Read(path)).Message, StringComparison.Ordinal);

    private static OnnxCurvature.Files.NpyArray Read(TensorProto tensor)
    {
        using var folder = new Folder();
        return Reader.Read(folder.Holding("tensor.pb", tensor.ToByteArray()));
    }
}
