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
        ("Onnx/Checking/NodeChecker.cs", 4, "reads the bodies and constants of nodes as files hold them"),
        ("Onnx/ControlFlow/BodyInliner.cs", 3, "replaces control flow by the nodes of its bodies, before there are operators"),
        ("Onnx/ControlFlow/BodyLoader.cs", 6, "reads bodies of control flow, before there are operators"),
        ("Onnx/ControlFlow/BodyTypes.cs", 7, "finds types of bodies of control flow, before there are operators"),
        ("Onnx/Reading/NodeLoader.cs", 2, "keeps loops where it is asked to, and holds filled constants without their elements"),
        ("Onnx/Reading/SequenceLoader.cs", 2, "follows sequences, which have no operators, until only tensors are left"),
        ("Onnx/Writing/GraphEmitter.cs", 1, "writes a constant of one number without its elements"),
        ("Onnx/Writing/OnnxChecker.cs", 3, "checks bodies of control flow in files that are written"),
        ("Passes/EngineForms.cs", 1, "keeps the nodes that name outputs"),
        ("Runtime/Augmentation/PortableProfile.cs", 83, "lists the kernels of an engine"),
        ("Runtime/Sessions/OrtSettings.cs", 2, "switches a rule of ONNX Runtime off whose fault shows at these nodes"),
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
        ];
        return new Regex(string.Join('|', ways));

        static string Names(IEnumerable<string> all) => string.Join('|', all.Distinct().Order(StringComparer.Ordinal));
    }
}
