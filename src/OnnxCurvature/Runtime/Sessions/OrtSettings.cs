using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Passes;
using static System.FormattableString;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>The settings that all sessions of a run share.</summary>
/// <param name="Folder">Where external weights lie.</param>
/// <param name="Provider">Where nodes run.</param>
/// <param name="Threads">Threads within an operator; 0 takes the number of cores.</param>
internal sealed record OrtSettings(string Folder, ExecutionProvider Provider, int Threads)
{
    /// <summary>The floating-point operations of a small node, on the average: some ten microseconds.</summary>
    private const double LightFlops = 1e5;

    /// <summary>The size of a dimension that is not known, where small nodes are told from large ones.</summary>
    private const long UnknownSize = 256;

    private const string LargestFolded = "optimization.constant_folding_max_output_size_in_bytes";

    /// <summary>The most independent chunks of a loop that run at a time; there is memory for so many.</summary>
    public int ChunksAtOnce { get; init; } = 1;

    /// <summary>The threads that there are for a run: by default, the processors that the system or a container's limit allows.</summary>
    public int Cores => Threads > 0 ? Threads : Environment.ProcessorCount;

    /// <summary>Whether a session runs only once, so that laying out its weights for the kernels would cost more than it gains.</summary>
    public bool RunsOnce { get; init; }

    /// <summary>Whether sessions are optimized however small their nodes are.</summary>
    public bool OptimizesSmallNodes { get; init; }

    /// <summary>Whether programs run node by node as they are, so that no optimizer of ONNX Runtime can be at fault.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Whether sessions take memory from the <see cref="SharedArena"/>, which is then in use.</summary>
    public bool SharesArena { get; init; }

    /// <summary>The weights that all sessions share; null where each maps its own, as it does where values are bound.</summary>
    public SharedWeights? Weights { get; init; }

    /// <summary>Is asked, where an allocation fails, to end what is computed; says whether it did.</summary>
    public Func<bool> StopForMemory { get; init; } = () => false;

    /// <summary>Whether a run of a session gives back to the system what the pool holds and nothing uses.</summary>
    public bool GivesBackUnused { get; init; }

    /// <summary>Records the times of nodes; null where none are recorded.</summary>
    public SessionProfiles? Profiles { get; init; }

    /// <summary>How CUDA is used where it is.</summary>
    public CudaOptions Cuda { get; init; } = new();

    /// <summary>Whether to bind values on the CPU as on a device, so that what a device needs can be tried where there is none.</summary>
    public bool BindOnHost { get; init; }

    /// <summary>Whether values are bound, and stay on a device between sessions.</summary>
    public bool IsBound => Provider == ExecutionProvider.Cuda || BindOnHost;

