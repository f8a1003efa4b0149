using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>A block of second derivatives that is asked for whole: its rows and columns, and how many samples have one each.</summary>
/// <param name="Rows">The entries of the target of the rows.</param>
/// <param name="Columns">The entries of the target of the columns.</param>
/// <param name="Samples">The number of samples that have a block each; null where there is one block.</param>
internal sealed record HessianBlock(long Rows, long Columns, Dim? Samples)
{
    /// <summary>Throws <see cref="UserErrorException"/> where the block takes more than a result may.</summary>
    /// <param name="limits">The limit of a result.</param>
    /// <param name="element">The type of an entry.</param>
    /// <param name="subject">The subject of the message, in front of "has 3 × 4 entries".</param>
    /// <param name="target">A target of which the message proposes to take a part.</param>
    public void RequireFits(PlanLimits limits, ElementType element, string subject, string target)
    {
        var bytes = (double)Rows * Columns * (Samples is { } samples ? limits.Size(samples) : 1) * element.Size();
        if (bytes > limits.ResultBytes)
            throw new UserErrorException(
                $"{subject} has {Rows} × {Columns} entries{(Samples is null ? "" : " for each sample")}, which take "
                    + $"{Math.Ceiling(bytes / (1 << 20))} MiB, and the limit is {PlanLimits.Text(limits.ResultBytes)}; name fewer "
                    + $"indices, as '{target}[0]', or allow more with --memory."
            );
    }
}
