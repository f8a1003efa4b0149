using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// An operator that samples random numbers. Only a function can be differentiated, so the numbers are sampled once, when the node is
/// built. They are constants from then on, in files that are written, too. The generator is SplitMix64. Its seed is made of the attributes
/// and of the node's name, so that two nodes do not sample the same. The number of samples must be known.
/// </summary>
internal abstract class RandomSource : CompositeOperator
{
    /// <summary>The attribute that holds the name of the node, and is part of its seed.</summary>
    public const string StreamName = "stream";

    /// <summary>Files hold what is sampled.</summary>
    protected override bool IsNewerThanFiles => true;

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? OnLoad(GraphBuilder b, OperatorCall call) => Lower(b, call);

    /// <summary>The shape that the attribute <c>shape</c> says.</summary>
    protected static TensorShape GivenShape(OperatorCall call) =>
        TensorShape.Of(call.Attributes.Ints("shape") ?? throw new UnsupportedOperatorException($"{call.Name} lacks its attribute shape."));

    /// <summary>
    /// Numbers between 0 and 1, exclusive. Throws <see cref="UnsupportedOperatorException"/> where their number is not known.
    /// </summary>
    protected static Tensor Uniform(GraphBuilder b, OperatorCall call, ElementType element, TensorShape shape)
    {
        RequireSizes(call, shape);
        if (!element.IsFloat())
            throw new UnsupportedOperatorException($"{call.Name} samples floating-point numbers, and {element.DisplayName()} holds none.");
        shape.CheckSize();
        b.Budget.TakeTensor(shape);
        var state = Seed(call);
        var numbers = new double[shape.Elements.Factor];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = ((Next(ref state) >> 11) + 0.5) / (1UL << 53);
        return Tensor.Of(element, shape.Sizes, numbers);
    }

    /// <summary>Numbers of the standard normal distribution, by Box's and Muller's method.</summary>
    protected static Tensor Normal(GraphBuilder b, OperatorCall call, ElementType element, TensorShape shape)
    {
        RequireSizes(call, shape);
        b.Budget.TakeTensor(shape, copies: 3);
        var pairs = Uniform(b, call, element, [2, shape.Elements]);
        var (radii, angles) = (pairs.Floats[..(pairs.Count / 2)], pairs.Floats[(pairs.Count / 2)..]);
        var numbers = new double[pairs.Count / 2];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = Math.Sqrt(-2 * Math.Log(radii[i])) * Math.Cos(2 * Math.PI * angles[i]);
        return Tensor.Of(element, shape.Sizes, numbers);
    }

    /// <summary>The sampled number: a function of each number, as the element type holds it.</summary>
    protected static ImmutableArray<Value?> Sampled(GraphBuilder b, Tensor numbers, Func<double, double> function)
    {
        for (var i = 0; i < numbers.Count; i++)
            numbers.Floats[i] = numbers.Element == ElementType.Float64 ? function(numbers.Floats[i]) : (float)function(numbers.Floats[i]);
        return [Catalogue.Get<Identity>().Apply(b, [b.Constant(numbers)]).Output];
    }

    /// <summary>The element type of what is sampled: <c>dtype</c>, else a given one.</summary>
    protected static ElementType Result(OperatorCall call, ElementType otherwise) =>
        (ElementType)call.Attributes.Int("dtype", (long)otherwise);

    private static void RequireSizes(OperatorCall call, TensorShape shape)
    {
        if (!shape.IsKnown)
            throw new UnsupportedOperatorException(
                $"{call.Name} samples as many numbers as {shape} holds, which is not known; give the sizes of symbolic dimensions."
            );
    }

    private static ulong Seed(OperatorCall call)
    {
        var text = string.Join(
            '\n',
            call.Name,
            call.Attributes.Text(StreamName, ""),
            call.Attributes.Has("seed") ? Attributes.Format(call.Attributes.Float("seed", 0)) : ""
        );
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    private static ulong Next(ref ulong state)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            var bits = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
            return bits ^ (bits >> 31);
        }
    }
}
