using System.Globalization;
using System.Text;
using OnnxCurvature.Ops;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Laws;
using Xunit;

namespace OnnxCurvature.Tests.Conformance;

/// <summary>The table of the catalogue in the documentation. It is written anew where UPDATE_GOLDENS is 1.</summary>
[Trait("Category", "Slow")]
public sealed class OperatorTableTests
{
    private static readonly string Path = System.IO.Path.Combine(Repository.Root, "src", "OPERATORS.md");

    [Fact]
    public void The_table_of_operators_is_that_of_the_catalogue_and_of_the_published_models()
    {
        Assert.SkipUnless(PublishedModel.Installed, PublishedModel.Absent);
        var results = PublishedModel.All.ToDictionary(name => name, ConformanceRun.Of, StringComparer.Ordinal);
        var text = Text(results);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1")
            File.WriteAllText(Path, text);
        var written = File.Exists(Path) ? File.ReadAllText(Path).ReplaceLineEndings("\n") : "";
        Assert.SkipUnless(
            written.Length == 0 || written.Contains(Count(results.Count), StringComparison.Ordinal),
            "The table was made from another version of libonnx-testdata."
        );
        Assert.True(
            written == text,
            $"src/OPERATORS.md is stale; run with UPDATE_GOLDENS=1 to write it anew. {FirstDifference(written, text)}"
        );
    }

    private static string FirstDifference(string written, string text)
    {
        var (old, now) = (written.Split('\n'), text.Split('\n'));
        var line = Enumerable
            .Range(0, Math.Min(old.Length, now.Length))
            .FirstOrDefault(index => old[index] != now[index], Math.Min(old.Length, now.Length));
        return $"Line {line + 1} is '{old.ElementAtOrDefault(line)}' and should be '{now.ElementAtOrDefault(line)}'.";
    }

    private static string Count(int models) => string.Create(CultureInfo.InvariantCulture, $"{models} published models");

    private static string Text(Dictionary<string, ConformanceResult> results)
    {
        var text = new StringBuilder(
            $"""
            # Operators

            A test writes this file (`UPDATE_GOLDENS=1`, tests of `OperatorTableTests`) and fails when it is stale.

            - **derivative**: how the outputs depend on those inputs that can carry a derivative, at most.
            - **orders**: of which derivatives there are: 0 for none but the values; 1 where those of higher order are zero (almost
              everywhere); any where they are not, since all that a rule emits has rules itself: the laws take three, and compare two
              with differences.
            - **samples**: calls at which the laws are tested (values against ONNX Runtime, tangents against differences in double,
              adjointness, batching, second order, closure).
            - **published**: of {Count(results.Count)} of ONNX (Debian's libonnx-testdata), those that hold the operator and whose outputs,
              evaluated in double and by ONNX Runtime after they are loaded and written again, are the published ones.
            - **checked**: those of them whose gradient and Hessian-vector product, where there are any, equal differences of the outputs.
            - **opsets**: those of these models. Files of opsets 1 to 27 are read, and opsets 13 to 21 written, newer ones up to 26
              where a type or an operator is that new.

            | operator | derivative | orders | samples | published | checked | opsets |
            |---|---|---|--:|--:|--:|---|

            """.ReplaceLineEndings("\n")
        );
        var samples = SampleTable.All.Select(row => SampleTable.Get((string)row)).ToLookup(sample => (sample.Domain, sample.Operator));
        foreach (var op in Catalogue.All)
        {
            var holding = results
                .Where(entry => entry.Value.Operators.Any(one => one.Name == op.Name && one.Domain == op.Domain))
                .Select(entry => entry.Value)
                .ToArray();
            var opsets = holding
                .SelectMany(result => result.Operators.Where(one => one.Name == op.Name))
                .Select(one => one.Opset)
                .Distinct()
                .Order()
                .ToArray();
            var kind = Kind([.. samples[(op.Domain, op.Name)]]);
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {(op.Domain.Length > 0 ? op.Domain + "." : "")}{op.Name} | {kind} | {Orders(kind)} | "
                    + $"{samples[(op.Domain, op.Name)].Count()} | {holding.Count(result => result.OutputFailure is null)} of "
                    + $"{holding.Length} | {holding.Count(result => result.Failure is null)} | "
                    + $"{(opsets is [] ? "" : opsets is [var one] ? $"{one}" : $"{opsets[0]} to {opsets[^1]}")} |\n"
            );
        }
        text.Append("\n## Published models that are not taken\n\n| why | models |\n|---|---|\n");
        foreach (
            var group in results
                .Where(entry => entry.Value.Failure is not null)
                .GroupBy(entry => Reason(entry.Key, entry.Value))
                .OrderBy(group => group.Key, StringComparer.Ordinal)
        )
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {group.Key} | {string.Join(", ", group.Select(entry => entry.Key).Order(StringComparer.Ordinal))} |\n"
            );
        return text.ToString();
    }

    private static string Reason(string model, ConformanceResult result) =>
        ConformanceExceptions.ForAll.ReasonFor(model)
        ?? (
            ConformanceExceptions.ForDerivatives.ReasonFor(model) is { } reason
                ? $"derivatives: {reason}"
                : result.Failure!.Split('\n')[0].TrimEnd('.')
        );

    private static string Kind(OperatorSample[] samples)
    {
        if (samples.Length == 0)
            return "that of its bodies";
        var taken = samples
            .Where(sample => !sample.RefusesDerivative && sample.Inputs.Any(input => input.Role == InputRole.Active))
            .ToArray();
        return taken.Length == 0
            ? "none"
            : taken.Max(CurvatureOf) switch
            {
                Curvature.PiecewiseConstant => "none",
                Curvature.Linear => "linear",
                Curvature.PiecewiseLinear => "piecewise linear",
                _ => "curved",
            };
    }

    private static string Orders(string kind) =>
        kind switch
        {
            "none" => "0",
            "linear" or "piecewise linear" => "1",
            _ => "any",
        };

    private static Curvature CurvatureOf(OperatorSample sample)
    {
        var program = new SampleProgram(sample);
        return program
            .Node.Rules()
            .CurvatureIn(program.Node, [.. program.Node.Inputs.Select(input => input is not null && program.Active.Contains(input))]);
    }
}
