using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Checkpoints;

/// <summary>
/// Puts the shards of a run together: what they give is what one run gives, bit for bit, in whatever order they are named.
/// </summary>
internal static class ShardMerge
{
    private const int Listed = 5;

    /// <summary>
    /// The sums of all shards. Throws <see cref="UserErrorException"/> that names shards which are missing, doubled, not complete, or of
    /// another run, and <see cref="DisagreementException"/> where the sums are not what one of them has found that they must be.
    /// </summary>
    /// <param name="paths">The files of the shards.</param>
    public static (RunState State, RunIdentity Identity, ShardFileInfo Info) Join(IReadOnlyList<string> paths)
    {
        var files = paths.Select(path => (Path: path, Says: StateFile.ReadIdentity(path))).ToArray();
        var (first, (identity, info, units, _)) = files[0];
        foreach (var (path, says) in files)
        {
            if (identity.DifferenceTo(says.Identity, $"in '{first}'", "there") is { } difference)
                throw new UserErrorException($"'{path}' is of another run, because {difference}; name the shards of one run.");
            if (says.Info.Shard.Count != info.Shard.Count || says.Units.Total != units.Total || says.Units.Segments != units.Segments)
                throw new UserErrorException(
                    $"'{path}' is shard {says.Info.Shard} and '{first}' is shard {info.Shard}, which are parts of different "
                        + "divisions; name the shards of one."
                );
            if (says.Next < says.Units.End)
                throw new UserErrorException($"'{path}' is a checkpoint and no complete shard; let its run go on with --resume.");
        }
        if (files.GroupBy(file => file.Says.Info.Shard.Number).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UserErrorException(
                $"Shard {twice.First().Says.Info.Shard} is named more than once, as "
                    + $"{string.Join(" and ", twice.Select(file => $"'{file.Path}'"))}; name it once."
            );
        var missing = Enumerable.Range(1, info.Shard.Count).Except(files.Select(file => file.Says.Info.Shard.Number)).ToArray();
        if (missing.Length > 0)
            throw new UserErrorException(
                $"Of the {info.Shard.Count} shards {missing.Length} {(missing.Length == 1 ? "is" : "are")} missing: "
                    + string.Join(", ", missing.Take(Listed).Select(number => new Shard(number, info.Shard.Count).ToString()))
                    + (missing.Length > Listed ? ", …" : "")
                    + "; compute them, or name their files, too."
            );
        var ordered = files.OrderBy(file => file.Says.Info.Shard.Number).ToArray();
        var whole = StateFile.Read(ordered[0].Path);
        foreach (var (path, _) in ordered.Skip(1))
            StateFile.AddTo(whole, path);
        if (whole.Divided is { } divided)
        {
            var outputs = whole.Outputs.ToDictionary(output => output.Name, output => output.Joined, StringComparer.Ordinal);
            whole.Check = divided.Compare(name => outputs[name].OfFirst());
        }
        return (whole, identity, ordered[0].Says.Info);
    }
}
