using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Cuda;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>The parts of CUDA that can be tested without a card: options, texts, and where nodes will run.</summary>
[Trait("Category", "Slow")]
public sealed class CudaTests
{
    [Fact]
    public void Options_are_passed_on_under_the_names_of_ONNX_Runtime()
    {
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["device_id"] = "0",
                ["use_tf32"] = "0",
                ["cudnn_conv_algo_search"] = "EXHAUSTIVE",
            },
            new CudaOptions().ForProvider()
        );
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["device_id"] = "2",
                ["use_tf32"] = "1",
                ["cudnn_conv_algo_search"] = "HEURISTIC",
                ["gpu_mem_limit"] = "1073741824",
                ["arena_extend_strategy"] = "kSameAsRequested",
            },
            new CudaOptions
            {
                Device = 2,
                AllowTf32 = true,
                ConvolutionSearch = "heuristic",
                MemoryBytes = 1 << 30,
            }.ForProvider()
        );
    }

    [Theory]
    [InlineData(
        "Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file: No such "
            + "file or directory",
        "the library 'libcublasLt.so.13' is missing; install the CUDA toolkit"
    )]
    [InlineData(
        "Failed to load shared library\n/opt/x/libonnxruntime_providers_shared.so: cannot open shared object file: No such file",
        "the library 'libonnxruntime_providers_shared.so' is missing"
    )]
    [InlineData(
        "Error loading \"C:\\ort\\onnxruntime_providers_cuda.dll\" which depends on \"cublas64_13.dll\" which is missing.",
        "the library 'cublas64_13.dll' is missing"
    )]
    [InlineData(
        "CUDA execution provider is not enabled in this build. ",
        "this ONNX Runtime is built without CUDA, so the library 'libonnxruntime_providers_cuda' is missing; build the tool with "
            + "-p:OnnxRuntimeFlavor=gpu, or give --provider-library or --onnxruntime"
    )]
    [InlineData("CUDA failure 100: no CUDA-capable device is detected ; GPU=-1", "there is no CUDA device that can be used")]
    [InlineData("Something else", "ONNX Runtime says 'Something else'; build the tool")]
    public void Messages_of_ONNX_Runtime_become_a_sentence_that_names_what_is_missing(string message, string sentence) =>
        Assert.StartsWith(sentence, CudaProvider.Explain(message), StringComparison.Ordinal);

    [Fact]
    public void Options_of_CUDA_without_it_are_said_to_have_no_effect()
    {
        Assert.Equal((ExecutionProvider.Cpu, null), CudaProvider.Choose(ExecutionProvider.Cpu, new CudaOptions()));
        var (provider, note) = CudaProvider.Choose(ExecutionProvider.Cpu, new CudaOptions { Device = 1 });
        Assert.Equal(ExecutionProvider.Cpu, provider);
        Assert.Contains("have no effect on the CPU", note, StringComparison.Ordinal);
    }

    [Fact]
    public void CUDA_that_cannot_be_had_is_an_error_and_auto_goes_on_without_it_and_says_so()
    {
        var entry = ReferenceTable.Find("mlp.onnx", "fc1.weight");
        Assert.SkipWhen(CudaProvider.Choose(null, new CudaOptions()).Provider == ExecutionProvider.Cuda, "There is CUDA here.");
        var error = Assert.Throws<UserErrorException>(() =>
            entry.Run(options: new CurvatureRunOptions { Provider = ExecutionProvider.Cuda })
        );
        Assert.StartsWith("CUDA cannot be had: this ONNX Runtime is built without CUDA", error.Message, StringComparison.Ordinal);
        var run = CurvatureEngine.Prepare(entry.ModelPath, entry.Request, entry.Data(), new CurvatureRunOptions { Provider = null });
        Assert.Contains(
            run.Notes,
            note => note.StartsWith("Everything is computed on the CPU. CUDA cannot be had: ", StringComparison.Ordinal)
        );
        Close.To(entry, run.Run(null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_provider_library_that_is_none_is_refused()
    {
        var missing = Assert.Throws<UserErrorException>(() =>
            CudaProvider.Choose(ExecutionProvider.Cuda, new CudaOptions { ProviderLibrary = "/nowhere/libcuda_provider.so" })
        );
        Assert.Contains(
            "There is no file '/nowhere/libcuda_provider.so' for --provider-library",
            missing.Message,
            StringComparison.Ordinal
        );
        var text = Assert.Throws<UserErrorException>(() =>
            CudaProvider.Choose(ExecutionProvider.Cuda, new CudaOptions { ProviderLibrary = ReferenceTable.All[0].ModelPath })
        );
        Assert.Contains("cannot be registered", text.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ONNX_Runtime_that_is_not_there_or_comes_too_late_is_refused()
    {
        var missing = Assert.Throws<UserErrorException>(() => OrtEnvironment.Start("/nowhere"));
        Assert.StartsWith(
            "There is no ONNX Runtime at '/nowhere'; give --onnxruntime the path of ",
            missing.Message,
            StringComparison.Ordinal
        );
        OrtEnvironment.Start(null);
        var late = Assert.Throws<UserErrorException>(() => OrtEnvironment.Start(typeof(CudaTests).Assembly.Location));
        Assert.Contains("comes too late", late.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(RunVariationTests.OneWeightOfEachNetwork), MemberType = typeof(RunVariationTests))]
    public void Values_that_are_bound_and_stay_where_they_are_give_the_references(string model, string weight)
    {
        var entry = ReferenceTable.Find(model, weight);
        var loaded = OnnxModel.Load(entry.ModelPath);
        foreach (var memory in new[] { 1L << 30, 0 })
        {
            var plan = Plan(loaded, entry, memory);
            var data = DataSet.Bind(
                plan.Program.Parameters,
                entry.Data(),
                FirstAxes(plan),
                entry.BatchSizes[^1] ?? BatchDecision.DefaultSize,
                plan.Loss.Labels
            );
            var settings = new OrtSettings(Path.GetDirectoryName(entry.ModelPath)!, ExecutionProvider.Cpu, 0) { BindOnHost = true };
            var result = new CurvatureRunner(
                plan.Program,
                new BatchJoin(plan.Loss.Reduction == BatchWeight.Samples, [.. plan.PerSample], []),
                settings,
                new PlanLimits()
            ).Run(data, ImmutableDictionary<string, double>.Empty, null, TestContext.Current.CancellationToken);
            Close.To(entry, result);
            // The test assembly starts ONNX Runtime so that it is heard.
            Assert.Matches(@"^ONNX Runtime runs 0 nodes on CUDA and [1-9]\d* on the CPU", Assert.Single(result.Notes));
        }
    }

    [Fact]
    public void Sums_of_batches_that_stay_on_a_device_are_those_on_the_host()
    {
        var entry = ReferenceTable.Find("mlp.onnx", "fc1.weight");
        var host = RunSampleBySample(entry, entry.Data(), bind: false);
        var device = RunSampleBySample(entry, entry.Data(), bind: true);
        Assert.True(host.Batches > 1);
        foreach (var (expected, actual) in host.Tensors.Zip(device.Tensors))
        {
            Assert.Equal(expected.Shape, actual.Shape);
            Assert.Equal(expected.Values, actual.Values);
        }
    }

    [Fact]
    public void A_batch_whose_results_are_not_finite_is_reported_where_sums_stay_on_a_device()
    {
        var entry = ReferenceTable.Find("mlp.onnx", "fc1.weight");
        var data = new Dictionary<string, NpyArray>(entry.Data());
        var features = data["features"].ToDoubles();
        features[0] = double.PositiveInfinity;
        data["features"] = NpyArray.Of(ElementType.Float32, data["features"].Shape, features);
        var exception = Assert.Throws<UserErrorException>(() => RunSampleBySample(entry, data, bind: true));
        Assert.StartsWith("'fc1.weight.gradient' holds NaN or infinity, first made by ", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vgg16_narrow.onnx", "conv4_3.weight")]
    [InlineData("vgg16_narrow.onnx", "conv1_1.weight")]
    [InlineData("resnet_small.onnx", "stem.conv.weight")]
    [InlineData("mlp.onnx", "fc1.weight")]
    [InlineData("transformer_ce.opset17.onnx", "v.weight")]
    public void No_node_of_a_derivative_falls_to_the_CPU(string model, string weight)
    {
        var entry = ReferenceTable.Find(model, weight);
        var limits = new PlanLimits { Provider = ExecutionProvider.Cuda, DefaultDimension = 1 };
        var plan = new Planner(OnnxModel.Load(entry.ModelPath).Graph, entry.Request, limits).Plan();
        Assert.Empty(CudaKernels.Lacking(plan.Program));
        Assert.EndsWith(" nodes have CUDA kernels.", CudaKernels.Forecast(plan.Program), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("conv4_3.weight")]
    [InlineData("conv4_3.weight[7]")]
    [InlineData("conv1_1.weight")]
    [InlineData("conv5_3.bias")]
    [InlineData("fc8.weight")]
    public void No_node_of_VGG16_at_its_full_size_falls_to_the_CPU(string weight) =>
        Assert.Empty(CudaKernels.Lacking(PlanOfVgg16(weight, 1)));

    [Theory]
    // On a device only the dense layers are taken at nonzero channels, and those only of one sample.
    [InlineData("conv4_3.weight", 1, 2)]
    [InlineData("conv4_3.weight", 2, 0)]
    public void Dense_layers_of_VGG16_are_taken_at_nonzero_channels_on_a_device(string weight, int samples, int layers)
    {
        var program = PlanOfVgg16(weight, samples);
        Assert.Equal(layers, program.Nodes.Count(node => node.Operator is TopK));
        Assert.DoesNotContain(program.Nodes, node => node.Operator is Scan);
    }

    private static Ir.Program PlanOfVgg16(string weight, int samples)
    {
        using var folder = new TemporaryFolder();
        var dimensions = ImmutableDictionary<string, long>.Empty.Add("N", samples);
        var model = OnnxModel.Load(FullSizeVgg16.Save(folder), new LoadOptions { Dims = dimensions, Oracle = new OrtShapeOracle() });
        var request = new CurvatureRequest { WithRespectTo = [weight], Loss = LossRequest.Parse("cross-entropy") };
        var plan = new Planner(
            model.Graph,
            request,
            new PlanLimits
            {
                Provider = ExecutionProvider.Cuda,
                MemoryBytes = 16L << 30,
                Dimensions = dimensions,
            }
        ).Plan();
        Assert.StartsWith("square root of the output Hessian", plan.Methods[0].Method, StringComparison.Ordinal);
        return plan.Program;
    }

    private static CurvatureResult RunSampleBySample(ReferenceCase entry, IReadOnlyDictionary<string, NpyArray> data, bool bind)
    {
        var plan = Plan(OnnxModel.Load(entry.ModelPath), entry, 1L << 30);
        var set = DataSet.Bind(plan.Program.Parameters, data, FirstAxes(plan), 1, plan.Loss.Labels);
        var settings = new OrtSettings(Path.GetDirectoryName(entry.ModelPath)!, ExecutionProvider.Cpu, 0) { BindOnHost = bind };
        return new CurvatureRunner(
            plan.Program,
            new BatchJoin(plan.Loss.Reduction == BatchWeight.Samples, [.. plan.PerSample], []),
            settings,
            new PlanLimits()
        ).Run(set, ImmutableDictionary<string, double>.Empty, null, TestContext.Current.CancellationToken);
    }

    private static Dictionary<string, SampleLayout> FirstAxes(CurvaturePlan plan) =>
        plan.Program.Parameters.ToDictionary(parameter => parameter.Name!, _ => SampleLayout.At(0));

    /// <summary>A plan; with no memory to speak of, one with as many chunks as can be.</summary>
    private static CurvaturePlan Plan(OnnxModel model, ReferenceCase entry, long memory)
    {
        CurvaturePlan Of(long bytes) => new Planner(model.Graph, entry.Request, new PlanLimits { MemoryBytes = bytes }).Plan();
        if (memory > 0)
            return Of(memory);
        var plan = Of(memory = 1L << 30);
        while (memory > 1 && plan.Methods.All(method => method.ChunkSize >= method.Directions))
            plan = Of(memory = (long)Math.Max(1, Math.Min(memory * 0.8, plan.Methods.Max(method => method.MemoryBytes) - 1)));
        return plan;
    }

    [Fact]
    public void Nodes_without_a_kernel_are_counted_and_named()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, TensorShape.Of([3])), "x");
        Value Of<T>(Value value)
            where T : Operator => Catalogue.Get<T>().Apply(b, [value]).Output;
        var program = b.Build([x], [new NamedValue("y", Of<Tan>(Of<Exp>(Of<Tan>(Of<Sinh>(x)))))]);
        Assert.Equal(
            "3 of 4 nodes have no CUDA kernel and run on the CPU, with copies of what they take and give: Tan (2), Sinh (1).",
            CudaKernels.Forecast(program)
        );
    }

    [Theory]
    [InlineData(ElementType.Float32, true)]
    [InlineData(ElementType.Float64, false)]
    public void A_kernel_counts_only_for_the_types_that_it_takes(ElementType element, bool has)
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(element, TensorShape.Of([1, 1, 4, 4])), "x");
        var grid = b.Parameter(new TensorType(element, TensorShape.Of([1, 4, 4, 2])), "grid");
        var node = Catalogue.Find("", "GridSample")!.Apply(b, [x, grid]);
        Assert.Equal(has, CudaKernels.Has(node, 16));
    }

    [Fact]
    public void The_placement_of_nodes_is_read_from_the_log_of_ONNX_Runtime()
    {
        var mixed = NodePlacement.Read([
            "Node placements",
            " Node(s) placed on [CPUExecutionProvider]. Number of nodes: 2",
            "  Shape (sizes)",
            "  Det (Det_3)",
            " Node(s) placed on [CUDAExecutionProvider]. Number of nodes: 30",
            "  Conv (conv1)",
            "SessionState",
        ])!;
        Assert.Equal("ONNX Runtime runs 30 nodes on CUDA and 2 on the CPU: Det 'Det_3', Shape 'sizes'.", mixed.Describe());
        var whole = NodePlacement.Read(["Node placements", " All nodes placed on [CUDAExecutionProvider]. Number of nodes: 12"])!;
        Assert.Equal("ONNX Runtime runs all 12 nodes on CUDA.", whole.Describe());
        Assert.Equal("ONNX Runtime runs 42 nodes on CUDA and 2 on the CPU: Det 'Det_3', Shape 'sizes'.", mixed.With(whole).Describe());
        Assert.Null(NodePlacement.Read(["nothing of the kind"]));
    }
}
