using System.Globalization;
using OnnxCurvature.Runtime.Checkpoints;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The part of a run that a scheduler gives a process, in the variables of its environment.</summary>
internal static class ShardEnvironment
{
    private const string KubernetesCount = "JOB_COMPLETIONS";

    /// <summary>The part. Throws <see cref="UserErrorException"/> where no scheduler says one.</summary>
    /// <param name="variable">Gives the value of a variable, or null.</param>
    public static Shard Read(Func<string, string?> variable)
    {
        if (variable("SLURM_ARRAY_TASK_ID") is not null)
            return Of("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT", variable);
        if (variable("JOB_COMPLETION_INDEX") is not null)
            return Of("JOB_COMPLETION_INDEX", null, KubernetesCount, variable);
        if (variable("OMPI_COMM_WORLD_RANK") is not null)
            return Of("OMPI_COMM_WORLD_RANK", null, "OMPI_COMM_WORLD_SIZE", variable);
        throw new UserErrorException(
            "--shard auto finds neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX nor OMPI_COMM_WORLD_RANK in the environment; start it "
                + "by one of these engines, or give --shard K/N."
        );
    }

    private static Shard Of(string index, string? least, string count, Func<string, string?> variable)
    {
        var first = least is null ? 0 : Number(least, variable);
        var (own, all) = (Number(index, variable) - first, Number(count, variable));
        return own >= 0 && own < all
            ? new Shard(own + 1, all)
            : throw new UserErrorException(
                $"--shard auto reads {index} = {variable(index)} and {count} = {all}, which make no part; number the tasks "
                    + "without gaps, or give --shard K/N."
            );
    }

    private static int Number(string name, Func<string, string?> variable) =>
        int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new UserErrorException(
                $"--shard auto needs {name} in the environment, and it is {(variable(name) is { } text ? $"'{text}'" : "not there")}; "
                    + $"set it{(name == KubernetesCount ? " to the completions of the job" : "")}, or give --shard K/N."
            );
}
