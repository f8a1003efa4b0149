using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>A way to go on from a value.</summary>
/// <param name="Family">The family that it counts for.</param>
/// <param name="Weight">How often it is taken, against others.</param>
/// <param name="Applies">Whether it can follow a value.</param>
/// <param name="Apply">Makes its nodes.</param>
internal sealed record Block(string Family, int Weight, Func<GraphBuilder, Sketch, bool> Applies, Func<GraphBuilder, Sketch, Sketch> Apply)
{
    /// <summary>All of them, the simplest first.</summary>
    public static IReadOnlyList<Block> All { get; } =
    [
        .. ActivationBlocks.All,
        .. DenseBlocks.All,
        .. LayoutBlocks.All,
        .. BranchBlocks.All,
        .. ReductionBlocks.All,
        .. NormalizationBlocks.All,
        .. ConvolutionBlocks.All,
        .. IndexingBlocks.All,
        .. SequenceBlocks.All,
        .. CouplingBlocks.All,
        .. LoopBlocks.All,
        .. QuantizationBlocks.All,
    ];

    /// <summary>Applies one of those that can follow, or leaves the value as it is where none can.</summary>
    public static Sketch Next(GraphBuilder b, Sketch x, Func<Block, bool>? among = null)
    {
        var open = All.Where(block => among?.Invoke(block) != false && block.Applies(b, x)).ToArray();
        if (open.Length == 0)
            return x;
        var block = b.Choices.Weighted([.. open.Select(block => (block.Weight, block))]);
        b.Trait(block.Family);
        return block.Apply(b, x);
    }

    /// <summary>A value of the same layout that depends on this one.</summary>
    public static Sketch Same(GraphBuilder b, Sketch x) => Next(b, x, block => block.Family is "smooth" or "kinked" or "scale");
}

/// <summary>Sizes.</summary>
internal static class Sizes
{
    /// <summary>The most elements that a value may have.</summary>
    public const int Most = 160;

    /// <summary>A small size, as many as there are samples in a third of all cases, so that sizes coincide.</summary>
    public static int Of(GraphBuilder b, int least = 1)
    {
        var size = b.Choices.Pick(2, 3, Math.Min(b.Samples, 4), 1, 4);
        return Math.Max(least, size);
    }

    public static int Count(this Layout layout) => layout.Shape.Aggregate(1, (a, c) => a * c);
}
