using System.CommandLine;
using OnnxCurvature.Files;
using OnnxCurvature.Report;
using OnnxCurvature.Runtime.Machines;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The limits on the machine's resources.</summary>
/// <param name="runs">Whether the command makes runs.</param>
/// <param name="profiles">Whether it can write how long their nodes took.</param>
internal sealed class ResourceArguments(bool runs, bool profiles = false) : OptionGroup("Resources")
{
    /// <summary>More threads than any machine has cores would take the memory for their stacks.</summary>
    private const int MostThreads = 1024;

    public Option<long> Memory { get; } =
        new("--memory")
        {
            HelpName = "SIZE",
            Description =
                "The most memory that the process may take. For instance 800M, 2G or 4GiB; fewer directions are then done at a time. With "
                + "--provider cuda, and in a file that is written, what the values of one chunk of directions may take [default: 3G; 1G "
                + "for a file].",
            CustomParser = Parsers.Size("--memory"),
        };

    public Option<int?> Threads { get; } =
        new("--threads")
        {
            HelpName = "N",
            Description = "Threads within an operator. 0 takes the number of cores [default: 0].",
            CustomParser = Parsers.Integer("--threads", 0, MostThreads),
        };

    public Option<string?> Profile { get; } =
        new("--profile")
        {
            HelpName = "FILE",
            Description =
                "Write ONNX Runtime's profile of the run. It is a trace in Chrome's JSON format, with the time of every node of every "
                + "session, for chrome://tracing or ui.perfetto.dev. A session is recorded until it has computed 50,000 nodes "
                + "[default: none].",
        };

    public Option<string?> Machine { get; } =
        new("--machine")
        {
            HelpName = "FILE",
            Description =
                "The profile of the machine to plan for and to estimate times by. 'calibrate' writes one; 'default' takes the one that is "
                + "built in [default: plans by the one that is built in, times by this machine, measured once].",
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options =>
        [Memory, .. runs ? new Option[] { Threads, Machine } : [], .. profiles ? new Option[] { Profile } : []];

    /// <summary>
    /// The file of the profile; null for none. Throws <see cref="UserErrorException"/> where it cannot be written, or is one of
    /// <paramref name="others"/>.
    /// </summary>
    public string? ProfileOf(ParseResult parsed, IEnumerable<string> others)
    {
        if (!profiles || parsed.GetValue(Profile) is not { } path)
            return null;
        RealPath.RefuseOverwriting(path, others);
        ResultFile.CheckWritable(path);
        return path;
    }

    /// <summary>
    /// Options with the machine to plan for, and the one to estimate times by. Throws <see cref="UserErrorException"/> for a file that
    /// holds no profile.
    /// </summary>
    public CurvatureRunOptions WithMachine(CurvatureRunOptions options, ParseResult parsed) =>
        parsed.GetValue(Machine) switch
        {
            null => options with { MachineForTimes = () => MachineCache.Profile },
            Default => options,
            var path => options with { Machine = MachineFile.Read(path) },
        };

    private const string Default = "default";

    /// <summary>The bound on memory.</summary>
    public long? MemoryOf(ParseResult parsed) => parsed.GetResult(Memory) is null ? null : parsed.GetValue(Memory);
}