    /// <summary>Options for a session. Throws <see cref="UserErrorException"/> for a provider that cannot be had.</summary>
    public SessionOptions SessionOptions(Program program)
    {
        var options = new SessionOptions
        {
            // A session in which all is folded computes no value, and does not start. The extended level fuses into operators that exist in
            // float32 only.
            GraphOptimizationLevel =
                IsPlain || program.Outputs.All(output => GraphWalk.HoldsNoParameter(output.Value)) || IsLight(program)
                    ? GraphOptimizationLevel.ORT_DISABLE_ALL
                : Float64Lowering.HoldsFloat64(program) ? GraphOptimizationLevel.ORT_ENABLE_BASIC
                : GraphOptimizationLevel.ORT_ENABLE_ALL,
            // Errors come as exceptions, which are reported in sentences of ours.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        // With a pattern ONNX Runtime takes, from a session's second run on, all memory of a run in one piece, besides what the first run
        // has left in the pool.
        options.EnableMemoryPattern = false;
        // Its own default counts physical cores as the processor describes them, which a virtual machine may describe as one, and does not
        // know the limit of a container.
        options.IntraOpNumThreads = Cores;
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Folder);
        if (SharesArena)
            options.AddSessionConfigEntry(SharedArena.SessionEntry, "1");
        var without = new List<string>();
        if (RunsOnce)
        {
            options.AddSessionConfigEntry("session.disable_prepacking", "1");
            var convolutions = OfWeights(program);
            // Values that follow from weights alone are computed once in any case: by one thread while the session starts, or by all when
            // it is needed. Only a kernel that is known at the start can be laid out.
            if (LayingOutPays(convolutions))
                options.AddSessionConfigEntry(LargestFolded, Invariant($"{convolutions.Max(node => Bytes(node.Inputs[1]!))}"));
            else
                without.AddRange(["ConstantFolding", "NchwcTransformer"]);
        }
        // This rule of ONNX Runtime takes a Transpose into the product after it also where its output is one of the program's, which is
        // then never made.
        if (
            program.Outputs.Any(output =>
                Unnamed(output.Value).Producer is { Operator: Operator op } node && op.PermutationOf(node) is not null
            )
        )
            without.Add("GemmTransposeFusion");
        if (without.Count > 0)
            options.AddSessionConfigEntry("optimization.disable_specified_optimizers", string.Join(';', without));
        // The places of nodes are logged on this level.
        if (IsBound && OrtEnvironment.IsHeard)
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_VERBOSE;
        if (Provider != ExecutionProvider.Cuda)
            return options;
        try
        {
            CudaProvider.Append(options, Cuda);
        }
        catch (UserErrorException)
        {
            options.Dispose();
            throw;
        }
        return options;
    }

    /// <summary>
    /// Whether nodes are so small that a session which runs once computes all of them in less time than it would take to look for better
    /// ones: on two cores 0.15 ms a node in a recurrent network of 20,000, where nothing was found. Steps of sequences are such nodes.
    /// </summary>
    private bool IsLight(Program program) =>
        RunsOnce
        && !OptimizesSmallNodes
        && Provider == ExecutionProvider.Cpu
        && program.Nodes.All(node => node.Bodies.IsEmpty)
        && program.Nodes.Sum(node => node.Rules().Flops(node, AtLarge)) <= LightFlops * program.Nodes.Length;

    /// <summary>A number of elements or operations where dimensions that are not known are large.</summary>
    private static double AtLarge(Dim number) => number.Factor * Math.Pow(UnknownSize, number.Symbols.Length);

    /// <summary>
    /// Whether norms are to be folded into the weights of convolutions before the session has the program, where no kernel is laid out
    /// while it starts.
    /// </summary>
    public bool FoldsNorms(Program program) => RunsOnce && Provider == ExecutionProvider.Cpu && !LayingOutPays(OfWeights(program));

    /// <summary>The convolutions whose kernels are known when a session starts.</summary>
    private static Node[] OfWeights(Program program) =>
        [
            .. program.Nodes.Where(node =>
                node.Operator is Operator { Packing: WeightPacking.Kept } && GraphWalk.HoldsNoParameter(node.Inputs[1]!)
            ),
        ];

    /// <summary>
    /// Whether convolutions that run once gain from kernels in a layout of their own more than it takes to compute these and to lay them
    /// out: with ONNX Runtime 1.32 on two cores 4 ms for 10⁹ operations against 5 ms for 10⁶ bytes.
    /// </summary>
    private static bool LayingOutPays(IReadOnlyCollection<Node> convolutions) =>
        convolutions.Sum(node => node.Rules().Flops(node, dim => dim.Factor)) * 4e-9
        > convolutions.Sum(node => Bytes(node.Inputs[1]!)) * 5e-6;

    private static double Bytes(Value kernel) => (double)(kernel.Type.Shape.Elements.Known ?? 0) * kernel.Type.Element.Size();

    private static Value Unnamed(Value value) =>
        value.Producer is { Operator: Operator { IsIdentity: true } } node ? Unnamed(node.Inputs[0]!) : value;
}
