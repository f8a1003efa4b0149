using System.Text.RegularExpressions;
using OnnxCurvature.Ops;
using Xunit;

namespace OnnxCurvature.Tests.Architecture;

/// <summary>
/// All knowledge of an operator stands in its own file, so that a new one needs no other. Elsewhere code asks members of
/// <see cref="Operator"/>, and does not test which operator it has.
/// </summary>
public sealed class OperatorKnowledgeTests
{
    private const string Library = "src/OnnxCurvature";

    /// <summary>Files that name operators all the same, how many lines do so, and why a new operator changes nothing there.</summary>
    private static readonly (string File, int Lines, string Reason)[] Excepted =
    [
        ("Onnx/Checking/NodeChecker.cs", 1, "finds the type of a filled constant, which is that of a number among its attributes"),
        ("Onnx/ControlFlow/BodyInliner.cs", 3, "replaces control flow by the nodes of its bodies, before there are operators"),
        ("Onnx/ControlFlow/BodyTypes.cs", 10, "finds types of bodies of control flow, before there are operators"),
        ("Onnx/Reading/NodeLoader.cs", 1, "holds filled constants without their elements"),
        ("Onnx/Reading/SequenceLoader.cs", 2, "follows sequences, which have no operators, until only tensors are left"),
        ("Onnx/Writing/GraphEmitter.cs", 1, "writes a constant of one number without its elements"),
        ("Runtime/Sessions/SharedWeights.cs", 11, "shares weights of operators that leave them as they are; of all others it shares none"),
    ];

    private static readonly Regex Named = Pattern();

    [Fact]
    public void No_file_outside_of_the_operators_names_one_but_those_with_a_reason()
    {
        var found = Repository
            .SourcesBelow(Library)
            .Where(file => !file.StartsWith("Ops/", StringComparison.Ordinal))
            .Select(file => (File: file, Lines: File.ReadLines(Path.Combine(Repository.Root, Library, file)).Count(NamesOperator)))
            .Where(entry => entry.Lines > 0);
        Assert.Equal(Excepted.Select(entry => $"{entry.File} {entry.Lines}"), found.Select(entry => $"{entry.File} {entry.Lines}"));
        Assert.All(Excepted, entry => Assert.NotEmpty(entry.Reason), throwIfEmpty: true);
    }

    [Theory]
    [InlineData("if (node.Operator is Softmax or LogSoftmax)", true)]
    [InlineData("    Gather when axis == 1 => Of(node),", true)]
    [InlineData("case Ops.Elementwise.Neg:", true)]
    [InlineData("if (node.OpType == \"Conv\")", true)]
    [InlineData("if (node.OpType == nameof(Ops.Structure.Identity))", true)]
    [InlineData("OpType = nameof(Identity),", false)]
    [InlineData("value.Producer is { Operator: Reshape or Identity } node", true)]
    [InlineData("    /// is Softmax", false)]
    [InlineData("return Softmax.Of(b, z, axis);", false)]
    [InlineData("if (node.Operator is CompositeOperator composite)", false)]
    public void Tests_for_operators_are_distinguished_from_their_use(string line, bool names) => Assert.Equal(names, NamesOperator(line));

    private static bool NamesOperator(string line) => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && Named.IsMatch(line);

    private static Regex Pattern()
    {
        var types = Names(Catalogue.All.Select(op => op.GetType().Name));
        var names = Names(Catalogue.All.Select(op => op.Name));
        string[] ways =
        [
            $@"\b(?:is|or|not|case|Operator:)\s+\(?(?:not )?(?:Ops\.\w+\.)?(?:{types})\b",
            $@"^\s*(?:{types})(?: or \w+)*(?: when .*)? =>",
            $"\"(?:{names})\"",
            $@"(?:[=!]=|\bis|\bor|\bcase)\s+nameof\((?:\w+\.)*(?:{types})\)",
        ];
        return new Regex(string.Join('|', ways));

        static string Names(IEnumerable<string> all) => string.Join('|', all.Distinct().Order(StringComparer.Ordinal));
    }
}
