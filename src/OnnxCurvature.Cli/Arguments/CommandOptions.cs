using System.Collections.Immutable;
using System.CommandLine;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The arguments and options that commands share, each with its line of help.</summary>
/// <param name="requests">Whether the command takes what to compute.</param>
internal sealed class CommandOptions(bool requests)
{
    private static readonly ImmutableArray<Quantity> DefaultQuantities = [Quantity.Loss, Quantity.Gradient, Quantity.HessianDiagonal];

    public Argument<string> Model { get; } = new("MODEL") { Description = "The .onnx file." };

    public Option<string[]> WithRespectTo { get; } =
        new("--wrt")
        {
            HelpName = "NAME",
            Description =
                "The weights, inputs or intermediate values to differentiate with respect to: names, globs such as 'conv*.weight', or "
                + "slices of the first axis such as 'w[7]' and 'w[3:9]'"
                + Default(requests),
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
            Required = requests,
        };

    public Option<LossRequest?> Loss { get; } =
        new("--loss")
        {
            HelpName = "KIND[:VALUE]",
            Description =
                "The loss: cross-entropy, binary-cross-entropy, mse, sum or value; of the named value, of a part of it such as "
                + "'z[:, 3]', or "
                + "of the model's first output [default of VALUE: the first output]"
                + Default(requests),
            CustomParser = Parsers.Loss,
            Required = requests,
        };

    public Option<string?> Reduction { get; } =
        new("--reduction")
        {
            HelpName = "mean|sum",
            Description = "How the losses of single samples become one [default: mean].",
            CustomParser = Parsers.Word("--reduction", "mean", "sum"),
        };

    /// <summary>What cross-entropy does with classes and labels.</summary>
    public ClassArguments Classes { get; } = new();

    public Option<string?> Precision { get; } =
        new("--precision")
        {
            HelpName = "model|float64",
            Description =
                "In which type everything is computed: the model's own, or float64; float64 takes scalars of a formula that a file "
                + "rounds to float32, such as 0.01 or √2, for what they were, and says so [default: model].",
            CustomParser = Parsers.Word("--precision", "model", "float64"),
        };

    public Option<bool> StraightThrough { get; } =
        new("--straight-through")
        {
            Description = "Take quantization for the identity in derivatives, where it is rounding, of which the derivative is zero.",
        };

