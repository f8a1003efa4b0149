using OnnxCurvature.Cli;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>The completions that shells are offered.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("ins", "inspect")]
    [InlineData("run m --w", "--wrt")]
    [InlineData("run m --loss cross", "cross-entropy")]
    [InlineData("run m --provider c", "cpu")]
    [InlineData("run m --quantity hess", "hessian-diagonal")]
    [InlineData("augment m --profile port", "portable")]
    [InlineData("augment m --target open", "openvino")]
    [InlineData("prune m --structure out", "output-channel")]
    [InlineData("sensitivity m --bits ", "8")]
    [InlineData("sensitivity m --granularity block", "block32")]
    [InlineData("completion f", "fish")]
    [InlineData("run m --loss=cross", "--loss=cross-entropy")]
    [InlineData("run m --quantity loss,hess", "loss,hessian-diagonal")]
    [InlineData("run m --quantity=loss,hess", "--quantity=loss,hessian-diagonal")]
    [InlineData("run m @options.rsp --wr", "--wrt")]
    public void Words_are_completed(string line, string word)
    {
        var run = ToolRun.Of(new FakeService(), $"[suggest:{line.Length}]", line);
        Assert.Equal((ExitCodes.Success, ""), (run.Code, run.Error));
        Assert.Contains(word, run.Output.Split('\n').Select(text => text.Trim()));
    }

    /// <summary>A shell offers files where the tool offers nothing, so options are offered after a hyphen only.</summary>
    [Theory]
    [InlineData("run ")]
    [InlineData("run net")]
    [InlineData("run m --data /")]
    [InlineData("run m --unknown=c")]
    [InlineData("run @op")]
    public void Files_are_left_to_the_shell(string line)
    {
        var run = ToolRun.Of(new FakeService(), $"[suggest:{line.Length}]", line);
        Assert.Equal((ExitCodes.Success, "", ""), (run.Code, run.Output, run.Error));
    }

    [Fact]
    public void Words_after_the_cursor_have_no_influence()
    {
        var run = ToolRun.Of(new FakeService(), "[suggest:3]", "ins model.onnx --dim");
        Assert.Equal((ExitCodes.Success, "inspect\n", ""), (run.Code, run.Output, run.Error));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public void There_is_a_script_for_each_shell(string shell)
    {
        var run = ToolRun.Of(new FakeService(), "completion", shell);
        Assert.Equal(ExitCodes.Success, run.Code);
        Assert.Contains("[suggest:", run.Output, StringComparison.Ordinal);
    }
}
