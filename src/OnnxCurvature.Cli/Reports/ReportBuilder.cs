using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Report;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Inspection;
using OnnxCurvature.Runtime.Machines;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Reports;

/// <summary>Makes reports for programs of what commands found.</summary>
internal static class ReportBuilder
{
    /// <summary>The report of <c>inspect</c>.</summary>
    public static InspectDocument Of(InspectReport report) =>
        new()
        {
            Schema = InspectDocument.Name,
            Version = VersionAction.Version,
            Notes = report.Notes,
            Path = report.Path,
            IrVersion = report.IrVersion,
            Opset = report.Opset,
            Inputs = [.. report.Inputs.Select(Typed)],
            Outputs = [.. report.Outputs.Select(Typed)],
            Weights =
            [
                .. report.Weights.Select(weight => new WeightEntry(
                    weight.Name,
                    weight.Nodes,
                    weight.Type,
                    weight.Elements,
                    weight.Plan is { } plan ? Of(plan, weight.Nodes) : null,
                    weight.Obstacle
                )),
            ],
            FormulaConstants = [.. report.FormulaConstants.Select(Typed)],
            Operators = [.. report.Operators.Select(entry => new OperatorEntry(entry.Name, entry.Count, entry.Obstacle))],
            Losses = [.. report.Losses.Select(entry => new LossEntry(entry.Loss, entry.Reason))],
            Augmented = report.Augmented is { } augmented ? Of(augmented) : null,
        };

    /// <summary>The report of <c>augment</c>.</summary>
    public static AugmentDocument Of(AugmentReport report) =>
        new()
        {
            Schema = AugmentDocument.Name,
            Version = VersionAction.Version,
            Notes = report.Notes,
            Path = report.Path,
            Bytes = report.Bytes,
            Opset = report.Opset,
            Profile = report.Profile.Name(),
            WeightPlacement = report.WeightPlacement,
            CallingConvention = report.CallingConvention,
            Plans = [.. report.Methods.Select(plan => Of(plan, ""))],
            NewInputs = report.NewInputs,
            NewOutputs = report.Outputs,
        };

    /// <summary>The report of <c>run</c>.</summary>
    public static RunDocument Of(CurvatureResult result, PlanOverview plan, string output)
    {
        var summary = ResultSummary.Of(result);
        var types = result.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Element.DisplayName(), StringComparer.Ordinal);
        return new RunDocument
        {
            Schema = RunDocument.Name,
            Version = VersionAction.Version,
            Notes = [.. plan.Notes.Union(result.Notes)],
            Output = output,
            Loss = summary.Loss,
            Samples = result.Samples,
            Batches = result.Batches,
            Seconds = result.Seconds.ToImmutableSortedDictionary(StringComparer.Ordinal),
            PeakBytes = result.PeakBytes,
            Planned = plan.Estimate is { } estimate ? new EstimateEntry(estimate.Seconds, estimate.PeakBytes) : null,
            Plans = Of(plan),
            Arrays = [.. summary.Targets.SelectMany(target => target.Tensors).Select(tensor => Of(tensor, types[tensor.Name]))],
            Checks = [.. result.Check.Entries.Select(Of)],
            Undecided = [.. result.Check.Undecided.Select(Of)],
            Unchecked = [.. result.Check.Unchecked.Select(entry => new UncheckedEntry(entry.Name, entry.Reason))],
        };
    }

    /// <summary>The report of <c>verify</c>.</summary>
    public static VerifyDocument Of(CheckReport report, PlanOverview plan) =>
        new()
        {
            Schema = VerifyDocument.Name,
            Version = VersionAction.Version,
            Notes = plan.Notes,
            Agrees = report.Agrees,
            Plans = Of(plan),
            Checks = [.. report.Entries.Select(Of)],
        };

    /// <summary>The report of <c>calibrate</c>, which wrote the profile to <paramref name="output"/>, if anywhere.</summary>
    public static CalibrateDocument Of(MachineProfile machine, string? output) =>
        new()
        {
            Schema = CalibrateDocument.Name,
            Version = VersionAction.Version,
            Notes = [],
            Output = output,
            ProductFlops = machine.ProductFlops,
            CacheBytesPerSecond = machine.CacheBytesPerSecond,
            MemoryBytesPerSecond = machine.MemoryBytesPerSecond,
            FreshBytesPerSecond = machine.FreshBytesPerSecond,
            LaunchSeconds = machine.LaunchSeconds,
            CoreCacheBytes = machine.CoreCacheBytes,
        };

    private static TypedName Typed((string Name, string Type) value) => new(value.Name, value.Type);

    private static ImmutableArray<PlanEntry> Of(PlanOverview plan) =>
        [.. plan.Methods.Select(method => Of(method, plan.NodeOf(method.Target)))];

    private static PlanEntry Of(WeightPlan plan, string nodes) =>
        new(
            plan.Target,
            nodes,
            plan.Quantity.Name(),
            plan.Method,
            plan.Reason,
            plan.Directions,
            plan.ChunkSize,
            plan.Flops,
            plan.MemoryBytes
        );

    private static ArrayEntry Of(TensorSummary tensor, string type) =>
        new(tensor.Name, type, [.. tensor.Shape], tensor.Norm, tensor.Sum, tensor.Minimum, tensor.Maximum, tensor.NegativeShare);

    private static CheckEntry Of(VerifyEntry entry) =>
        new(entry.Name, entry.Index, entry.Check, Finite(entry.Computed), Finite(entry.Reference), Finite(entry.Tolerance), entry.Agrees);

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static AugmentedEntry Of(AugmentedModel model) =>
        new(
            model.Source,
            model.SourceSha256,
            model.Version,
            model.Profile,
            model.CallingConvention,
            model.Loss,
            model.Reduction,
            model.WithRespectTo,
            model.Results,
            model.Methods
        );
}
