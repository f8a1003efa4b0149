using OnnxCurvature.Cli;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Blocks of the Hessian of two targets, through the tool as it is; random graphs compare their numbers.</summary>
public sealed class CrossHessianTests
{
    private const string Data = "--data x=@x.npy labels=@labels.npy";

    [Fact]
    public void Blocks_of_weights_are_checked_and_added_over_batches()
    {
        using var tool = new Tool();
        var words = "--wrt w v --loss cross-entropy --quantity hessian cross-hessian --precision float64";
        var run = tool.Run($"run @model.onnx -o @whole.npz {words} {Data}");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("checked: 12 of 12", run.Output + run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Success, tool.Run($"run @model.onnx -o @parts.npz {words} {Data} --batch-size 2").Code);
        var whole = tool.Read("whole.npz", "w,v.cross_hessian");
        Assert.Equal(12 * 8, whole.Length);
        Assert.All(
            whole.Zip(tool.Read("parts.npz", "w,v.cross_hessian")),
            pair => Assert.Equal(pair.First, pair.Second, 1e-12),
            throwIfEmpty: true
        );

        // The other order is the transpose, and comes by the gradients of the other target.
        Assert.Equal(
            ExitCodes.Success,
            tool.Run(
                $"run @model.onnx -o @turned.npz --wrt v w --loss cross-entropy --quantity cross-hessian --precision float64 {Data}"
            ).Code
        );
        var turned = tool.Read("turned.npz", "v,w.cross_hessian");
        for (var row = 0; row < 12; row++)
        for (var column = 0; column < 8; column++)
            Assert.Equal(whole[row * 8 + column], turned[column * 12 + row], 1e-12);
    }

    [Theory]
    [InlineData("--wrt w", "The cross-hessian is of two targets, and only 'w' is named; name another with --wrt.")]
    [InlineData(
        "--wrt w t",
        "The cross-hessian of 'w' and 't' is not defined, because one is computed from the other; name values that do not depend on each "
            + "other."
    )]
    [InlineData("--wrt w x --batch-size 2", "--batch-size 2 would change what is computed, because the cross-hessian is of a value")]
    [InlineData("--wrt w v --memory 300", "The cross-hessian of 'w' and 'v' has 12 × 8 entries")]
    public void A_pair_without_a_block_is_refused(string words, string message)
    {
        using var tool = new Tool();
        var run = tool.Run($"run @model.onnx -o @out.npz --loss cross-entropy --quantity cross-hessian {words} {Data}");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }
}
