using System.Text.RegularExpressions;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Passes;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Cli;
using OnnxCurvature.Tests.Docs;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>The commands of <c>src/docs/recipes.md</c>, in float64, give what differences of the model's own outputs give.</summary>
[Trait("Category", "Slow")]
public sealed partial class RecipeTests : IDisposable
{
    private const double Step = 1e-4;
    private const double Tolerance = 1e-5;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Forces_are_the_negative_slope_of_the_energy_and_the_Hessian_is_the_slope_of_the_forces()
    {
        var (path, data) = (Written("forces.onnx"), Features());
        var outputs = PlainSession.Run(path, data);
        Assert.Equal(["energy", "forces", "hessian"], outputs.Keys.Order(StringComparer.Ordinal));
        Check(data, "features", at => PlainSession.Run(path, at)["energy"][0], outputs["forces"], sign: -1);
        // [N, 7, 7]: of the first sample by its third coordinate.
        var (high, low) = (
            PlainSession.Run(path, Moved(data, "features", 2, Step)),
            PlainSession.Run(path, Moved(data, "features", 2, -Step))
        );
        for (var entry = 0; entry < 7; entry++)
            Near(-(high["forces"][entry] - low["forces"][entry]) / (2 * Step), outputs["hessian"][entry * 7 + 2]);
    }

    [Fact]
    public void The_gain_of_a_policy_is_the_slope_of_its_actions()
    {
        var (path, data) = (Written("policy.onnx"), Features());
        var gain = PlainSession.Run(path, data)["gain"];
        for (var coordinate = 0; coordinate < 7; coordinate++)
        {
            var (high, low) = (
                PlainSession.Run(path, Moved(data, "features", coordinate, Step))["logits"],
                PlainSession.Run(path, Moved(data, "features", coordinate, -Step))["logits"]
            );
            for (var action = 0; action < 4; action++)
                Near((high[action] - low[action]) / (2 * Step), gain[action * 7 + coordinate]);
        }
    }

    [Fact]
    public void Saliency_is_the_slope_of_the_loss_by_pixels_and_a_step_along_its_sign_raises_the_loss()
    {
        var entry = ReferenceTable.Find("vgg16_narrow.onnx", "conv4_3.weight");
        var (path, data) = (Written("saliency.onnx"), InFloat64(entry.Data()));
        var labels = data["labels"].ToInt64s();
        double Loss(Dictionary<string, NpyArray> at) => CrossEntropy(PlainSession.Run(path, at)["logits"], labels);
        var gradient = PlainSession.Run(path, data)["image.gradient"];
        foreach (var pixel in new[] { 0, 777, 3071, 5000 })
            Near((Loss(Moved(data, "image", pixel, Step)) - Loss(Moved(data, "image", pixel, -Step))) / (2 * Step), gradient[pixel]);
        var image = data["image"].ToDoubles().Zip(gradient, (value, slope) => value + 0.01 * Math.Sign(slope));
        Assert.True(Loss(new(data) { ["image"] = Array(data["image"].Shape, [.. image]) }) > Loss(data));
    }

    [Fact]
    public void Grad_CAM_takes_the_slope_of_a_score_by_an_intermediate_value()
    {
        var entry = ReferenceTable.Find("vgg16_narrow.onnx", "conv4_3.weight");
        var (path, data) = (Written("cam.onnx"), InFloat64(entry.Data()));
        var gradient = PlainSession.Run(path, data)["relu3_3.gradient"];
        // Along any change of the image, the score changes by the gradient times the change of the value.
        var model = OnnxModel.Load(entry.ModelPath, new LoadOptions { Precision = Precision.Float64 });
        var value = _folder.File("value.onnx");
        var program = Ir.Program.Create(model.Inputs, [new NamedValue("value", model.Values["relu3_3"])]);
        OnnxWriter.Write(new Float64Lowering(ExecutionProvider.Cpu).Run(program), value);
        Dictionary<string, NpyArray> At(double step) =>
            new(data)
            {
                ["image"] = Array(
                    data["image"].Shape,
                    [.. data["image"].ToDoubles().Select((pixel, index) => pixel + step * Math.Sin(index))]
                ),
            };
        const double Small = 1e-6;
        double Score(double step) => PlainSession.Run(path, At(step))["logits"].Where((_, index) => index % 10 == 3).Sum();
        var (high, low) = (PlainSession.Run(value, At(Small))["value"], PlainSession.Run(value, At(-Small))["value"]);
        var along = gradient.Zip(high.Zip(low, (above, below) => above - below), (slope, change) => slope * change).Sum();
        Near((Score(Small) - Score(-Small)) / (2 * Small), along / (2 * Small));
        Drawn("cam", Map(gradient, PlainSession.Run(value, data)["value"], channels: 12, side: 8));
    }

