using System.Collections.Immutable;
using OnnxCurvature.Runtime.Augmentation;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows what was written.</summary>
internal static class AugmentView
{
    /// <summary>Shows a report.</summary>
    public static void Show(Terminal terminal, AugmentReport report, bool explain)
    {
        PlanView.Show(terminal, new PlanOverview(report.Methods, report.Notes, null, null, null, null), explain);
        terminal.Heading("Model");
        terminal.Line($"  {report.Path}, {Figures.Bytes(report.Bytes)}, opset {report.Opset}, profile {report.Profile.Name()}");
        terminal.Item(report.WeightPlacement);
        if (!report.NewInputs.IsEmpty)
            terminal.Item($"New inputs: {string.Join(", ", report.NewInputs)}");
        terminal.Item($"New outputs: {string.Join(", ", report.Outputs)}");
        terminal.Item(report.CallingConvention);
    }

    /// <summary>Shows the files that CasADi finds.</summary>
    public static void Show(Terminal terminal, ImmutableArray<string> files)
    {
        terminal.Heading("Files for CasADi");
        foreach (var file in files)
            terminal.Line($"  {file}, {Figures.Bytes(new FileInfo(file).Length)}");
    }
}
