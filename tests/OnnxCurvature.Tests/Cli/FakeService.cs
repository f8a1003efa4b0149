using System.Collections.Immutable;
using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Inspection;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Runtime.Verification;

namespace OnnxCurvature.Tests.Cli;

/// <summary>A library that remembers what it was asked, and gives the figures of a network of some size.</summary>
internal sealed class FakeService : ICurvatureService
{
    public static readonly WeightPlan ConvPlan = new(
        "conv4_3.weight",
        Quantity.HessianDiagonal,
        "square root of the output Hessian",
        "no node after 'conv4_3.weight' has a second derivative",
        1000,
        25,
        3.2e12,
        1.5 * (1 << 30)
    )
    {
        Shape = TensorShape.Of([512, 512, 3, 3]),
    };

    private static readonly WeightPlan BiasPlan = new(
        "norm.bias[3:9]",
        Quantity.HessianDiagonal,
        "Hessian-vector products",
        "one product for each entry is exact for any graph",
        6,
        6,
        12345678,
        2048
    )
    {
        Shape = TensorShape.Of([6]),
    };

    public string? ModelPath { get; private set; }
    public CurvatureRequest? Request { get; private set; }
    public IReadOnlyDictionary<string, DataSource>? Data { get; private set; }
    public CurvatureRunOptions? RunOptions { get; private set; }
    public AugmentOptions? AugmentOptions { get; private set; }
    public ImmutableDictionary<string, long>? Dimensions { get; private set; }
    public IReadOnlyDictionary<string, Tensor>? FixedInputs { get; private set; }
    public IReadOnlyList<string>? Shards { get; private set; }
    public (int Samples, int Seed) Verification { get; private set; }

    /// <summary>The work of a run before it gives its result.</summary>
    public Action<IProgress<RunProgress>?, CancellationToken> OnRun { get; init; } = (_, _) => { };

    /// <summary>How many further weights a run gives results of.</summary>
    public int Weights { get; init; }

    /// <summary>The report of a verification.</summary>
    public CheckReport Found { get; init; } = new([], [], 0);

    /// <summary>The report of an inspection.</summary>
    public Func<InspectReport> Inspected { get; init; } = () => Report;

    public static InspectReport Report { get; } =
        new(
            "vgg16.onnx",
            7,
            13,
            [("image", "float32[N,3,224,224]")],
            [("logits", "float32[N,1000]")],
            [
                new InspectedWeight("conv4_3.weight", "/features/conv4_3/Conv", "float32[512,512,3,3]", 2359296, ConvPlan, null),
                new InspectedWeight("[odd] name", "", "float32[6]", 6, null, "the operator Secret 's' is unknown"),
            ],
            [("/act/Constant_output_0", "float32")],
            [("Conv", 13, null), ("com.example.Secret", 1, "the operator is unknown")],
            [("cross-entropy:logits", "the output has 1000 classes along axis 1")],
            ["The values of 'steps' are <fixed> & \"folded\"."]
        );

    public InspectReport Inspect(
        string modelPath,
        ImmutableDictionary<string, long> dimensions,
        IReadOnlyDictionary<string, Tensor> fixedInputs,
        WorkLimits limits,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        (ModelPath, Dimensions, FixedInputs) = (modelPath, dimensions, fixedInputs);
        return Inspected();
    }

    public ImmutableArray<string> AugmentForCasadi(
        string modelPath,
        string outPath,
        AugmentOptions options,
        IReadOnlyDictionary<string, Tensor> fixedInputs
    )
    {
        (ModelPath, AugmentOptions) = (modelPath, options);
        return [outPath, "adj_f.onnx", "fwd_adj_f.onnx"];
    }