    /// <summary>
    /// The Grad-CAM of the first image: the sum over channels of the channel's mean slope times its activation, cut off at zero.
    /// </summary>
    private static double[] Map(double[] gradient, double[] activation, int channels, int side)
    {
        var area = side * side;
        var map = new double[area];
        for (var channel = 0; channel < channels; channel++)
        {
            var weight = gradient.AsSpan(channel * area, area).ToArray().Average();
            for (var at = 0; at < area; at++)
                map[at] += weight * activation[channel * area + at];
        }
        return [.. map.Select(value => Math.Max(value, 0))];
    }

    /// <summary>Finds a map on the page, a sign for each fifth of its largest entry, or draws it there where UPDATE_GOLDENS is 1.</summary>
    private static void Drawn(string name, double[] map)
    {
        const string Shades = " ░▒▓█";
        var side = (int)Math.Sqrt(map.Length);
        var most = map.Max();
        Assert.True(most > 0);
        string Sign(double value) => new(Shades[Math.Min((int)(value / most * Shades.Length), Shades.Length - 1)], 2);
        PageBlock.Match("recipes.md", name, map.Chunk(side).Select(row => $"|{string.Concat(row.Select(Sign))}|"));
    }

    [Fact]
    public void The_Laplacian_is_the_sum_of_second_differences()
    {
        var (path, data) = (Written("laplacian.onnx"), Features());
        double Value(Dictionary<string, NpyArray> at) => PlainSession.Run(path, at)["logits"][0];
        const double Wide = 1e-3;
        var sum = Enumerable
            .Range(0, 7)
            .Sum(axis =>
                (Value(Moved(data, "features", axis, Wide)) - 2 * Value(data) + Value(Moved(data, "features", axis, -Wide))) / (Wide * Wide)
            );
        Near(sum, PlainSession.Run(path, data)["features.laplacian"][0]);
    }

    [Fact]
    public void The_score_of_a_sampler_is_PyTorch_s_gradient_with_the_opposite_sign()
    {
        var entry = ReferenceTable.Find("mlp.onnx", "fc1.weight");
        var outputs = PlainSession.Run(Written("posterior.onnx"), InFloat64(entry.Data()));
        var samples = entry.Data()["labels"].Shape[0];
        Near(-samples * entry.LossValue, outputs["log_likelihood"][0]);
        var expected = entry.Reference(Quantity.Gradient).Select(slope => -samples * slope).ToArray();
        Assert.InRange(ReferenceCase.Error(outputs["score"], expected), 0, 1e-6);
    }

