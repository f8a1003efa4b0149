using System.Globalization;
using OnnxCurvature.Runtime.Schedules;

namespace OnnxCurvature.Runtime.Checkpoints;

/// <summary>One of several parts of a run that processes make independently of each other.</summary>
/// <param name="Number">Which one, from 1 on.</param>
/// <param name="Count">How many there are.</param>
internal sealed record Shard(int Number, int Count)
{
    /// <summary>The whole run.</summary>
    public static Shard Whole { get; } = new(1, 1);

    /// <summary>The name of the file of a shard, for the result that all of them give: OUT.shard-003-of-008.npz for OUT.npz.</summary>
    public string FileFor(string result)
    {
        const int digits = 3;
        var width = Math.Max(digits, Count.ToString(CultureInfo.InvariantCulture).Length);
        var (number, count) = (Text(Number), Text(Count));
        return Path.ChangeExtension(Path.TrimEndingDirectorySeparator(result), null) + $".shard-{number}-of-{count}.npz";

        string Text(int value) => value.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0');
    }

    /// <summary>
    /// The units of the shard, which are whole batches where there are enough of them. Throws <see cref="UserErrorException"/> where there
    /// are fewer units than shards.
    /// </summary>
    /// <param name="batches">The number of batches of the run.</param>
    /// <param name="segments">The number of segments of directions of a batch.</param>
    /// <param name="limit">Why there are no more of them.</param>
    /// <param name="batchSize">The number of samples in a batch.</param>
    internal UnitRange UnitsOf(long batches, int segments, SegmentLimit limit, long batchSize)
    {
        var total = checked(batches * segments);
        if (total < Count)
            throw new UserErrorException(
                $"The run has {Numbered(batches, "batch", "batches")} of {Numbered(segments, "segment", "segments")} of directions, which "
                    + $"are too few for {Count} shards; give at most {total}"
                    + $"{(batchSize > 1 ? ", or smaller batches with --batch-size" : "")}{Remedy(limit)}."
            );
        var each = batches >= Count ? segments : 1;
        var pieces = total / each;
        return new UnitRange(
            pieces * (Number - 1) / Count * each,
            pieces * Number / Count * each,
            total,
            segments,
            AreDivided: each == 1 && segments > 1
        );
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Number}/{Count}";

    private static string Remedy(SegmentLimit limit) =>
        limit switch
        {
            SegmentLimit.Chunks => ", or a smaller --memory where it makes more chunks of directions",
            SegmentLimit.NoSums => ", since results that are no sums over directions are made at once",
            SegmentLimit.Device => ", since all that a batch collects stays on the device",
            SegmentLimit.Weights => ", since making sessions of these weights again would take longer than a part of a batch",
            SegmentLimit.Forward => ", since each part of a batch makes the forward pass again",
            _ => "",
        };

    private static string Numbered(long count, string one, string several) => $"{count} {(count == 1 ? one : several)}";
}

/// <summary>
/// A range of the units of a run. A unit is a segment of the directions of a batch; unit u is segment u mod S of batch u / S.
/// </summary>
/// <param name="Start">The first.</param>
/// <param name="End">The one after the last.</param>
/// <param name="Total">The number of units of the run.</param>
/// <param name="Segments">The number S of segments of a batch.</param>
/// <param name="AreDivided">Whether the segments of a batch are made by several shards.</param>
internal readonly record struct UnitRange(long Start, long End, long Total, int Segments, bool AreDivided);
