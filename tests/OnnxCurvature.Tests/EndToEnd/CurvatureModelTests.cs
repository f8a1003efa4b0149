using System.Numerics.Tensors;
using System.Reflection;
using System.Text.RegularExpressions;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>The library as programs use it.</summary>
[Trait("Category", "Slow")]
public sealed partial class CurvatureModelTests : IDisposable
{
    private static readonly CurvatureRequest Request = new() { WithRespectTo = ["w", "v[1]"], Loss = LossRequest.Parse("cross-entropy:z") };

    private static readonly CurvatureRunOptions OneThread = new() { Threads = 1 };

    private readonly Tool _tool = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _tool.Dispose();

    [Fact]
    public void A_model_of_a_file_a_stream_and_memory_gives_the_same()
    {
        var bytes = File.ReadAllBytes(_tool["model.onnx"]);
        var expected = Values(CurvatureEngine.Prepare(_tool["model.onnx"], Request, Arrays(0), OneThread).Run(null, Token));
        using var ofFile = CurvatureModel.Load(_tool["model.onnx"]);
        using var stream = new MemoryStream(bytes);
        using var ofStream = CurvatureModel.Load(stream);
        using var ofMemory = CurvatureModel.Load(bytes.AsMemory());
        foreach (var model in new[] { ofFile, ofStream, ofMemory })
        {
            Assert.Equal(["w", "v", "unused"], model.Weights);
            Assert.Equal(expected, Values(model.Run(Request, Data(0), OneThread, cancellation: Token)));
        }
        var path = ofMemory.Path;
        Assert.True(File.Exists(path));
        ofMemory.Dispose();
        Assert.False(Directory.Exists(Path.GetDirectoryName(path)));
        Assert.True(File.Exists(ofFile.Path));
    }