    [Fact]
    public void Test_data_beside_a_file_are_what_the_tool_computes_in_float64()
    {
        var path = Written("model.onnx", inFloat64: false);
        var folder = _folder.File(Path.Combine("check", "test_data_set_0"));
        var model = OnnxModel.Load(path);
        var data = model
            .Inputs.Select((input, index) => (input.Name!, TensorFile.Read(Path.Combine(folder, $"input_{index}.pb"))))
            .ToDictionary();
        Assert.Equal(["features: float32[N,7]", "labels: int64[N]"], model.Inputs.Select(input => input.ToString()));
        Assert.Equal("rtol=1e-3 atol_of_largest=1e-5", model.Metadata["onnx_curvature.test_tolerance"]);
        var request = ReferenceTable.Find("mlp.onnx", "fc1.weight").Request with
        {
            Precision = Precision.Float64,
            Quantities = [Quantity.Loss, Quantity.Gradient, Quantity.HessianDiagonal],
        };
        var result = CurvatureEngine
            .Prepare(Path.Combine(Repository.Root, "testmodels", "mlp.onnx"), request, data, new CurvatureRunOptions())
            .Run(null, CancellationToken.None);
        foreach (var tensor in result.Tensors)
        {
            var at = model.Outputs.Select(output => output.Name).ToList().IndexOf(tensor.Name);
            var values = TensorFile.Read(Path.Combine(folder, $"output_{at}.pb")).ToDoubles();
            var largest = tensor.Values.Max(Math.Abs);
            Assert.All(
                values.Zip(tensor.Values),
                pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-3 * Math.Abs(pair.Second) + 1e-5 * largest, $"{pair}"),
                throwIfEmpty: true
            );
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Runs the command of the page that writes a file.</summary>
    private string Written(string name, bool inFloat64 = true)
    {
        var page = File.ReadAllLines(Path.Combine(Repository.Root, "src", "docs", "recipes.md"));
        var command = page.Single(line => line.Contains($" -o {name} ", StringComparison.Ordinal)).Trim();
        var words = Quoted().Matches(command).Select(word => word.Value.Trim('\'')).Skip(1).ToList();
        for (var index = 0; index < words.Count; index++)
            words[index] =
                words[index - (index > 0 ? 1 : 0)] is "-o" or "--with-test-data" ? _folder.File(words[index])
                : words[index].StartsWith("testmodels/", StringComparison.Ordinal) ? Path.Combine(Repository.Root, words[index])
                : words[index];
        if (inFloat64)
            words.AddRange(["--precision", "float64"]);
        var run = ToolRun.Of(new CurvatureService(), words);
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        return _folder.File(name);
    }

    private static Dictionary<string, NpyArray> Features() =>
        InFloat64(new() { ["features"] = ReferenceTable.Find("mlp.onnx", "fc1.weight").Data()["features"] });

    private static Dictionary<string, NpyArray> InFloat64(Dictionary<string, NpyArray> data) =>
        data.ToDictionary(
            entry => entry.Key,
            entry => entry.Key == "labels" ? entry.Value : Array(entry.Value.Shape, entry.Value.ToDoubles())
        );

    private static double CrossEntropy(double[] logits, long[] labels)
    {
        var classes = logits.Length / labels.Length;
        return Enumerable
            .Range(0, labels.Length)
            .Sum(row =>
            {
                var scores = logits[(row * classes)..((row + 1) * classes)];
                return Math.Log(scores.Sum(score => Math.Exp(score - scores.Max()))) + scores.Max() - scores[labels[row]];
            });
    }

    private static void Check(
        Dictionary<string, NpyArray> data,
        string input,
        Func<Dictionary<string, NpyArray>, double> value,
        double[] slopes,
        double sign
    )
    {
        for (var entry = 0; entry < slopes.Length; entry++)
            Near(sign * (value(Moved(data, input, entry, Step)) - value(Moved(data, input, entry, -Step))) / (2 * Step), slopes[entry]);
    }

    private static Dictionary<string, NpyArray> Moved(Dictionary<string, NpyArray> data, string input, int entry, double step)
    {
        var values = data[input].ToDoubles();
        values[entry] += step;
        return new(data) { [input] = Array(data[input].Shape, values) };
    }

    private static NpyArray Array(IEnumerable<long> shape, double[] values) => NpyArray.Of(ElementType.Float64, [.. shape], values);

    private static void Near(double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= Tolerance * Math.Abs(expected), $"{expected} is expected, and {actual} found.");

    [GeneratedRegex("'[^']*'|[^ ]+")]
    private static partial Regex Quoted();
}
