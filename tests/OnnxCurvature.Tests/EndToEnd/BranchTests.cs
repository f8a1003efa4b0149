using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>
/// A model like those that detect speech, through the tool as it is: an input chooses a branch that holds its own weights, another branch
/// hangs on the length of the samples, and samples lie along the second axis of a state.
/// </summary>
[Trait("Category", "Slow")]
public sealed class BranchTests
{
    private const string Words = "--loss sum:y --wrt x state choose/w choose/long/v --fix which=@which.npy";

    /// <summary>Two samples and one: data of a single sample have as many rows of the state as there are, too.</summary>
    [Theory, InlineData(2), InlineData(1)]
    public void Data_decide_which_branch_is_taken_and_its_weights_have_derivatives(int samples)
    {
        using var tool = new Tool();
        Prepare(tool, samples);
        var run = tool.Run($"verify @branches.onnx {Words} --data x=@x.npy state=@state.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("choose/long/v.hessian_diagonal", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_branch_that_nothing_determines_is_refused_with_what_to_do()
    {
        using var tool = new Tool();
        Prepare(tool, 2);
        var run = tool.Run($"augment @branches.onnx -o @out.onnx {Words}");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(
            "give the sizes of symbolic dimensions (--dim) or fix the inputs (--fix) that its condition depends on",
            run.Error,
            StringComparison.Ordinal
        );
        var sized = tool.Run($"augment @branches.onnx -o @out.onnx {Words} --dim T=4");
        Assert.Equal("", sized.Error);
        Assert.Equal(ExitCodes.Success, sized.Code);
    }

    [Fact]
    public void An_inspection_of_a_fixed_input_lists_the_weights_of_the_branch()
    {
        using var tool = new Tool();
        Prepare(tool, 2);
        Assert.DoesNotContain("choose/w", tool.Run("inspect @branches.onnx --dim T=4").Output, StringComparison.Ordinal);
        var run = tool.Run("inspect @branches.onnx --dim T=4 --fix which=@which.npy");
        Assert.Contains("choose/w", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("choose/other", run.Output, StringComparison.Ordinal);
    }

    private static void Prepare(Tool tool, int samples)
    {
        tool.Save("branches.onnx", Branches());
        tool.Npy("x.npy", ElementType.Float32, [samples, 4], [.. Enumerable.Range(0, 4 * samples).Select(i => Math.Sin(i + 1))]);
        tool.Npy("state.npy", ElementType.Float32, [2, samples, 3], [.. Enumerable.Range(0, 6 * samples).Select(i => Math.Cos(i + 1))]);
        tool.Npy("which.npy", ElementType.Int64, [], 1);
    }

    /// <summary>y = tanh((x w v) state₀), where T is 4.</summary>
    private static ModelProto Branches()
    {
        var whole = new GraphProto
        {
            Name = "long",
            Node = { Node("MatMul", "x w", "product"), Node("Mul", "product v", "h") },
            Initializer = { Floats("v", 3) },
            Output = { Info("h", 1, "N", 3) },
        };
        var part = new GraphProto
        {
            Name = "short",
            Node = { Node("Unsqueeze", "x two", "u") },
            Output = { Info("u", 1, "N", "T", 1) },
        };
        var chosen = new GraphProto
        {
            Name = "chosen",
            Initializer = { Floats("w", 4, 3) },
            Node =
            {
                Node("If", "is_long", "mixed", Body("then_branch", whole), Body("else_branch", part)).Also(node => node.Name = "long"),
                Node("Mul", "mixed first", "scaled"),
                Node("Tanh", "scaled", "z"),
            },
            Output = { Info("z", 1, "N", 3) },
        };
        var other = new GraphProto
        {
            Name = "other",
            Initializer = { Floats("other", 3) },
            Node = { Node("Mul", "first other", "o") },
            Output = { Info("o", 1, "N", 3) },
        };
        return Model(
            new GraphProto
            {
                Name = "branches",
                Input = { Info("x", 1, "N", "T"), Info("state", 1, 2, "N", 3), Info("which", 7) },
                Output = { Info("y", 1, "N", 3) },
                Initializer = { Integer("zero", 0), Integer("one", 1), Integer("four", 4), Integers("two", 2) },
                Node =
                {
                    Node("Gather", "state zero", "first"),
                    Node("Shape", "x", "sizes"),
                    Node("Gather", "sizes one", "length"),
                    Node("Equal", "length four", "is_long"),
                    Node("Equal", "which one", "is_one"),
                    Node("If", "is_one", "y", Body("then_branch", chosen), Body("else_branch", other)).Also(node => node.Name = "choose"),
                },
            }
        );
    }
}