    public Option<ImmutableArray<Quantity>> Quantities { get; } =
        new("--quantity")
        {
            HelpName = "Q,...",
            Description =
                "What is computed: "
                + string.Join(", ", Methods.Requests.Quantities.All.Select(Methods.Requests.Quantities.Name))
                + " [default: loss,gradient,hessian-diagonal; with --method ggn-mc loss,gradient,ggn-diagonal].",
            CustomParser = Parsers.QuantityList,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<string?> Method { get; } =
        new("--method")
        {
            HelpName = "exact|...",
            Description =
                "exact; or an estimate with a standard error for each entry: hutchinson or xdiag of the hessian-diagonal, ggn-mc of the "
                + "ggn-diagonal; or becker-lecun or hesscale, one-pass and biased estimates of the hessian-diagonal [default: exact].",
            CustomParser = Parsers.Word("--method", [.. Enum.GetValues<Estimator>().Select(Estimators.Name)]),
        };

    public Option<int?> Probes { get; } =
        new("--probes")
        {
            HelpName = "N",
            Description = "Random directions of an estimate; the standard error falls as 1/√N [default: 32].",
            CustomParser = Parsers.Integer("--probes", 2),
        };

    public Option<int?> Seed { get; } =
        new("--seed")
        {
            HelpName = "N",
            Description = "What the random numbers of an estimate are made from [default: 0].",
            CustomParser = Parsers.Integer("--seed", 0),
        };

    public Option<double?> TargetError { get; } =
        new("--target-error")
        {
            HelpName = "R",
            Description =
                "Take more probes until the relative error, the norm of the standard errors over that of the estimate, is at most R, "
                + "for instance 0.05; the estimate itself decides when that is, so it is biased slightly toward small errors [default: "
                + "no more than --probes].",
            CustomParser = Parsers.Positive("--target-error"),
        };

    public Option<double?> Tolerance { get; } =
        new("--tolerance")
        {
            HelpName = "R",
            Description =
                "Leave the least likely classes, of a share of at most R of the probability, out of the factor of cross-entropy: gives "
                + "a lower bound of the diagonal, and an unbiased estimate with the remainder sampled by --probes [default: none are "
                + "left out].",
            CustomParser = Parsers.Share("--tolerance"),
        };

    public Option<ImmutableArray<DataArgument>> Data { get; } =
        new("--data")
        {
            HelpName = "INPUT=FILE",
            Description =
                "A .npy file, or a TensorProto .pb, for each input, samples along the first axis; what inputs of shapes, axes and "
                + "counts are given is taken as constant; the loss's target is the input 'labels' of cross-entropy, and "
                + "'target' of other losses; hvp and jvp take 'NAME.direction' of the shape of --wrt NAME, vjp takes 'NAME.cotangent' "
                + "of the shape of the loss's value.",
            CustomParser = Parsers.Files("--data", "image=image.npy"),
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<ImmutableArray<DataArgument>> Fixed { get; } =
        new("--fix")
        {
            HelpName = "INPUT=FILE",
            Description =
                "A .npy file, or a TensorProto .pb, for an input that becomes a constant, as a shape, an axis or a number of rounds "
                + "must be where derivatives depend on it [default: none].",
            CustomParser = Parsers.Files("--fix", "steps=steps.npy"),
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<int?> BatchSize { get; } =
        new("--batch-size")
        {
            HelpName = "N",
            Description =
                "Samples in one batch [default: the model's own fixed batch; else 32 where batches are proven to give what all samples "
                + "at once give, and all samples where they are not].",
            CustomParser = Parsers.Integer("--batch-size", 1),
        };

    public Option<bool> AsBlocks { get; } =
        new("--as-blocks")
        {
            Description =
                "Cut the data into batches even where these are not proven to give what all samples at once give: results are then "
                + "those of blocks, put together [default: off].",
        };

    public Option<ImmutableDictionary<string, int?>?> SampleAxes { get; } =
        new("--samples-axis")
        {
            HelpName = "INPUT=AXIS",
            Description =
                "The axis of an input along which samples lie, or 'none' for an input that holds none [default: the first, unless the "
                + "model shows another].",
            CustomParser = Parsers.SampleAxes,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<string?> Provider { get; } =
        new("--provider")
        {
            HelpName = "cpu|cuda|auto",
            Description = "Where ONNX Runtime computes; auto takes CUDA where it can be had, and says so [default: cpu].",
            CustomParser = Parsers.Word("--provider", "cpu", "cuda", "auto"),
        };

    /// <summary>How CUDA is used.</summary>
    public CudaArguments Cuda { get; } = new();

    public Option<int?> Threads { get; } =
        new("--threads")
        {
            HelpName = "N",
            Description = "Threads within an operator; 0 takes the number of cores [default: 0].",
            CustomParser = Parsers.Integer("--threads", 0),
        };

    public Option<long> Memory { get; } =
        new("--memory")
        {
            HelpName = "SIZE",
            Description =
                "The most memory that the process may take, for instance 800M, 2G or 4GiB; fewer directions are then done at a time. With "
                + "--provider cuda, and in a file that is written, what the values of one chunk of directions may take [default: 3G; 1G "
                + "for a file].",
            CustomParser = Parsers.Size("--memory"),
        };

    public Option<ImmutableDictionary<string, long>?> Dimensions { get; } =
        new("--dim")
        {
            HelpName = "NAME=SIZE",
            Description = "The size of a symbolic dimension of the model [default: as the data say, else symbolic].",
            CustomParser = Parsers.Dimensions,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<WorkLimits?> LoadLimit { get; } =
        new("--load-limit")
        {
            HelpName = "WHAT=NUMBER",
            Description =
                "The most that a model may take while it is loaded: nodes built, bytes of computed constants, or steps of computing "
                + "shapes [default: "
                + Parsers.Limits(new WorkLimits())
                + "].",
            CustomParser = Parsers.LoadLimit,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    private static string Default(bool requests) => requests ? "." : " [default: none, for an augmented model].";

    public Option<bool> Explain { get; } =
        new("--explain") { Description = "Show the curvature sources, the ways that were weighed, and why one was taken [default: off]." };

    public Option<bool> NoCheck { get; } =
        new("--no-check")
        {
            Description =
                "Leave out the check, by which a few entries of each exact result are computed a second time in another way, and "
                + "nothing is written where they differ [default: check].",
        };

    /// <summary>An option for the file that a command writes.</summary>
    public static Option<string?> Output(string name, string description, bool required) =>
        new("--output", "-o")
        {
            HelpName = name,
            Description = description,
            Required = required,
        };

    /// <summary>The sizes of symbolic dimensions.</summary>
    public ImmutableDictionary<string, long> DimensionsOf(ParseResult parsed) =>
        parsed.GetValue(Dimensions) ?? ImmutableDictionary<string, long>.Empty;

    /// <summary>The most that loading may take.</summary>
    public WorkLimits LoadLimitsOf(ParseResult parsed) => parsed.GetValue(LoadLimit) ?? new WorkLimits();

    /// <summary>The values of inputs that become constants. Throws <see cref="UserErrorException"/> where a file cannot be read.</summary>
    public IReadOnlyDictionary<string, Ir.Tensor> FixedOf(ParseResult parsed) =>
        DataArgument.Tensors(parsed.GetResult(Fixed) is null ? [] : parsed.GetValue(Fixed));

    /// <summary>
    /// What is asked of the model, or null where neither --wrt nor --loss is given. Throws <see cref="UserErrorException"/> where one of
    /// them is.
    /// </summary>
    public CurvatureRequest? RequestOf(ParseResult parsed)
    {
        var (names, loss) = (parsed.GetValue(WithRespectTo) ?? [], parsed.GetValue(Loss));
        if (names.Length == 0 && loss is null)
        {
            if (
                parsed.GetResult(Reduction) is not null
                || parsed.GetResult(Precision) is not null
                || parsed.GetValue(StraightThrough)
                || parsed.GetResult(Fixed) is not null
                || parsed.GetResult(SampleAxes) is not null
                || parsed.GetResult(Quantities) is not null
                || parsed.GetResult(Method) is not null
                || parsed.GetResult(Probes) is not null
                || parsed.GetResult(Seed) is not null
                || parsed.GetResult(TargetError) is not null
                || parsed.GetResult(Tolerance) is not null
                || Classes.All.Any(option => parsed.GetResult(option) is { Implicit: false })
            )
                throw new UserErrorException(
                    "--reduction, --class-axis, --ignore-index, --label-smoothing, --class-weights, --soft-labels, --precision, "
                    + "--straight-through, --fix, --samples-axis, --quantity, --method, --probes, --seed, "
                        + "--target-error and --tolerance need --wrt and --loss; an augmented model computes what it was compiled for."
                );
            return null;
        }
        if (names.Length == 0)
            throw new UserErrorException(
                "--loss is given without --wrt; name the weights to differentiate with respect to, for instance --wrt 'conv*.weight'."
            );
        if (loss is null)
            throw new UserErrorException("--wrt is given without --loss; name a loss, for instance --loss cross-entropy.");
        var estimator = Enum.GetValues<Estimator>().Single(known => known.Name() == (parsed.GetValue(Method) ?? "exact"));
        var request = new CurvatureRequest
        {
            WithRespectTo = [.. names],
            Loss = loss with { Classes = Classes.Of(parsed) },
            Reduction = parsed.GetValue(Reduction) == "sum" ? Methods.Requests.Reduction.Sum : Methods.Requests.Reduction.Mean,
            Precision = parsed.GetValue(Precision) == "float64" ? Ir.Precision.Float64 : Ir.Precision.Model,
            StraightThrough = parsed.GetValue(StraightThrough),
            Fixed = FixedOf(parsed),
            SampleAxes = parsed.GetValue(SampleAxes) ?? ImmutableDictionary<string, int?>.Empty,
            Quantities = parsed.GetResult(Quantities) is null
                ? [.. DefaultQuantities[..^1], estimator.Estimated()]
                : parsed.GetValue(Quantities),
            Estimator = estimator,
            Probes = parsed.GetValue(Probes) ?? 32,
            Seed = parsed.GetValue(Seed) ?? 0,
            TargetError = parsed.GetValue(TargetError),
            Tolerance = parsed.GetValue(Tolerance),
        };
        if (!request.IsRandom && (parsed.GetResult(Probes) is not null || parsed.GetResult(Seed) is not null))
            throw new UserErrorException(
                "--probes and --seed are of random numbers, and nothing that is asked for draws any; give --method hutchinson, xdiag or "
                    + "ggn-mc, the quantity fisher-diagonal-mc, or --tolerance, or leave them out."
            );
        return request;
    }

    /// <summary>How a run is carried out.</summary>
    public CurvatureRunOptions RunOptionsOf(ParseResult parsed) =>
        new()
        {
            BatchSize = parsed.GetValue(BatchSize),
            AsBlocks = parsed.GetValue(AsBlocks),
            Dimensions = DimensionsOf(parsed),
            LoadLimits = LoadLimitsOf(parsed),
            MemoryBytes = MemoryOf(parsed) ?? new CurvatureRunOptions().MemoryBytes,
            Provider = parsed.GetValue(Provider) ?? "cpu",
            Cuda = Cuda.Of(parsed),
            OnnxRuntimePath = parsed.GetValue(Cuda.OnnxRuntime),
            Threads = parsed.GetValue(Threads) ?? 0,
            Check = !parsed.GetValue(NoCheck),
        };

    /// <summary>The bound on memory.</summary>
    public long? MemoryOf(ParseResult parsed) => parsed.GetResult(Memory) is null ? null : parsed.GetValue(Memory);

    /// <summary>The files of --data and --fix, which are read.</summary>
    public IEnumerable<string> FilesOf(ParseResult parsed)
    {
        var fixedFiles = parsed.GetResult(Fixed) is null ? [] : parsed.GetValue(Fixed);
        var files = DataOf(parsed).Concat(fixedFiles).Select(file => file.Path);
        return parsed.GetValue(Classes.Weights) is { } weights ? files.Append(weights) : files;
    }

    /// <summary>The files of --data.</summary>
    public ImmutableArray<DataArgument> DataOf(ParseResult parsed) => parsed.GetResult(Data) is null ? [] : parsed.GetValue(Data);
}
