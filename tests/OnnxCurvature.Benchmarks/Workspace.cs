using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.TestModels;

namespace OnnxCurvature.Benchmarks;

/// <summary>A model, with the data of some samples beside it.</summary>
/// <param name="Path">The model.</param>
/// <param name="Image">The images.</param>
/// <param name="Labels">The labels.</param>
internal sealed record Prepared(string Path, string Image, string Labels);

/// <summary>Makes models and data, once, and starts the processes that measure.</summary>
internal sealed class Workspace
{
    /// <summary>Huge pages for what the C library allocates.</summary>
    public static readonly ImmutableDictionary<string, string> HugePages = ImmutableDictionary<string, string>.Empty.Add(
        "GLIBC_TUNABLES",
        "glibc.malloc.hugetlb=1"
    );

    private const string Python = "/usr/bin/python3";

    private readonly string _folder;
    private readonly ImmutableDictionary<string, string> _peerEnvironment;

    /// <summary>A folder for models, whether to look for the peer, and where the published tool lies.</summary>
    public Workspace(string folder, bool withPeer, string? published)
    {
        (_folder, Published) = (folder, published);
        Directory.CreateDirectory(folder);
        // Debian's PyTorch takes the BLAS that the linker finds: without these it is a reference implementation, or one for another
        // processor. Left alone, it may take one thread.
        _peerEnvironment = HugePages
            .Add("OPENBLAS_CORETYPE", "SkylakeX")
            .Add("OMP_NUM_THREADS", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));
        if (OpenBlas() is { } blas)
            _peerEnvironment = _peerEnvironment.Add("LD_LIBRARY_PATH", blas);
        PeerVersion = withPeer ? FindPeer() : null;
    }

    /// <summary>The tool as a native program; null where none was given.</summary>
    public string? Published { get; }

    /// <summary>The version of PyTorch and its threads; null where it is not to be had.</summary>
    public string? PeerVersion { get; }

    /// <summary>The command of the peer, as a shell writes it.</summary>
    public string PeerEnvironment =>
        string.Join(
            ' ',
            _peerEnvironment.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}={entry.Value}")
        );

    /// <summary>A path for a result that nobody keeps.</summary>
    public string Scratch(string name) => Path.Combine(_folder, name);

    /// <summary>A model and data for a number of samples.</summary>
    public Prepared Prepare(Network network, int samples)
    {
        var path = Path.Combine(_folder, $"{network.Name}.onnx");
        if (!File.Exists(path))
            network.Write(path);
        var data = Directory.CreateDirectory(Path.Combine(_folder, samples.ToString(CultureInfo.InvariantCulture))).FullName;
        var prepared = new Prepared(
            path,
            Path.Combine(data, $"{network.Name}.{network.Input.Name}.npy"),
            Path.Combine(data, $"{network.Name}.labels.npy")
        );
        if (!File.Exists(prepared.Labels))
            Samples.Write(network, data, samples);
        return prepared;
    }

    /// <summary>One measurement by a process of this program.</summary>
    public Measurement Ours(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        Measurement.Read(
            ChildProcess
                .Run(
                    "dotnet",
                    [typeof(Workspace).Assembly.Location, .. arguments],
                    environment ?? ImmutableDictionary<string, string>.Empty
                )
                .Output
        );

    /// <summary>A run of the tool, measured from outside: of the published one, or of that which lies beside this program.</summary>
    public ChildProcess.Outcome Tool(string? published, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        published is null
            ? ChildProcess.Run("dotnet", [OwnTool, .. arguments], environment)
            : ChildProcess.Run(published, [.. arguments], environment);

    /// <summary>A run of the tool that may refuse what it is asked: of the published one, where there is one.</summary>
    public ChildProcess.Outcome TryTool(IEnumerable<string> arguments) =>
        Published is null
            ? ChildProcess.Try("dotnet", [OwnTool, .. arguments], ImmutableDictionary<string, string>.Empty)
            : ChildProcess.Try(Published, [.. arguments], ImmutableDictionary<string, string>.Empty);

    /// <summary>A run of the peer, measured from outside as well.</summary>
    public (Measurement Inside, ChildProcess.Outcome Outside) Peer(string work, Prepared model, params IEnumerable<string> arguments)
    {
        var weights = Path.ChangeExtension(model.Path, ".pt");
        if (!File.Exists(weights))
            Script("prepare", model.Path, weights);
        var outcome = Script([work, weights, model.Image, model.Labels, .. arguments]);
        return (Measurement.Read(outcome.Output), outcome);
    }

    /// <summary>The folder of the suite's networks, which PyTorch exports once.</summary>
    public string Suite()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "suite")).FullName;
        if (!File.Exists(Path.Combine(folder, "encoder.direction.npy")))
            ChildProcess.Run(Python, [SuiteScript, "export", folder], _peerEnvironment);
        return folder;
    }

    /// <summary>A measurement of the suite by the peer, and the process from outside.</summary>
    public (Measurement Inside, ChildProcess.Outcome Outside) SuitePeer(IEnumerable<string> arguments)
    {
        var outcome = ChildProcess.Run(Python, [SuiteScript, .. arguments], _peerEnvironment);
        return (Measurement.Read(outcome.Output), outcome);
    }

    private static string OwnTool => Path.Combine(AppContext.BaseDirectory, "onnx-curvature.dll");

    private static string SuiteScript => Path.Combine(AppContext.BaseDirectory, "suite.py");

    private ChildProcess.Outcome Script(params IEnumerable<string> arguments) =>
        ChildProcess.Run(Python, [Path.Combine(AppContext.BaseDirectory, "peer.py"), .. arguments], _peerEnvironment);

    private string? FindPeer()
    {
        try
        {
            return ChildProcess
                .Run(
                    Python,
                    ["-c", "import onnx, torch; print(torch.__version__, 'with', torch.get_num_threads(), 'threads')"],
                    _peerEnvironment
                )
                .Output.Trim();
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string? OpenBlas() =>
        Directory.Exists("/usr/lib")
            ? Directory
                .GetDirectories("/usr/lib")
                .Select(folder => Path.Combine(folder, "openblas-openmp"))
                .FirstOrDefault(Directory.Exists)
            : null;
}
