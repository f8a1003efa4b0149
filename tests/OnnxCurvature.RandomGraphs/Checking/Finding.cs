using System.Globalization;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Oracle;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>A fault, made small, with all that shows it again.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Choices">The choices.</param>
/// <param name="Problem">The problem.</param>
/// <param name="Outcome">The fault.</param>
internal sealed record Finding(long Seed, IReadOnlyList<int> Choices, Problem Problem, Outcome Outcome)
{
    /// <summary>In sentences, with the nodes.</summary>
    public string Describe()
    {
        var graph = Problem.Graph;
        var quantity = Outcome.Quantity?.Name() ?? "all quantities";
        var own = Problem.OwnCrossEntropy is { } reduction ? $" (a cross-entropy of the model's own, {reduction})" : "";
        List<string> lines =
        [
            $"{Outcome.Kind}: {Outcome.Way}, {quantity} by {Problem.TargetName} {Problem.Target.Layout}: {Outcome.Text}",
            $"loss {LossRequest.Name(Problem.Loss)}{own}, reduction {Problem.Reduction}, of {Problem.OfPart?.Text ?? Problem.Z.Name} "
                + $"{Problem.Z.Layout}",
            $"N is {graph.Samples}{(graph.Inputs.Any(input => input.IsSymbolic) ? ", symbolic" : "")}",
            $"float{graph.Bits}, opset {graph.Opset}",
            .. graph.Inputs.Select(input => $"    {input.Name} {Text(input.Shape)}, samples along axis {input.SampleAxis}"),
            .. graph.Constants.Select(constant => $"    {constant.Name} {Text(constant.Shape)}{Contents(constant)}"),
            .. graph.Nodes.Select(node => $"    {node}"),
            Command,
            Again,
        ];
        return string.Join(Environment.NewLine, lines);
    }

    private static string Text(int[] shape) => $"[{string.Join(",", shape)}]";

    private static string Contents(GraphConstant constant) => constant.Integers is { } integers ? $" = {string.Join(",", integers)}" : "";

    /// <summary>The command of the tool that shows it, as long as it is shown by how the tool runs.</summary>
    public string Command
    {
        get
        {
            List<string> words =
            [
                "onnx-curvature run model.onnx -o o.npz",
                $"--wrt {string.Join(' ', Problem.TargetNames.Select(name => $"'{name}'"))}",
                $"--loss '{LossRequest.Name(Problem.Loss)}{Of}'",
                .. Options,
                $"--reduction {Problem.Reduction.ToString().ToLowerInvariant()}",
                $"--quantity {(Outcome.Quantity ?? Quantity.Loss).Name()}",
                .. Problem.Precision == Precision.Float64 ? ["--precision float64"] : Array.Empty<string>(),
                .. Problem.SampleAxes.Select(entry => $"--samples-axis {entry.Key}={(entry.Value is { } axis ? $"{axis}" : "none")}"),
                .. Problem.BatchSize is { } batch ? [$"--batch-size {batch}"] : Array.Empty<string>(),
                "--data",
                .. Arrays(new Expectation(Problem, new DenseDerivatives(Problem))).Select(entry => $"{entry.Name}={entry.Name}.npy"),
            ];
            return string.Join(' ', words);
        }
    }

    private string Of =>
        Problem.OfPart is { } part ? $":{part.Text}"
        : Problem.Loss is LossKind.CrossEntropy ? $":{Problem.Z.Name}"
        : "";

    private IEnumerable<string> Options
    {
        get
        {
            if (Problem.Graph.IsQuantized)
                yield return "--straight-through";
            if (Problem.Rules is not { } rules)
                yield break;
            yield return $"--class-axis {rules.Axis}";
            if (rules.Ignored is { } ignored)
                yield return $"--ignore-index {ignored}";
            if (rules.Smoothing != 0)
                yield return $"--label-smoothing {rules.Smoothing.ToString(CultureInfo.InvariantCulture)}";
            if (!rules.Weights.IsEmpty)
                yield return $"--class-weights {ProblemData.ClassWeights}.npy";
            if (!rules.Soft.IsEmpty)
                yield return "--soft-labels";
        }
    }

    /// <summary>The command of this program that shows it.</summary>
    public string Again =>
        $"dotnet run --project tests/OnnxCurvature.RandomGraphs -c Release -- --seed {Seed} --choices {string.Join(',', Choices)}";

    /// <summary>Writes the model, the data, what is right, and the commands into a folder.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var expectation = new Expectation(Problem, new DenseDerivatives(Problem));
        ModelFile.Write(Problem, Path.Combine(folder, "model.onnx"));
        foreach (var (name, array) in Arrays(expectation))
            NpyWriter.Write(Path.Combine(folder, $"{name}.npy"), array);
        if (ProblemData.Of(Problem, expectation).Weights is { } weights)
            NpyWriter.Write(Path.Combine(folder, $"{ProblemData.ClassWeights}.npy"), weights);
        if (Outcome.Quantity is { } quantity)
            foreach (var (index, result) in expectation.Of(quantity).Index())
                NpyWriter.Write(
                    Path.Combine(folder, $"expected_{quantity.Name()}{(index == 0 ? "" : "_or")}.npy"),
                    NpyArray.Of(
                        ElementType.Float64,
                        [.. (result.Shape ?? [result.Values.Length]).Select(size => (long)size)],
                        result.Values
                    )
                );
        File.WriteAllText(Path.Combine(folder, "cmd.txt"), $"{Command}\n{Again}\n");
        File.WriteAllText(Path.Combine(folder, "about.txt"), Describe() + "\n");
    }

    private IEnumerable<(string Name, NpyArray Array)> Arrays(Expectation expectation) =>
        ProblemData
            .Of(Problem, expectation)
            .For(Outcome.Quantity is { } quantity ? [quantity] : [])
            .Select(entry => (entry.Key, entry.Value));
}
