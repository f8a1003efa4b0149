using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// Random numbers that a graph makes of a seed, a direction's number and a position, in 64-bit integers: the same on every runtime. ONNX's
/// own random operators take a seed, but leave the generator open.
/// </summary>
/// <remarks>
/// A word is a keyed permutation of 0 … p − 1 for the prime p = 2³¹ − 1: rounds x ← (x + key + constant)⁵ mod p. The fifth power permutes,
/// since 5 does not divide p − 1, and no product exceeds 2⁶².
/// </remarks>
internal static class SeededNumbers
{
    private const long Prime = int.MaxValue;
    private const int SignsInWord = 24;

    /// <summary>Constants of the rounds: fractional parts of √2, √3, √5, √7, √11 and √13, times p.</summary>
    private static readonly long[] Iterations = [889516851, 1572067138, 506952121, 1386740380, 679946559, 1300411461];

    /// <summary>Random signs, ±1 with equal odds.</summary>
    /// <param name="b">Where nodes are built.</param>
    /// <param name="directions">The numbers of the directions, 64-bit integers [K].</param>
    /// <param name="count">How many signs for each direction.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="element">The type of the result.</param>
    /// <returns>Signs [K, count].</returns>
    public static Value Signs(GraphBuilder b, Value directions, long count, ProbeSeed seed, ElementType element)
    {
        var wordCount = (count + SignsInWord - 1) / SignsInWord;
        var words = Words(b, directions, Positions(b, wordCount), seed);
        var powers = b.Vector([.. Enumerable.Range(0, SignsInWord).Select(bit => 1L << bit)]);
        var two = b.Scalar(ElementType.Int64, 2);
        var bits = Mod.Of(b, Div.Of(b, Reshape.InsertAxis(b, words, 2), powers), two);
        var all = Reshape.To(b, bits, [directions.Type.Shape[0], wordCount * SignsInWord]);
        var signs = Cast.Of(b, all.Type.Shape[1] == count ? all : Slice.Of(b, all, 1, 0, count), element);
        return new Expr(b, signs) * 2 - 1;
    }

    /// <summary>Random numbers above 0 and below 1, [K, positions], for 64-bit integers of directions [K] and positions [n].</summary>
    /// <remarks>They are odd multiples of 2⁻²⁴, so that a float32 holds them.</remarks>
    public static Expr Uniform(GraphBuilder b, Value directions, Value positions, ProbeSeed seed, ElementType element)
    {
        var high = Div.Of(b, Words(b, directions, positions, seed), b.Scalar(ElementType.Int64, 256));
        return (new Expr(b, Cast.Of(b, high, element)) + 0.5) / (1 << 23);
    }

    /// <summary>The numbers 0, 1, … below a dimension, 64-bit integers.</summary>
    public static Value Positions(GraphBuilder b, Dim count)
    {
        if (count.Known is { } known)
            return b.Constant(
                Tensor.Of(ElementType.Int64, [known], [.. Enumerable.Range(0, checked((int)known)).Select(position => (long)position)])
            );
        var ones = Expand.Of(b, b.Scalar(ElementType.Int64, 1), TensorShape.Create([count]));
        var upTo = Catalogue.Get<CumSum>().Apply(b, [ones, b.Scalar(ElementType.Int64, 0)]).Output;
        return Sub.Of(b, upTo, b.Scalar(ElementType.Int64, 1));
    }

    /// <summary>Words [K, n] below p.</summary>
    private static Value Words(GraphBuilder b, Value directions, Value positions, ProbeSeed seed)
    {
        var number = b.Scalar(ElementType.Int64, (seed.Number * 2654435761 % Prime + Prime) % Prime);
        var key = Permuted(b, directions, seed.Batch is { } batch ? Permuted(b, batch, number) : number);
        return Permuted(b, positions, Reshape.InsertAxis(b, key, 1));
    }

    private static Value Permuted(GraphBuilder b, Value x, Value key)
    {
        var prime = b.Scalar(ElementType.Int64, Prime);
        foreach (var constant in Iterations)
        {
            var sum = Mod.Of(b, Add.Of(b, Add.Of(b, x, key), b.Scalar(ElementType.Int64, constant)), prime);
            var square = Mod.Of(b, Mul.Of(b, sum, sum), prime);
            x = Mod.Of(b, Mul.Of(b, Mod.Of(b, Mul.Of(b, square, square), prime), sum), prime);
        }
        return x;
    }
}
