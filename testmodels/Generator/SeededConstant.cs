using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using OnnxCurvature.Ir;

namespace OnnxCurvature.TestModels;

/// <summary>
/// A float32 tensor of independent normal numbers that are sampled anew whenever they are read, so that a large model never lies in
/// memory as a whole. The generator is a Mersenne Twister whose seed follows from the tensor's name alone: other tensors do not
/// change it.
/// </summary>
/// <param name="name">The tensor's name.</param>
/// <param name="shape">The sizes, outermost first.</param>
/// <param name="mean">The mean.</param>
/// <param name="deviation">The standard deviation.</param>
/// <param name="least">The least element; smaller ones are raised to it.</param>
internal sealed class SeededConstant(string name, long[] shape, double mean, double deviation, double least = double.NegativeInfinity)
    : Constant
{
    /// <inheritdoc/>
    public override TensorType Type => new(ElementType.Float32, TensorShape.Of(shape));

    /// <inheritdoc/>
    public override Tensor Read()
    {
        var elements = new double[shape.Aggregate(1L, (product, size) => product * size)];
        var generator = Generator(name);
        for (var index = 0; index < elements.Length; index++)
            elements[index] = (float)Math.Max(Normal.Sample(generator, mean, deviation), least);
        return Tensor.Of(ElementType.Float32, shape, elements);
    }

    /// <summary>The generator of a name.</summary>
    public static MersenneTwister Generator(string name) =>
        new(BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name))), threadSafe: false);
}
