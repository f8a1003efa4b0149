using OnnxCurvature.Cli;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.EndToEnd;
using Xunit;

namespace OnnxCurvature.Tests.Data;

/// <summary>Shards that real engines start, against the bits of one run.</summary>
[Trait("Category", "Slow")]
public sealed class ClusterTests
{
    private const int N = 2000;
    private const string Request = "--wrt w v --loss cross-entropy --batch-size 1 --threads 1";

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "onnx-curvature.dll");
    private static readonly string Samples = Path.Combine(Repository.Root, "src", "samples", "cluster");

    /// <summary>The script of <c>src/samples/cluster</c> on a Slurm of one node, which requeues a task that has begun.</summary>
    [Fact]
    public void An_array_of_Slurm_and_its_merge_give_the_bits_of_one_run_though_a_task_is_killed_and_requeued()
    {
        Assert.SkipWhen(SlurmCluster.Obstacle is not null, SlurmCluster.Obstacle ?? "");
        using var tool = Prepared();
        using var slurm = new SlurmCluster();
        var (code, output, errors) = Runtimes.Programs.Run(
            "env",
            [
                $"SLURM_CONF={slurm["slurm.conf"]}",
                $"TOOL=dotnet {Program}",
                $"RESULT={tool["out.npz"]}",
                $"RUN={tool["model.onnx"]} {Request} --checkpoint-every 0s --data x={tool["x.npy"]} labels={tool["labels.npy"]}",
                $"SBATCH_OPTIONS=--chdir={slurm["."]} --output={slurm["%j.log"]}",
                "bash",
                Path.Combine(Samples, "slurm.sh"),
            ],
            TimeSpan.FromMinutes(1)
        );
        Assert.True(code == 0, errors);
        var array = output.Split(' ')[0];
        SlurmCluster.WaitFor(
            "a checkpoint",
            () => Directory.EnumerateFiles(tool["."], "out.shard-*.partial").Any(),
            TimeSpan.FromMinutes(3)
        );
        var begun = Path.GetFileName(Directory.EnumerateFiles(tool["."], "out.shard-*.partial").First());
        var task = int.Parse(begun.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture) - 1;
        slurm.Call("scontrol", "requeue", $"{array}_{task}");
        SlurmCluster.WaitFor("the merge", () => File.Exists(tool["out.npz"]), TimeSpan.FromMinutes(8));
        Assert.Contains("Restarts=1", slurm.Call("scontrol", "show", "job", $"{array}_{task}"), StringComparison.Ordinal);
        AssertSame(tool);
    }

    [Fact]
    public void The_processes_of_Open_MPI_give_the_bits_of_one_run()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/mpirun"), "mpirun is not installed; Debian's package openmpi-bin has it.");
        using var tool = Prepared();
        var (code, _, errors) = Runtimes.Programs.Run(
            "mpirun",
            [
                "--allow-run-as-root",
                "--oversubscribe",
                "-np",
                "3",
                "dotnet",
                Program,
                "run",
                tool["model.onnx"],
                .. $"{Request} --shard auto --resume -o {tool["out.npz"]} --data x={tool["x.npy"]} labels={tool["labels.npy"]}".Split(' '),
            ],
            TimeSpan.FromMinutes(5)
        );
        Assert.True(code == 0, errors);
        var merge = tool.Run("merge -o @out.npz @out.shard-003-of-003.npz @out.shard-001-of-003.npz @out.shard-002-of-003.npz");
        Assert.True(merge.Code == ExitCodes.Success, merge.ToString());
        AssertSame(tool);
    }

    [Theory]
    [InlineData("SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_COUNT=4", "3/4")]
    [InlineData("JOB_COMPLETION_INDEX=0 JOB_COMPLETIONS=8", "1/8")]
    [InlineData("OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=3", "3/3")]
    public void The_part_of_a_process_is_what_its_engine_says(string environment, string shard) =>
        Assert.Equal(shard, Read(environment).ToString());

    [Theory]
    [InlineData("", "--shard auto finds neither SLURM_ARRAY_TASK_ID")]
    [InlineData("JOB_COMPLETION_INDEX=0", "--shard auto needs JOB_COMPLETIONS in the environment, and it is not there; set it to the")]
    [InlineData(
        "SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_COUNT=4",
        "which make no part; number the tasks without gaps"
    )]
    [InlineData("OMPI_COMM_WORLD_RANK=x OMPI_COMM_WORLD_SIZE=3", "needs OMPI_COMM_WORLD_RANK in the environment, and it is 'x'")]
    public void An_environment_that_says_no_part_is_refused(string environment, string expected) =>
        Assert.Contains(expected, Assert.Throws<UserErrorException>(() => Read(environment)).Message, StringComparison.Ordinal);

    private static Shard Read(string environment)
    {
        var variables = environment
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return ShardEnvironment.Read(name => variables.GetValueOrDefault(name));
    }

    private static Tool Prepared()
    {
        var tool = new Tool();
        tool.Npy("x.npy", ElementType.Float32, [N, 3], [.. Enumerable.Range(0, 3 * N).Select(index => 3 * Math.Sin(index * index + 1.0))]);
        tool.Npy("labels.npy", ElementType.Int64, [N], [.. Enumerable.Range(0, N).Select(index => (double)(index % 7 % 2))]);
        return tool;
    }

    private static void AssertSame(Tool tool)
    {
        var whole = tool.Run($"run @model.onnx -o @whole.npz {Request} --data x=@x.npy labels=@labels.npy");
        Assert.True(whole.Code == ExitCodes.Success, whole.ToString());
        using var expected = NpzReader.Open(tool["whole.npz"]);
        using var actual = NpzReader.Open(tool["out.npz"]);
        Assert.Equal(expected.Names, actual.Names);
        foreach (var name in expected.Names)
            Assert.Equal(expected.Read(name).Data, actual.Read(name).Data);
    }
}