    public AugmentReport Augment(string modelPath, CurvatureRequest request, string outPath, AugmentOptions options)
    {
        (ModelPath, Request, AugmentOptions) = (modelPath, request, options);
        return new AugmentReport(
            "out.onnx",
            24_576,
            13,
            "Weights stay in 'vgg16.onnx', to which the file refers by that path; keep both where they are to each other.",
            [ConvPlan],
            ["ReLU has the derivative 0 at 0."],
            ["labels int64[N]"],
            ["loss", "conv4_3.weight.hessian_diagonal"],
            options.Profile,
            "Run the file once: every output is a result."
        );
    }

    public IPlannedRun Prepare(
        string modelPath,
        CurvatureRequest? request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions options,
        IProgress<RunProgress>? progress
    )
    {
        ModelPath = modelPath;
        Request = request;
        Data = data;
        RunOptions = options;
        return new Planned(this);
    }

    public CurvatureResult Merge(IReadOnlyList<string> shards)
    {
        Shards = shards;
        return new Planned(this).Run(null, CancellationToken.None);
    }

    public CheckReport Verify(
        string modelPath,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions options,
        int samples,
        int seed,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        Verification = (samples, seed);
        return Found;
    }

    private sealed class Planned(FakeService service) : IPlannedRun
    {
        public ImmutableArray<string> ModelFiles => ["vgg16.onnx"];

        public PlanOverview Plan =>
            new(
                [
                    ConvPlan,
                    BiasPlan,
                    .. Enumerable
                        .Range(0, service.Weights)
                        .Select(index => BiasPlan with { Target = $"layer{index}.weight", Reason = $"it is exact for layer {index}" }),
                ],
                ["ReLU has the derivative 0 at 0."],
                3,
                3.3e12,
                1.6 * (1 << 30),
                (180, 3.1 * (1 << 30))
            );

        public CurvatureResult Run(IProgress<RunProgress>? progress, CancellationToken cancellation)
        {
            service.OnRun(progress, cancellation);
            return new CurvatureResult(
                [
                    new ResultTensor("loss", ElementType.Float32, [], (double[])[1.25]),
                    new ResultTensor("conv4_3.weight.gradient", ElementType.Float32, [2, 1, 3], (double[])[1, -2, 0, 0.5, 1.0 / 3, -1e-9]),
                    new ResultTensor(
                        "conv4_3.weight.hessian_diagonal",
                        ElementType.Float32,
                        [2, 1, 3],
                        (double[])[1, 2, 0, 0.5, 1.0 / 3, 1e-9]
                    ),
                    new ResultTensor(
                        "norm.bias[3:9].hessian_diagonal",
                        ElementType.Float32,
                        [6],
                        (double[])[12345678, -0.00012345678, 0, 0, 0, 0]
                    ),
                    .. Enumerable
                        .Range(0, service.Weights)
                        .Select(index => new ResultTensor(
                            $"layer{index}.weight.hessian_diagonal",
                            ElementType.Float32,
                            [2, 1, 3],
                            (double[])[1, 2, 0, 0.5, 1.0 / 3, 1e-9]
                        )),
                ],
                70,
                3,
                ImmutableDictionary<string, double>.Empty.Add("run", 184.6).Add("plan", 0.25).Add("load", 12).Add("check", 2.5),
                3L << 30
            )
            {
                Check = new CheckReport(
                    [
                        new VerifyEntry("conv4_3.weight.gradient", [0, 0, 1], -2, -2, 0.004, 0, "derivative along the entry"),
                        new VerifyEntry("conv4_3.weight.hessian_diagonal", [0, 0, 2], 1e-9, 0, 1e-8, 1e-8, "derivative along the entry"),
                    ],
                    [("norm.bias[3:9].hessian_diagonal", "one direction takes about 12 s, and all checks at most 5 % of the run")],
                    2.5
                )
                {
                    LargestDifference = 3.2e-6,
                    Undecided = [new VerifyEntry("conv4_3.weight.gradient", [1, 0, 2], 0.25, 0.5, 0.001, 0, "derivative along the entry")],
                },
            };
        }

        public string RunShard(string path, IProgress<RunProgress>? progress, CancellationToken cancellation) => "5 of 5 batches";
    }
}
