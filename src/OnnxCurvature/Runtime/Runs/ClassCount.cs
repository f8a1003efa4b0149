using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Derivatives;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>Finds from the data how many of the most likely classes hold all but a share of the probability, in every sample.</summary>
internal static class ClassCount
{
    /// <summary>Runs the model forward, on a copy that is loaded for this.</summary>
    public static int Of(
        ModelSource source,
        CurvatureRequest request,
        IReadOnlyDictionary<string, NpyArray> data,
        BatchDecision batches,
        CurvatureRunOptions options,
        SampleNames names
    )
    {
        var model = source.Load();
        var head = LossBuilder.Build(model.Graph, request.Loss, request.Reduction);
        var probabilities = Truncation.Probabilities(model.Graph.Builder, request, head);
        var program = Program.Create(model.Graph.Inputs, [new NamedValue("probabilities", probabilities)]);
        var inputs = data.Where(entry => model.Graph.Inputs.Any(input => input.Name == entry.Key)).ToDictionary();
        var samples = InputSamples.Of(model.Graph);
        var layouts = model.Graph.Inputs.ToDictionary(input => input.Name!, samples.GetValueOrDefault, StringComparer.Ordinal);
        var set = DataSet.Bind(program.Parameters, inputs, layouts, batches.Size, null, names: names);
        var costs = new CostModel(RunPlan.Limits(options, source));
        costs.Learn(program);
        var settings = new OrtSettings(source.Folder, options.ChosenProvider, options.Threads) { Cuda = options.Cuda };
        using var runner = new ScheduleRunner(ProgramSchedule.Of(program), settings, costs);
        var count = 1;
        for (var batch = 0; batch < set.Batches; batch++)
        {
            var feeds = set.Batch(batch)
                .Arrays.ToDictionary(entry => entry.Key, entry => OrtTensors.Of(entry.Value, entry.Key.Type.Element));
            var wanted = new HashSet<Value> { probabilities };
            var results = runner.Run(feeds, wanted, wanted, keep: true, SegmentRange.Whole, null, CancellationToken.None)[0];
            using var tensor = results[probabilities];
            foreach (var feed in feeds.Values)
                feed.Dispose();
            count = Math.Max(count, MostKept(OrtTensors.Doubles(tensor), OrtTensors.Shape(tensor), request.Tolerance!.Value));
        }
        return count;
    }

    /// <summary>The most classes that a row of probabilities keeps.</summary>
    private static int MostKept(double[] probabilities, long[] shape, double share)
    {
        var classes = (int)shape[1];
        return Enumerable.Range(0, (int)shape[0]).Max(sample => Kept(probabilities.AsSpan(sample * classes, classes), share));
    }

    private static int Kept(ReadOnlySpan<double> probabilities, double share)
    {
        var sorted = probabilities.ToArray();
        Array.Sort(sorted);
        double left = 0;
        var count = sorted.Length;
        while (count > 1 && left + sorted[^count] <= share)
            left += sorted[^count--];
        return count;
    }
}
