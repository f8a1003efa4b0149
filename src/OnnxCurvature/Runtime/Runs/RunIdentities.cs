using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>Says what a run is of, so that runs can be compared and results say what they are.</summary>
internal static class RunIdentities
{
    /// <summary>
    /// The identity of a run. The files of the model and of the data are digested. Where the plan differs though all that is asked for is
    /// the same, the program's digest shows it.
    /// </summary>
    /// <param name="plan">The run.</param>
    /// <param name="options">How it is carried out.</param>
    /// <param name="facts">The files of the model and the program, with their digests.</param>
    /// <param name="data">The data.</param>
    /// <param name="numbers">Which samples are taken; null for all.</param>
    public static RunIdentity Of(
        RunPlan plan,
        CurvatureRunOptions options,
        PlanFacts facts,
        IReadOnlyDictionary<string, DataSource> data,
        SampleNumbers? numbers
    )
    {
        var entries = ImmutableArray.CreateBuilder<IdentityEntry>();
        void Add(string name, string value) => entries.Add(new IdentityEntry(name, value));

        Add("the version of onnx-curvature", ToolVersion);
        Add("the version of ONNX Runtime", OrtEnvironment.NativeVersion);
        foreach (var (path, digest) in facts.Files)
            Add($"the model's file '{Path.GetFileName(path)}'", digest);
        foreach (var (name, source) in data.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            Add($"--data '{name}'", source.Digest());
            Add($"--scale, --mean and --std of '{name}'", source.Scaling?.ToString() ?? "none");
        }
        Add("the selection of samples", numbers?.ToString() ?? "all");
        if (plan.Source.Request is { } request)
            foreach (var (name, value) in Request(request))
                Add(name, value);
        foreach (var (name, size) in plan.Source.Dimensions.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            Add($"the dimension '{name}'", Text(size));
        Add("the number of samples", Text(plan.Data.Samples));
        Add("--batch-size", Text(plan.Data.BatchSize));
        Add("--provider", options.Provider?.ToString() ?? "auto");
        Add("TF32", options.Cuda.AllowTf32 ? "on" : "off");
        Add("the check", plan.Check is null ? "left out" : "made");
        Add("the program that was planned", facts.Program);
        return new RunIdentity(entries.ToImmutable());
    }

    /// <summary>The version of this library.</summary>
    private static string ToolVersion =>
        typeof(RunIdentities).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static IEnumerable<(string Name, string Value)> Request(CurvatureRequest request)
    {
        var classes = request.Loss.Classes;
        yield return ("--wrt", string.Join(' ', request.WithRespectTo));
        yield return ("--loss", request.Loss.ToString());
        yield return ("--reduction", request.Reduction.ToString().ToLowerInvariant());
        yield return ("--quantity", string.Join(',', request.Quantities.Select(Quantities.Name)));
        yield return ("--precision", request.Precision.ToString().ToLowerInvariant());
        yield return ("--straight-through", request.StraightThrough ? "on" : "off");
        yield return ("--method", request.Estimator.Name());
        if (request.IsRandom)
        {
            // Where an error is asked for, the number of probes is what it takes.
            yield return ("--probes", request.TargetError is null ? Text(request.Probes) : "as many as the error takes");
            yield return ("--seed", Text(request.Seed));
        }
        yield return ("--target-error", request.TargetError is { } error ? Text(error) : "none");
        yield return ("--tolerance", request.Tolerance is { } tolerance ? Text(tolerance) : "none");
        yield return ("--class-axis", classes.Axis is { } given ? Text(given) : "found");
        yield return ("--ignore-index", classes.IgnoreIndex is { } index ? Text(index) : "none");
        yield return ("--label-smoothing", Text(classes.LabelSmoothing));
        yield return ("--class-weights", classes.ClassWeights.IsEmpty ? "none" : string.Join(',', classes.ClassWeights.Select(Text)));
        yield return ("--soft-labels", classes.SoftLabels ? "on" : "off");
        foreach (var (name, axis) in request.SampleAxes.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            yield return ($"--samples-axis of '{name}'", axis is { } known ? Text(known) : "none");
        foreach (var (name, tensor) in request.FixedTensors.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            yield return ($"--fix '{name}'", $"[{string.Join(',', tensor.Shape)}] {DigestOf(tensor)}");
    }

    private static string DigestOf(Tensor tensor)
    {
        var digest = new ContentDigest();
        if (tensor.Element.IsFloat())
            digest.Add(System.Runtime.InteropServices.MemoryMarshal.AsBytes(tensor.Floats.AsSpan()));
        else
            digest.Add(System.Runtime.InteropServices.MemoryMarshal.AsBytes(tensor.Integers.AsSpan()));
        return digest.ToString();
    }

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