    [Fact]
    public void Results_are_found_by_target_and_quantity()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        var result = model.Run(Request, Data(0), OneThread, cancellation: Token);
        var target = result["w"];
        Assert.Equal(result.Tensors.Single(tensor => tensor.Name == "w.gradient").Values, target.Gradient.AsSpan().ToArray());
        Assert.Equal(target.HessianDiagonal, target[Quantity.HessianDiagonal]);
        Assert.Equal([3, 4], target.HessianDiagonal.Shape);
        Assert.Equal([(nint)3, 4], target.HessianDiagonal.ToTensor().Lengths.ToArray());
        Assert.Equal(target.Gradient.Values.Select(value => (float)value), target.Gradient.ToSingles());
        Assert.False(target.HessianDiagonal.IsEstimate);
        Assert.NotEmpty(target.Checks);
        Assert.Equal(result.Tensors.Single(tensor => tensor.Name == "loss").Values[0], result.Loss);
        Assert.Throws<KeyNotFoundException>(() => result["nothing"]);
        Assert.Throws<KeyNotFoundException>(() => target.GgnDiagonal);
    }

    [Fact]
    public void A_planned_run_over_other_data_gives_what_a_new_one_gives()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        using var run = model.Plan(Request, Data(0), OneThread, cancellation: Token);
        // The fourth has other labels that do not count, and the fifth another number of samples.
        foreach (var data in new[] { Data(0), Data(1), Data(2), Data(1, 0, -100, 1, 0), Data(1, 0, 1), Data(0) })
            Assert.Equal(Values(model.Run(Request, data, OneThread, cancellation: Token)), Values(run.Run(data, cancellation: Token)));
    }

    [Fact]
    public void A_planned_run_over_data_of_one_form_is_planned_once()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        model.Augment(Request, _tool["planned.onnx"]);
        using var augmented = CurvatureModel.Load(_tool["planned.onnx"]);
        foreach (
            var run in new[]
            {
                model.Plan(Request, Data(0), OneThread, cancellation: Token),
                augmented.Plan(null, Data(0), OneThread, cancellation: Token),
            }
        )
            using (run)
            {
                var phases = new Phases();
                var found = Enumerable.Range(1, 3).Select(seed => Values(run.Run(Data(seed), phases, Token))).ToArray();
                Assert.DoesNotContain(RunPhase.Load, phases.Seen);
                Assert.DoesNotContain(RunPhase.Plan, phases.Seen);
                Assert.NotEqual(found[0], found[2]);
            }
    }

    [Fact]
    public async Task Several_threads_may_use_a_model_and_a_planned_run()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        using var planned = model.Plan(Request, Data(0), OneThread, cancellation: Token);
        var expected = Enumerable
            .Range(0, 3)
            .Select(seed => Values(model.Run(Request, Data(seed), OneThread, cancellation: Token)))
            .ToArray();
        var cancellation = TestContext.Current.CancellationToken;
        var runs = Enumerable
            .Range(0, 6)
            .Select(async index =>
            {
                var data = Data(index % 3);
                var result =
                    index < 3
                        ? await model.RunAsync(Request, data, OneThread, cancellation: cancellation)
                        : await planned.RunAsync(data, cancellation: cancellation);
                Assert.Equal(expected[index % 3], Values(result));
            });
        await Task.WhenAll(runs);
    }

    [Fact]
    public async Task A_run_reports_its_phases_and_can_be_cancelled()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        var phases = new Phases();
        await model.RunAsync(Request, Data(0), OneThread, phases, TestContext.Current.CancellationToken);
        Assert.Equal([RunPhase.Load, RunPhase.Plan, RunPhase.Run, RunPhase.Check], phases.Seen.Distinct().Order());
        // A large file takes a while, and that is not planning.
        Assert.Contains(phases.Messages, message => message.StartsWith("looking for NaN in '", StringComparison.Ordinal));
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            model.RunAsync(Request, Data(0), OneThread, cancellation: source.Token)
        );
    }

    [Fact]
    public void The_model_does_the_same_as_the_commands()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        Assert.Equal(["w", "v", "unused"], model.Inspect(cancellation: Token).Weights.Select(weight => weight.Name));
        Assert.True(model.Verify(Request, Data(0), OneThread, samples: 4, cancellation: Token).Agrees);
        model.Augment(Request, _tool["augmented.onnx"]);
        using var augmented = CurvatureModel.Load(_tool["augmented.onnx"]);
        var expected = model.Run(Request, Data(0), OneThread, cancellation: Token)["w"].Gradient.Values;
        var found = augmented.Run(null, Data(0), OneThread, cancellation: Token)["w"].Gradient.Values;
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-6), throwIfEmpty: true);
    }

    [Fact]
    public void Arrays_are_made_of_spans_tensors_and_files()
    {
        float[] values = [1, 2, 3, 4, 5, 6];
        NpyWriter.Write(_tool["a.npy"], NpyArray.Of(ElementType.Float32, [2, 3], [.. values.Select(value => (double)value)]));
        CurvatureArray[] arrays =
        [
            CurvatureArray.Of<float>(values, 2, 3),
            CurvatureArray.Of(System.Numerics.Tensors.Tensor.Create(values, [2, 3])),
            CurvatureArray.FromFile(_tool["a.npy"]),
        ];
        foreach (var array in arrays)
        {
            var joined = array.Source.Join("x", 0);
            Assert.Equal([2, 3], joined.Shape);
            Assert.Equal(values, joined.ToDoubles().Select(value => (float)value));
        }
        Assert.Throws<ArgumentException>(() => CurvatureArray.Of<float>(values, 7));
        Assert.Throws<ArgumentException>(() => CurvatureArray.Of<char>("abc", 3));
    }

    [Fact]
    public void Null_is_an_argument_exception()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        Assert.Throws<ArgumentNullException>(() => CurvatureModel.Load((string)null!));
        Assert.Throws<ArgumentNullException>(() => CurvatureModel.Load((Stream)null!));
        Assert.Throws<ArgumentNullException>(() => CurvatureArray.FromFile((string)null!));
        Assert.Throws<ArgumentNullException>(() => model.Run(Request, null!, cancellation: Token));
        Assert.Throws<ArgumentNullException>(() => model.Augment(null!, "a"));
        Assert.Equal("path", Assert.Throws<ArgumentNullException>(() => model.Augment(Request, null!)).ParamName);
        Assert.Throws<ArgumentException>(() =>
            model.Run(Request, new Dictionary<string, CurvatureArray> { ["x"] = null! }, cancellation: Token)
        );
    }

    [Fact]
    public void A_model_and_a_run_that_are_disposed_do_nothing()
    {
        var model = CurvatureModel.Load(_tool["model.onnx"]);
        var run = model.Plan(Request, Data(0), cancellation: Token);
        var result = run.Run(cancellation: Token);
        run.Dispose();
        Assert.Throws<ObjectDisposedException>(() => run.Run(cancellation: Token));
        Assert.Throws<ObjectDisposedException>(() => run.Run(Data(0), cancellation: Token));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Inspect(cancellation: Token));
        Assert.Throws<ObjectDisposedException>(() => model.Plan(Request, Data(0), cancellation: Token));
        Assert.NotNull(result.Loss);
        Assert.Throws<ArgumentNullException>(() => result[null!]);
    }

    [Fact]
    public void Missing_data_are_not_asked_for_as_an_option()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        var none = new Dictionary<string, CurvatureArray>();
        var error = Assert.Throws<UserErrorException>(() => model.Run(Request, none, cancellation: Token));
        Assert.EndsWith("; give it with the data.", error.Message, StringComparison.Ordinal);
        var labels = new Dictionary<string, CurvatureArray>(Data(0)) { ["labels"] = CurvatureArray.Of<float>(new float[4], 4) };
        error = Assert.Throws<UserErrorException>(() => model.Run(Request, labels, cancellation: Token));
        Assert.StartsWith("The data 'labels' ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_out_of_its_range_is_an_argument_exception_that_names_it()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        foreach (
            var (name, options) in new (string, CurvatureRunOptions)[]
            {
                ("BatchSize", OneThread with { BatchSize = 0 }),
                ("Threads", OneThread with { Threads = -1 }),
                ("MemoryBytes", OneThread with { MemoryBytes = -1 }),
                ("ChunkBytes", OneThread with { ChunkBytes = 0 }),
                ("CheckpointInterval", OneThread with { CheckpointInterval = TimeSpan.FromSeconds(-1) }),
            }
        )
        {
            var error = Assert.Throws<ArgumentException>(() => model.Run(Request, Data(0), options, cancellation: Token));
            Assert.StartsWith(name + " is ", error.Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() =>
                model.Analyze(Request with { WithRespectTo = [] }, Data(0), options: options, cancellation: Token)
            );
        }
    }

    [Fact]
    public void Errors_speak_of_properties_and_not_of_options()
    {
        using var model = CurvatureModel.Load(_tool["model.onnx"]);
        foreach (
            var request in new[]
            {
                Request with
                {
                    WithRespectTo = ["nothing"],
                },
                Request with
                {
                    WithRespectTo = ["x*"],
                },
                Request with
                {
                    WithRespectTo = ["class"],
                },
                Request with
                {
                    Loss = LossRequest.Parse("mse:nothing"),
                },
            }
        )
        {
            var error = Assert.Throws<UserErrorException>(() => model.Run(request, Data(0), cancellation: Token));
            Assert.DoesNotContain("--", error.Message, StringComparison.Ordinal);
        }
        Assert.Contains(
            "WithRespectTo 'nothing' names nothing in the model",
            Assert
                .Throws<UserErrorException>(() => model.Run(Request with { WithRespectTo = ["nothing"] }, Data(0), cancellation: Token))
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Every_option_that_a_sentence_of_the_library_names_is_a_property_here()
    {
        Type[] types =
        [
            typeof(CurvatureRequest),
            typeof(CurvatureRunOptions),
            typeof(AugmentOptions),
            typeof(LossRequest),
            typeof(CudaOptions),
        ];
        var properties = types
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            .Select(property => property.Name)
            .Append("The data")
            .ToHashSet(StringComparer.Ordinal);
        var options = Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "src", "OnnxCurvature"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/Analysis/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
            .Where(file => !file.EndsWith("LibraryTerms.cs", StringComparison.Ordinal))
            .SelectMany(File.ReadLines)
            .Where(line => line.Contains('"', StringComparison.Ordinal))
            .SelectMany(line => Option().Matches(line).Select(match => match.Value))
            .Distinct()
            .ToArray();
        Assert.NotEmpty(options);
        Assert.All(
            options,
            option => Assert.Contains(LibraryTerms.Of(option).Split(" =")[0].Split('.')[^1], properties),
            throwIfEmpty: true
        );
    }

    private static double[][] Values(CurvatureResult result) => [.. result.Tensors.Select(tensor => tensor.Values)];

    /// <summary>Data for the classifier, with labels where these are not those of the seed.</summary>
    private static Dictionary<string, CurvatureArray> Data(int seed, params long[] labels)
    {
        labels = labels.Length > 0 ? labels : [seed % 2, 1, 1 - seed % 2, 0];
        var x = Enumerable.Range(0, 3 * labels.Length).Select(index => (float)Math.Sin(index + 1 + seed)).ToArray();
        return new Dictionary<string, CurvatureArray>
        {
            ["x"] = CurvatureArray.Of<float>(x, labels.Length, 3),
            ["labels"] = CurvatureArray.Of<long>(labels, labels.Length),
        };
    }

    private static Dictionary<string, NpyArray> Arrays(int seed) =>
        Data(seed).ToDictionary(entry => entry.Key, entry => entry.Value.Source.Join(entry.Key, 0));

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]*[a-z]")]
    private static partial Regex Option();

    private sealed class Phases : IProgress<RunProgress>
    {
        public List<RunPhase> Seen { get; } = [];

        public List<string> Messages { get; } = [];

        public void Report(RunProgress value)
        {
            Seen.Add(value.Phase);
            Messages.Add(value.Message);
        }
    }
}
