using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Augmentation;

/// <summary>How an augmented model is written.</summary>
public sealed record AugmentOptions
{
    /// <summary>
    /// The opset, from 11 to 21; null takes the model's own where it lies there and can say all operators, else the lowest that can.
    /// </summary>
    public int? Opset { get; init; }

    /// <summary>For what kind of runtime it is written.</summary>
    public AugmentProfile Profile { get; init; }

    /// <summary>
    /// The name of the engine that the file is written for, as <c>tensorrt</c>, which takes the portable profile; null for none in
    /// particular. Throws <see cref="UserErrorException"/> for a name that stands for no engine.
    /// </summary>
    public string? Target
    {
        get => Engine?.Name;
        init => Engine = value is null ? null : EngineTarget.Find(value);
    }

    /// <summary>That engine.</summary>
    internal EngineTarget? Engine { get; private init; }

    /// <summary>The folder for inputs and outputs by which any runtime can be checked, in ONNX's own layout; null for none.</summary>
    public string? TestData { get; init; }

    /// <summary>Whether weights are copied into the file.</summary>
    public bool Embed { get; init; }

    /// <summary>New names of outputs, by the name of a result or of an output of the model.</summary>
    public ImmutableDictionary<string, string> Names
    {
        get => Contract.Names;
        init => Contract = Contract with { Names = value };
    }

    /// <summary>
    /// The results and outputs of the model that are given out with the opposite sign, by the names that they have without
    /// <see cref="Names"/>.
    /// </summary>
    public ImmutableArray<string> Negated
    {
        get => Contract.Negated;
        init => Contract = Contract with { Negated = value };
    }

    /// <summary>Whether the model's own outputs are left out.</summary>
    public bool ResultsOnly
    {
        get => Contract.ResultsOnly;
        init => Contract = Contract with { ResultsOnly = value };
    }

    /// <summary>The outputs of the file and their names; by default the model's outputs and the results under theirs.</summary>
    internal OutputContract Contract { get; init; } = new();

    /// <summary>The most that values of one run of the file may take beside its weights, in bytes.</summary>
    public long MemoryBytes
    {
        get => Limits.MemoryBytes;
        init => Limits = Limits with { MemoryBytes = value };
    }

    /// <summary>The limits of the plan.</summary>
    internal PlanLimits Limits { get; init; } = new();

    /// <summary>The most that loading the model may take.</summary>
    public WorkLimits LoadLimits { get; init; } = new();

    /// <summary>Receives the phases of the work; null for nothing.</summary>
    public IProgress<RunProgress>? Progress { get; init; }

    /// <summary>Ends the work with nothing written; it is heeded before files are moved to their places.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Whether the file holds no loops over directions, and only operators that most engines have.</summary>
    internal bool IsPortable => Profile == AugmentProfile.Portable || Engine is not null;

    /// <summary>The file system that makes and moves the files.</summary>
    internal IFileSystem Files { get; init; } = SystemFiles.Instance;

    /// <summary>Sizes of symbolic dimensions, by name.</summary>
    public ImmutableDictionary<string, long> Dimensions { get; init; } = ImmutableDictionary<string, long>.Empty;
}

/// <summary>The file that was written.</summary>
/// <param name="Path">The file.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Opset">Its opset.</param>
/// <param name="WeightPlacement">One sentence: where the weights are.</param>
/// <param name="Methods">How each second-order quantity is computed.</param>
/// <param name="Notes">One sentence each.</param>
/// <param name="NewInputs">Inputs that the model did not have: the loss's target.</param>
/// <param name="Outputs">The new outputs.</param>
/// <param name="Profile">The profile.</param>
/// <param name="CallingConvention">How the file is to be called, in sentences.</param>
public sealed record AugmentReport(
    string Path,
    long Bytes,
    int Opset,
    string WeightPlacement,
    ImmutableArray<WeightPlan> Methods,
    ImmutableArray<string> Notes,
    ImmutableArray<string> NewInputs,
    ImmutableArray<string> Outputs,
    AugmentProfile Profile,
    string CallingConvention
);
