using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Runtime.Augmentation;

/// <summary>How a file is to be called to get its results.</summary>
/// <param name="Profile">The profile.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Summed">The outputs that are to be added up over the runs.</param>
/// <param name="Text">All of that for people.</param>
internal sealed record CallingConvention(AugmentProfile Profile, long Runs, ImmutableArray<string> Summed, string Text)
{
    /// <summary>The convention of a plan's program.</summary>
    public static CallingConvention Of(CurvaturePlan plan, BatchRule rule, AugmentProfile profile, LoopFreeProgram program)
    {
        var target =
            plan.Loss.Target is { Name: { } name } && program.Program.Parameters.Any(parameter => parameter.Name == name)
                ? $" Besides the model's inputs feed '{name}', {plan.Loss.Target.Type}: {Meaning(plan)}."
                : "";
        var runs =
            program.Runs == 1
                ? "Run the file once: every output is a result."
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"Run the file {program.Runs} times with the same inputs, and with '{PortableProfile.RunInput}', an int64 scalar, "
                        + $"as {(program.Runs == 2 ? "0 and 1" : $"0, 1, ..., {program.Runs - 1}")}. Add up over the runs: "
                        + $"{Listed(program.Summed)}. All other outputs are the same in every run."
                );
        var directions = plan
            .Program.Parameters.Where(parameter => VectorInput.Of(parameter.Name!) is not null)
            .Select(parameter => parameter.Name!)
            .ToImmutableArray();
        var whole = plan.WholeInputs.IsEmpty ? "" : $", of which every batch takes the whole of {Listed(plan.WholeInputs)}";
        if (!directions.IsEmpty)
            target += $" Feed the directions {Listed(directions)}{whole}.";
        var added = plan.Unweighted.Except(plan.PerSample).ToImmutableArray();
        var mean = rule.Weight == BatchWeight.Samples ? "mean, each weighted with its number of samples" : "sum";
        string[] ways =
        [
            .. plan.Outputs.Except(plan.PerSample).Any() ? [$"take the {mean}"] : Array.Empty<string>(),
            .. plan.PerSample.IsEmpty ? Array.Empty<string>() : [$"put {Listed(plan.PerSample)} one after the other, sample by sample"],
        ];
        var batches = rule.Obstacle is { } obstacle
            ? $" Feed all samples at once: several batches are not proven to give the same, because {obstacle}."
            : $" Of several batches {string.Join(", but ", ways)}.";
        if (!added.IsEmpty && rule is { Weight: BatchWeight.Samples, Obstacle: null })
            batches += $" And {Listed(added)} {(added.Length == 1 ? "is" : "are")} added over batches.";
        return new CallingConvention(profile, program.Runs, program.Summed, $"{runs}{target}{batches}");
    }

    private static string Meaning(CurvaturePlan plan) =>
        plan.Loss.Labels is { Ignored: { } ignored } some
            ? $"the class of each sample, from 0 to {some.Classes - 1}, or {ignored} where it does not count"
        : plan.Loss.Labels is { } labels ? $"the class of each sample, from 0 to {labels.Classes - 1}"
        : plan.Loss.Classes is not null ? $"the probability of each class along axis {plan.Loss.ClassAxis}"
        : "what the model should give";

    private static string Listed(ImmutableArray<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
}
