using System.Collections.Immutable;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.Runtime.Augmentation;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>Writes an augmented file and runs it on ONNX Runtime as anyone would, by what its metadata say.</summary>
internal sealed class AugmentedRun(Problem problem, ProblemFiles files, Comparison comparison, bool isPortable)
{
    public IEnumerable<Outcome> Run(ImmutableArray<Quantity> quantities)
    {
        var path = files.Beside("augmented.onnx");
        var sizes =
            problem.Graph.Inputs.Any(input => input.IsSymbolic) && !problem.PlansForAnySize
                ? ImmutableDictionary<string, long>.Empty.Add("N", problem.Graph.Samples)
                : ImmutableDictionary<string, long>.Empty;
        var options = new AugmentOptions
        {
            Profile = isPortable ? AugmentProfile.Portable : AugmentProfile.SingleRun,
            Opset = problem.FileOpset,
            Dimensions = sizes,
            Embed = true,
            Limits = new PlanLimits
            {
                MemoryBytes = problem.ChunkBytes ?? 1L << 30,
                Dimensions = sizes,
                MasksProducts = isPortable ? null : problem.MasksProducts,
            },
        };
        var report = CurvatureEngine.Augment(files.Model, ManagedRun.RequestOf(problem, quantities), path, options);
        using var settings = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var session = new InferenceSession(path, settings);
        var metadata = session.ModelMetadata.CustomMetadataMap;
        var summed = metadata["onnx_curvature.summed_outputs"].Split('\n');
        var results = new Dictionary<string, (long[] Shape, double[] Values)>(StringComparer.Ordinal);
        var data = files.DataFor(quantities);
        var runs = long.Parse(metadata["onnx_curvature.runs"], CultureInfo.InvariantCulture);
        for (var chunk = 0L; chunk < runs; chunk++)
        {
            var feeds = session
                .InputNames.Select(name => Feed(name, session.InputMetadata[name], data.GetValueOrDefault(name), chunk))
                .ToArray();
            using var outputs = session.Run(feeds, report.Outputs);
            foreach (var output in outputs)
            {
                var (shape, values) = Read(output);
                var isFirst = !results.TryGetValue(output.Name, out var before);
                var isAdded = !isFirst && summed.Contains(output.Name);
                results[output.Name] = (shape, isAdded ? [.. values.Zip(before.Values, (a, b) => a + b)] : values);
            }
        }
        return comparison.Of(isPortable ? "portable" : "single-run", quantities, comparison.IsDouble, name => results[name]);
    }

    private static NamedOnnxValue Feed(string name, NodeMetadata input, NpyArray? array, long chunk)
    {
        if (array is null)
            return NamedOnnxValue.CreateFromTensor(name, new DenseTensor<long>(new[] { chunk }, []));
        // Labels are written without trailing axes of size 1, which a file has where their size is a symbol.
        int[] shape =
        [
            .. array.Shape.Select(size => (int)size),
            .. Enumerable.Repeat(1, Math.Max(0, input.Dimensions.Length - array.Shape.Length)),
        ];
        return input.ElementDataType switch
        {
            TensorElementType.Int64 => NamedOnnxValue.CreateFromTensor(name, new DenseTensor<long>(array.ToInt64s(), shape)),
            TensorElementType.Float16 => NamedOnnxValue.CreateFromTensor(
                name,
                new DenseTensor<Float16>(Array.ConvertAll(array.ToDoubles(), value => (Float16)(float)value), shape)
            ),
            TensorElementType.Double => NamedOnnxValue.CreateFromTensor(name, new DenseTensor<double>(array.ToDoubles(), shape)),
            _ => NamedOnnxValue.CreateFromTensor(
                name,
                new DenseTensor<float>(Array.ConvertAll(array.ToDoubles(), value => (float)value), shape)
            ),
        };
    }

    private static (long[] Shape, double[] Values) Read(DisposableNamedOnnxValue output)
    {
        if (output.ElementType == TensorElementType.Double)
        {
            var tensor = output.AsTensor<double>();
            return ([.. tensor.Dimensions.ToArray().Select(size => (long)size)], [.. tensor]);
        }
        var single = output.AsTensor<float>();
        return ([.. single.Dimensions.ToArray().Select(size => (long)size)], [.. single.Select(value => (double)value)]);
    }
}
