using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Derivatives;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
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
        var plan = new RunPlan(
            source,
            program,
            new BatchJoin(false, ["probabilities"], []),
            DataSet.Bind(program.Parameters, inputs, layouts, batches.Size, null, names: names)
        )
        {
            Flops = 0,
            MemoryBytes = 0,
        };
        var result = new CurvatureRunner(program, plan.Join, plan.Settings(options), RunPlan.Limits(options, source))
            .Run(plan.Data, ImmutableDictionary<string, double>.Empty, null, CancellationToken.None)
            .Tensors[0];
        var classes = (int)result.Shape[1];
        return Enumerable
            .Range(0, (int)result.Shape[0])
            .Max(sample => Kept(result.Values.AsSpan(sample * classes, classes), request.Tolerance!.Value));
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
