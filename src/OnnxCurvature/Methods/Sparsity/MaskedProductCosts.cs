using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>
/// Rough times of products of masked directions over all channels and at nonzero channels only; their ratios decide, and only on which way
/// is taken. The multiples were measured with ONNX Runtime 1.32 on a processor, and with 1.29 on an H100.
/// </summary>
internal static class MaskedProductCosts
{
    /// <summary>How many times as long an operation takes in products of gathered rows.</summary>
    private const double GatheredArithmetic = 1;

    /// <summary>How many times as long it takes to copy rows that are gathered.</summary>
    private const double GatheredTraffic = 2.4;

    /// <summary>How many times as long it takes to write what iterations give, into memory that has not been touched before.</summary>
    private const double StackedTraffic = 12;

    /// <summary>
    /// All channels of the last product are put back in the order in which directions come first, entry by entry. Each takes the time of
    /// so many bytes in the cache.
    /// </summary>
    private const double BytesOfAnOutput = 590;
    private const double BytesOfAnEntry = 83;
    private const double BytesOfAnEntryTransposed = 15;

    /// <summary>The nodes of an iteration.</summary>
    private const double LaunchesOfAnIteration = 129;
    private const double ElementBytes = 4;

    /// <summary>
    /// The share of the time that products at nonzero channels may be expected to take: they were seen to take up to 2.2 times what was
    /// expected of them, and several times the memory.
    /// </summary>
    private const double Worth = 0.6;
    private const double WorthOnDevice = 0.85;

    /// <summary>Whether products at nonzero channels are expected to be faster for so many directions.</summary>
    public static bool IsWorthwhile(MaskedChain chain, double directions, Func<Dim, double> size, MachineProfile machine)
    {
        // All of it is divided over the cores, so figures of one do.
        var (flops, bytes) = (1 / machine.ProductFlops, 1 / machine.CacheBytesPerSecond);
        var (first, last) = (chain.Links[0], chain.Links[^1]);
        var dense = 0.0;
        var masked =
            directions
            * size(first.Samples)
            * (
                size(first.Input.Elements) * first.ActivationMask.Density * BytesOfAnEntry * bytes
                + (chain.IsGathered || last.IsSingle ? 0 : size(last.Output.Elements) * BytesOfAnOutput * bytes)
            );
        foreach (var (index, link) in chain.Links.Index())
        {
            var (inputs, outputs, iterations) = (size(link.Input[0]), size(link.Output[0]), size(link.Samples) * link.Taps.Outputs);
            var next = index + 1 < chain.Links.Count ? chain.Links[index + 1].ActivationMask.DensityOfBase : chain.End?.Density ?? 1;
            var (inner, wanted) = (link.Taps.Average * inputs * link.ActivationMask.Density, outputs * next);
            dense += 2 * directions * iterations * inputs * link.Kernel * outputs * flops;
            masked +=
                iterations
                * (
                    LaunchesOfAnIteration * machine.LaunchSeconds
                    + 2 * directions * inner * wanted * GatheredArithmetic * flops
                    + directions * wanted * ElementBytes * StackedTraffic * bytes
                    + (directions * inner + directions * wanted * 2 + inner * outputs * 2) * ElementBytes * GatheredTraffic * bytes
                    + (next < 1 ? inner * outputs * BytesOfAnEntryTransposed * bytes : 0)
                );
        }
        return masked < Worth * dense;
    }

    /// <summary>
    /// Whether products at nonzero channels are expected to be faster on a device, for so many directions of products of one position and
    /// one sample.
    /// </summary>
    public static bool IsWorthwhileOnDevice(MaskedChain chain, double directions, Func<Dim, double> size, DeviceProfile device)
    {
        var (dense, masked) = (0.0, 0.0);
        foreach (var (index, link) in chain.Links.Index())
        {
            var (inputs, outputs) = (size(link.Input[0]), size(link.Output[0]));
            var next = index + 1 < chain.Links.Count ? chain.Links[index + 1].ActivationMask.DensityOfBase : chain.End?.Density ?? 1;
            var (inner, wanted) = (inputs * link.ActivationMask.Density, outputs * next);
            dense += 2 * directions * inputs * outputs / device.ProductFlops;
            masked +=
                device.LinkSeconds
                + 2 * directions * inner * wanted / device.ProductFlops
                + (directions * inner + inner * outputs * 2) * ElementBytes / device.BytesPerSecond;
        }
        return masked < WorthOnDevice * dense;
    }
}
