using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Laws;
using Xunit;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Operators that are replaced by others when a file is loaded.</summary>
public sealed class ExpansionTests
{
    /// <summary>The names of the samples of such operators.</summary>
    public static TheoryData<string> Expanded =>
        [
            .. SampleTable
                .All.Select(row => row.Data)
                .Where(name =>
                    SampleTable.Get(name) is { } sample
                    && (Catalogue.Find(sample.Domain, sample.Operator) is ExpandedOperator || sample.Attributes.Int("layout", 0) == 1)
                ),
        ];

    [Theory, MemberData(nameof(Expanded))]
    public void A_node_becomes_standard_operators_with_the_same_values(string name)
    {
        var sample = SampleTable.Get(name);
        var program = new SampleProgram(sample, ElementType.Float32);
        var outputs = program.Node.Outputs.Select((output, index) => new NamedValue($"output{index}", output)).ToArray();
        using var folder = new TemporaryFolder();
        var path = folder.File("model.onnx");
        var parameters = program.Node.Inputs.Where(input => input is { IsParameter: true }).ToArray();
        OnnxWriter.Write(program.Builder.Build(parameters!, outputs), path, new WriteOptions { Weights = WeightPlacement.Embed });

        var model = OnnxModel.Load(path);

        Assert.Empty(model.UnknownNodes);
        Assert.All(
            model.Program.Nodes,
            node => Assert.True(node.Operator is not ExpandedOperator && node.Attributes.Int("layout", 0) == 0, node.ToString()),
            throwIfEmpty: true
        );
        var values = model.Inputs.Zip(parameters).ToDictionary(pair => pair.First, pair => program.Values[pair.Second!]);
        var actual = RuntimeProgram.Run(model.Program, OnnxWriter.MinimumOpset(model.Program), values);
        var expected = program.Evaluate([.. program.Node.Outputs], [.. program.Node.Outputs]);
        for (var index = 0; index < expected.Length; index++)
            Close.Check(expected[index], actual![index], 1e-5, $"output {index}");
    }
}
