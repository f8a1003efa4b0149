using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>
/// Rough times of products of masked directions over all channels and at nonzero channels only. The figures were measured, for a processor
/// with ONNX Runtime 1.31 on two cores, and for a device with ONNX Runtime 1.29 on an H100; their ratios decide, and only on which way is
/// taken.
/// </summary>
internal static class MaskedProductCosts
{
    private const double DenseFlops = 430e9;
    private const double GatheredFlops = 420e9;

    /// <summary>What an iteration gathers stays in the cache.</summary>
    private const double CopiedBytes = 25e9;

    /// <summary>What iterations give is memory that has not been touched before.</summary>
    private const double StackedBytes = 5e9;

    /// <summary>All channels of the last product are put back in the order in which directions come first, entry by entry.</summary>
    private const double SecondsForAnOutput = 10e-9;
    private const double SecondsForAnEntry = 1.4e-9;
    private const double SecondsForAnEntryTransposed = 0.25e-9;
    private const double SecondsForAnIteration = 120e-6;
    private const double ElementBytes = 4;

    private const double DeviceFlops = 45e12;
    private const double DeviceBytes = 1e12;
    private const double SecondsForADeviceLink = 300e-6;

    /// <summary>How much of the time must be saved: the estimates are no better.</summary>
    private const double Worth = 0.85;

    /// <summary>Whether products at nonzero channels are expected to be faster for so many directions.</summary>
    public static bool IsWorthwhile(MaskedChain chain, double directions, Func<Dim, double> size)
    {
        var (first, last) = (chain.Links[0], chain.Links[^1]);
        var dense = 0.0;
        var masked =
            directions
            * size(first.Samples)
            * (
                size(first.Input.Elements) * first.ActivationMask.Density * SecondsForAnEntry
                + (chain.IsGathered || last.IsSingle ? 0 : size(last.Output.Elements) * SecondsForAnOutput)
            );
        foreach (var (index, link) in chain.Links.Index())
        {
            var (inputs, outputs, iterations) = (size(link.Input[0]), size(link.Output[0]), size(link.Samples) * link.Taps.Outputs);
            var next = index + 1 < chain.Links.Count ? chain.Links[index + 1].ActivationMask.DensityOfBase : chain.End?.Density ?? 1;
            var (inner, wanted) = (link.Taps.Average * inputs * link.ActivationMask.Density, outputs * next);
            dense += 2 * directions * iterations * inputs * link.Kernel * outputs / DenseFlops;
            masked +=
                iterations
                * (
                    SecondsForAnIteration
                    + 2 * directions * inner * wanted / GatheredFlops
                    + directions * wanted * ElementBytes / StackedBytes
                    + (directions * inner + directions * wanted * 2 + inner * outputs * 2) * ElementBytes / CopiedBytes
                    + (next < 1 ? inner * outputs * SecondsForAnEntryTransposed : 0)
                );
        }
        return masked < Worth * dense;
    }

    /// <summary>
    /// Whether products at nonzero channels are expected to be faster on a device, for so many directions of products of one position and
    /// one sample.
    /// </summary>
    public static bool IsWorthwhileOnDevice(MaskedChain chain, double directions, Func<Dim, double> size)
    {
        var (dense, masked) = (0.0, 0.0);
        foreach (var (index, link) in chain.Links.Index())
        {
            var (inputs, outputs) = (size(link.Input[0]), size(link.Output[0]));
            var next = index + 1 < chain.Links.Count ? chain.Links[index + 1].ActivationMask.DensityOfBase : chain.End?.Density ?? 1;
            var (inner, wanted) = (inputs * link.ActivationMask.Density, outputs * next);
            dense += 2 * directions * inputs * outputs / DeviceFlops;
            masked +=
                SecondsForADeviceLink
                + 2 * directions * inner * wanted / DeviceFlops
                + (directions * inner + inner * outputs * 2) * ElementBytes / DeviceBytes;
        }
        return masked < Worth * dense;
    }
}
