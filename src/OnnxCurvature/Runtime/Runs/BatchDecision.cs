using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Batches;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// Whether the samples of a run are cut into batches: only where results of batches are proven to give those of all samples at once, or
/// where blocks are asked for.
/// </summary>
/// <param name="Samples">The number of samples; 1 where no input holds any.</param>
/// <param name="Size">The number of samples in a batch, but perhaps for the last.</param>
/// <param name="Weight">The weight of the results of a batch.</param>
/// <param name="Obstacle">Why batches are not proven to give what all samples at once give, as a clause; null where they are, or where
/// nobody asked.</param>
internal sealed record BatchDecision(long Samples, long Size, BatchWeight Weight, string? Obstacle)
{
    /// <summary>The number of samples in a batch where nothing says another.</summary>
    public const int DefaultSize = 32;

    /// <summary>Whether all samples are one batch.</summary>
    public bool IsWhole => Size >= Samples;

    /// <summary>Notes for the user, one sentence each.</summary>
    /// <param name="bytes">The bytes of the values of a batch at their peak.</param>
    public IEnumerable<string> Notes(double bytes)
    {
        if (Asked > Size && !IsWhole)
            yield return $"The model takes batches of {Counted(Size)}, whatever --batch-size asks for; for "
                + $"batches of {Asked} export it with a symbolic batch axis.";
        if (Obstacle is null)
            yield break;
        yield return IsWhole
            ? $"All {Samples} samples are run at once, because batches are not proven to give the same: {Obstacle}; the values take "
                + $"about {Math.Ceiling(bytes / (1 << 20))} MiB."
            : $"Results are those of blocks of {Counted(Size)}, put together as --as-blocks asks, and not those of all {Samples} "
                + $"samples at once: {Obstacle}.";
    }

    /// <summary>The number of samples in a batch that was asked for, or null.</summary>
    public int? Asked { get; init; }

    /// <summary>All samples at once.</summary>
    public static BatchDecision Whole(long samples, string? obstacle = null) => new(samples, samples, BatchWeight.Samples, obstacle);

    /// <summary>
    /// Decides for a request. Throws <see cref="UserErrorException"/> for a batch size that would change what is computed.
    /// </summary>
    /// <param name="model">The model, with symbols for dimensions that the data decide; where there may be several batches the loss is
    /// put onto it.</param>
    /// <param name="request">The request.</param>
    /// <param name="data">The arrays of the inputs, by name.</param>
    /// <param name="options">The options of batches.</param>
    /// <param name="obstacle">Why batches cannot be put together, as a clause, where that is known already; else null.</param>
    public static BatchDecision Of(
        ModelGraph model,
        CurvatureRequest request,
        IReadOnlyDictionary<string, NpyArray> data,
        CurvatureRunOptions options,
        string? obstacle
    )
    {
        var layouts = InputSamples.Of(model);
        var counted = model
            .Inputs.Where(input => layouts.ContainsKey(input) && data.GetValueOrDefault(input.Name!)?.Shape.Length == input.Type.Rank)
            .ToArray();
        if (counted.Length == 0)
            return Whole(1);
        var total = data[counted[0].Name!].Shape[layouts[counted[0]].Axis];
        if (total == 0)
            throw DataSet.WithoutSamples(counted[0].Name!);
        if (model.Inputs.All(input => Fits(input, data)))
            return Whole(SizeOf(total, total, options.BatchSize));
        var own = counted.Select(input => input.Type.Shape[layouts[input].Axis].Known).FirstOrDefault(known => known is not null);
        var decision = Of(total, own, options, Rule);
        if (decision.IsWhole || !TargetSamples.AnyPerSample(model, Target.Resolve(model, request.WithRespectTo)))
            return decision;
        // Symbolic entries cannot be counted, so results for each sample need batches of one size.
        var even = DataSet.EvenBatch(total, decision.Size);
        return decision.Obstacle is null || even == decision.Size
            ? decision with
            {
                Size = even,
            }
            : throw new UserErrorException(
                $"With --as-blocks, blocks of {decision.Size} samples do not fill the {total} samples, and "
                    + $"results that have entries for each sample need blocks of one size; give --batch-size {even}."
            );

        BatchRule Rule()
        {
            var head = LossBuilder.Build(model, request.Loss, request.Reduction);
            return obstacle is null ? BatchRule.Of(model, head, request) : new BatchRule(head.Reduction, obstacle);
        }
    }

    /// <summary>
    /// Decides about some samples. Throws <see cref="UserErrorException"/> for a batch size that would change what is computed.
    /// </summary>
    /// <param name="total">The number of samples.</param>
    /// <param name="own">The number that the model takes at once; null where it takes any.</param>
    /// <param name="options">The options of batches.</param>
    /// <param name="prove">How results of batches are put together; asked only where there may be several.</param>
    public static BatchDecision Of(long total, long? own, CurvatureRunOptions options, Func<BatchRule> prove)
    {
        var size = SizeOf(total, own, options.BatchSize);
        if (size >= total)
            return Whole(total);
        var (weight, obstacle) = prove();
        if (obstacle is null || options.AsBlocks)
            return new BatchDecision(total, size, weight, obstacle) { Asked = options.BatchSize };
        if (own is not null)
            throw new UserErrorException(
                $"The model takes {Counted(own.Value)} at once, and --data holds {total}, but blocks of them are "
                    + $"not proven to give what all samples give, because {obstacle}; give {Counted(own.Value)}, or --as-blocks "
                    + $"where blocks are what is wanted."
            );
        return options.BatchSize is null
            ? Whole(total, obstacle)
            : throw new UserErrorException(
                $"--batch-size {options.BatchSize} would change what is computed, because {obstacle}; "
                    + $"leave it out to run all {total} samples at once, or give --as-blocks where blocks are what is wanted."
            );
    }

    /// <summary>The number of samples in a batch, if there is no reason against it.</summary>
    /// <param name="total">The number of samples.</param>
    /// <param name="own">The number that the model takes; null where it takes any.</param>
    /// <param name="asked">The number that is asked for, or null.</param>
    private static long SizeOf(long total, long? own, int? asked)
    {
        if (own is not { } size)
            return Math.Min(total, asked ?? DefaultSize);
        if (total % size != 0)
            throw new UserErrorException(
                $"The model takes batches of {Counted(size)}, and --data holds {total}; give a multiple of "
                    + $"{size}, or a model with a symbolic batch axis."
            );
        if (asked < size)
            throw new UserErrorException(
                $"--batch-size {asked} was asked for, and the model takes batches of {Counted(size)}; leave "
                    + $"it out, or give a model with a symbolic batch axis."
            );
        return size;
    }

    private static string Counted(long samples) => samples == 1 ? "1 sample" : $"{samples} samples";

    private static bool Fits(Value input, IReadOnlyDictionary<string, NpyArray> data) =>
        data.TryGetValue(input.Name!, out var array)
        && input.Type.Shape.IsKnown
        && array.Shape.SequenceEqual(input.Type.Shape.Select(dim => dim.Factor));
}
