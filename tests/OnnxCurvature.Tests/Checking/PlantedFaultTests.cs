using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Methods;
using Xunit;

namespace OnnxCurvature.Tests.Checking;

/// <summary>Faults that are planted between plan and run are found by the check, which shares nothing with where they are.</summary>
public sealed class PlantedFaultTests
{
    private const string Diagonal = ".hessian_diagonal";

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void A_square_root_of_the_output_Hessian_of_a_wrong_scale_is_found(ElementType element)
    {
        var faults = new PlantedFaults
        {
            Loss = head => head with { Root = new ChangedRoot(head.Root!, 2, (_, directions) => directions) },
        };
        AreDiagonals(Wrong("relu mlp CrossEntropy 3", element, faults));
    }

    /// <summary>
    /// A result that was printed as exact where samples do not lie along the first axis: the directions of one sample are given to another.
    /// </summary>
    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void Samples_that_are_taken_from_another_place_are_found(ElementType element)
    {
        var faults = new PlantedFaults { Loss = head => head with { Root = new ChangedRoot(head.Root!, 1, NextSample) } };
        AreDiagonals(Wrong("relu mlp CrossEntropy 3", element, faults));
    }

    /// <summary>
    /// Half of Σ(a + b)² − Σ(a − b)² is the cross term of a weight that is used twice; without it Σ(a² + b²) is left, which the squares of
    /// each use give.
    /// </summary>
    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void A_cross_term_of_a_shared_weight_that_is_dropped_is_found(ElementType element)
    {
        var dropped = new PlantedFaults { Program = program => WithoutSecondUse(program) };
        Assert.Contains(Wrong("shared weight 3", element, dropped), entry => entry.Name == "w" + Diagonal);
    }

    /// <summary>An activation mask that leaves out an entry that is not zero.</summary>
    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float64)]
    public void A_term_that_a_mask_leaves_out_wrongly_is_found(ElementType element)
    {
        var masked = new PlantedFaults
        {
            Program = program =>
                Replaced(
                    program,
                    node => node.Operator is Greater,
                    (b, node) =>
                    {
                        // Nothing that is below one passes.
                        var one = b.Scalar(node.Inputs[0]!.Type.Element, 1);
                        return Catalogue.Get<Greater>().Apply(b, [node.Inputs[0], one]).Output;
                    }
                ),
        };
        Assert.NotEmpty(Wrong("relu mlp CrossEntropy 3", element, masked));
    }

    [Fact]
    public void Without_a_check_a_planted_fault_is_given_out_as_a_result()
    {
        var faults = new PlantedFaults
        {
            Loss = head => head with { Root = new ChangedRoot(head.Root!, 2, (_, directions) => directions) },
        };
        var result = Run("relu mlp CrossEntropy 3", ElementType.Float32, new CurvatureRunOptions { Faults = faults, Check = false });
        Assert.Empty(result.Check.Entries);
        Assert.Equal("the run was made with --no-check", Assert.Single(result.Check.Unchecked).Reason);
    }

    private static void AreDiagonals(VerifyEntry[] entries) =>
        Assert.All(entries, entry => Assert.EndsWith(Diagonal, entry.Name, StringComparison.Ordinal), throwIfEmpty: true);

    private static VerifyEntry[] Wrong(string name, ElementType element, PlantedFaults faults)
    {
        var exception = Assert.Throws<DisagreementException>(() => Run(name, element, new CurvatureRunOptions { Faults = faults }));
        var wrong = exception.Report.Entries.Where(entry => !entry.Agrees).ToArray();
        Assert.NotEmpty(wrong);
        return wrong;
    }

    private static CurvatureResult Run(string name, ElementType element, CurvatureRunOptions options)
    {
        var problem = ProblemTable.Find(name);
        using var folder = new TemporaryFolder();
        var file = ProblemFile.Write(problem, folder, element);
        string[] weights = [.. problem.Weights.Select(weight => weight.Name!)];
        var request = new CurvatureRequest { WithRespectTo = [.. weights], Loss = new LossRequest(problem.Loss) };
        return CurvatureEngine.Prepare(file.Path, request, file.Data, options).Run(null, TestContext.Current.CancellationToken);
    }

    private static Value NextSample(GraphBuilder b, Value directions)
    {
        var size = directions.Type.Shape[1].Factor;
        return Concat.Of(b, [Slice.Of(b, directions, 1, 1, size), Slice.Of(b, directions, 1, 0, 1)], 1);
    }

    /// <summary>
    /// The program in which the second of the two products that a weight's pull-backs are added up from is zero in every pull-back.
    /// </summary>
    private static Ir.Program WithoutSecondUse(Ir.Program program) =>
        Replaced(program, node => node.Operator is Add && node.Output.Type.Rank >= 3, (_, node) => node.Inputs[0]!);

    private static Ir.Program Replaced(Ir.Program program, Func<Node, bool> which, Func<GraphBuilder, Node, Value> by)
    {
        var b = new GraphBuilder();
        var values = new Dictionary<Value, Value>();
        foreach (var parameter in program.Parameters)
            b.Recognize(parameter);
        foreach (var node in program.Nodes)
        {
            var inputs = node.Inputs.Select(input => input is null ? null : values.GetValueOrDefault(input, input));
            (TensorType, string?)[] outputs = [.. node.Outputs.Select(output => (output.Type, output.Name))];
            var copy = b.Append(node.Operator, [.. inputs], node.Attributes, outputs, node.Name);
            for (var index = 0; index < node.Outputs.Length; index++)
                values[node.Outputs[index]] = copy.Outputs[index];
            if (which(node))
                values[node.Output] = by(b, copy);
        }
        var results = program.Outputs.Select(output => output with { Value = values.GetValueOrDefault(output.Value, output.Value) });
        return Ir.Program.Create(program.Parameters, results);
    }
}
