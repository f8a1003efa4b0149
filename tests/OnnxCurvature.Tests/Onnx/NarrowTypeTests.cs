using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Tests.Laws;
using Xunit;
using Tensor = OnnxCurvature.Ir.Tensor;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Types of eight bits and less against ONNX Runtime's own conversions, and their bytes in files.</summary>
public sealed class NarrowTypeTests
{
    [Theory]
    // The largest number, the smallest above zero, and a code that is not a number, as the standard has them.
    [InlineData(ElementType.Float8E4M3FN, 448, 0.001953125, 0x7F)]
    [InlineData(ElementType.Float8E4M3FNUZ, 240, 0.0009765625, 0x80)]
    [InlineData(ElementType.Float8E5M2, 57344, 1.52587890625e-05, 0x7E)]
    [InlineData(ElementType.Float8E5M2FNUZ, 57344, 7.62939453125e-06, 0x80)]
    public void Codes_mean_what_the_standard_says(ElementType type, double largest, double smallest, int notANumber)
    {
        var values = Enumerable.Range(0, 256).Select(code => NarrowFloats.Decode(type, code)).ToArray();
        Assert.Equal(largest, values.Where(double.IsFinite).Max());
        Assert.Equal(smallest, values.Where(value => value > 0).Min());
        Assert.True(double.IsNaN(values[notANumber]));
        for (var code = 0; code < 256; code++)
            if (double.IsFinite(values[code]))
                Assert.Equal(code, NarrowFloats.Encode(type, values[code]));
    }

    [Theory]
    [InlineData(ElementType.Float8E4M3FN, true)]
    [InlineData(ElementType.Float8E4M3FN, false)]
    [InlineData(ElementType.Float8E4M3FNUZ, true)]
    [InlineData(ElementType.Float8E4M3FNUZ, false)]
    [InlineData(ElementType.Float8E5M2, true)]
    [InlineData(ElementType.Float8E5M2, false)]
    [InlineData(ElementType.Float8E5M2FNUZ, true)]
    [InlineData(ElementType.Float8E5M2FNUZ, false)]
    [InlineData(ElementType.Int4, true)]
    [InlineData(ElementType.UInt4, true)]
    public void Numbers_are_rounded_as_ONNX_Runtime_rounds_them(ElementType type, bool saturated)
    {
        var random = new Random(7);
        double[] numbers =
        [
            .. Enumerable.Range(0, 4000).Select(_ => (double)(float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-18, 19)))),
            0,
            0.5,
            -0.5,
            1.5,
            2.5,
            464,
            480,
            248,
            256,
            61440,
            61441,
            65536,
        ];
        // The standard leaves open how halves are rounded; of numbers out of the range of integers the low bits are left. Not saturated,
        // ONNX Runtime takes some numbers that are a little too large for the largest one.
        if (!type.HoldsFloats())
            numbers = [.. numbers.Select(number => Math.IEEERemainder(number, 41)).Where(number => number % 1 is not (0.5 or -0.5))];
        else if (!saturated)
            numbers =
            [
                .. numbers.Where(number =>
                    Math.Abs(number) <= NarrowFloats.Round(type, 1e9) || Math.Abs(number) > 2 * NarrowFloats.Round(type, 1e9)
                ),
            ];
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, TensorShape.Of(numbers.Length)), "x");
        var attributes = Attributes.Empty.With("to", (long)type);
        var cast = Catalogue.Get<Cast>().Apply(b, [x], saturated ? attributes : attributes.With("saturate", 0L)).Output;
        var program = b.Build([x], [new NamedValue("y", cast)]);
        var tensor = Tensor.Of(ElementType.Float32, [numbers.Length], numbers);
        var there = RuntimeProgram.Run(program, 21, new Dictionary<Value, Tensor> { [x] = tensor });
        Assert.NotNull(there);
        var here = tensor.CastTo(type, saturated);
        for (var index = 0; index < numbers.Length; index++)
            Assert.True(
                here.At(index).Equals(there[0].At(index)),
                $"{numbers[index]} becomes {here.At(index)} here and {there[0].At(index)} there"
            );
    }

    [Theory]
    [InlineData(ElementType.Int4, new[] { -8.0, 7, 3 }, new byte[] { 0x78, 0x03 })]
    [InlineData(ElementType.UInt4, new[] { 15.0, 0, 1, 2 }, new byte[] { 0x0F, 0x21 })]
    [InlineData(ElementType.Int2, new[] { -2.0, 1, 0, -1, 1 }, new byte[] { 0xC6, 0x01 })]
    [InlineData(ElementType.Float4E2M1, new[] { 6.0, -0.5, 1 }, new byte[] { 0x97, 0x02 })]
    [InlineData(ElementType.Float8E8M0, new[] { 1.0, 0.25 }, new byte[] { 127, 125 })]
    public void Files_hold_them_packed(ElementType type, double[] numbers, byte[] bytes)
    {
        var tensor = Tensor.Of(ElementType.Float64, [numbers.Length], numbers).CastTo(type);
        Assert.Equal(bytes, TensorEncoder.Encode(tensor));
        var raw = new TensorProto
        {
            DataType = (int)type,
            Dims = { numbers.Length },
            RawData = Google.Protobuf.ByteString.CopyFrom(bytes),
        };
        var listed = new TensorProto
        {
            DataType = (int)type,
            Dims = { numbers.Length },
            Int32Data = { bytes.Select(value => (int)value) },
        };
        foreach (var proto in new[] { raw, listed })
        {
            var read = new TensorReader("file", null).Read(proto).Read();
            Assert.Equal(type, read.Element);
            Assert.Equal(numbers, Enumerable.Range(0, read.Count).Select(read.At));
        }
        raw.Dims[0] = 99;
        Assert.Contains(
            "needs",
            Assert.Throws<UserErrorException>(() => new TensorReader("file", null).Read(raw)).Message,
            StringComparison.Ordinal
        );
    }
}
