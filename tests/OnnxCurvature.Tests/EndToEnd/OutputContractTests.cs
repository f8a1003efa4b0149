using Google.Protobuf;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>The outputs of an augmented file, under which names and with which sign, and which files it goes with.</summary>
public sealed class OutputContractTests
{
    private const string Augment = "augment @model.onnx -o @out.onnx --wrt x --loss sum:z --quantity loss,gradient";

    [Fact]
    public void Outputs_have_the_names_and_signs_that_are_asked_for()
    {
        using var tool = new Tool();
        Succeed(tool.Run($"{Augment}"));
        var plain = PlainSession.Run(tool["out.onnx"], Data(tool));
        Succeed(tool.Run($"{Augment} --rename loss=energy x.gradient=forces --negate x.gradient --only"));
        var given = PlainSession.Run(tool["out.onnx"], Data(tool));
        Assert.Equal(["energy", "forces"], given.Keys);
        Assert.Equal(plain["loss"], given["energy"]);
        Assert.Equal(plain["x.gradient"].Select(entry => -entry), given["forces"]);
        var run = tool.Run("run @out.onnx -o @out.npz --data x=@x.npy");
        Succeed(run);
        Assert.Contains("'forces' is x.gradient with the opposite sign.", run.Output, StringComparison.Ordinal);
        Assert.Contains("gradient, negated", run.Output, StringComparison.Ordinal);
        Assert.Equal(given["forces"], tool.Read("out.npz", "forces").Select(entry => (double)(float)entry));
    }

    [Fact]
    public void Outputs_of_the_model_can_be_renamed_and_negated_too()
    {
        using var tool = new Tool();
        Succeed(tool.Run($"{Augment} --rename p=probability --negate p"));
        var given = PlainSession.Run(tool["out.onnx"], Data(tool));
        Assert.Equal(PlainSession.Run(tool["model.onnx"], Data(tool))["p"].Select(entry => -entry), given["probability"]);
        Assert.DoesNotContain("p", given.Keys);
    }

    [Theory]
    [InlineData("--rename hessian=h", "The file gives out no 'hessian'")]
    [InlineData("--negate y.gradient", "The file gives out no 'y.gradient'")]
    [InlineData("--only --negate p", "The file gives out no 'p'")]
    [InlineData("--negate class", "'class' holds int64 and cannot be negated")]
    [InlineData("--rename loss=x", "which is an input or a weight of the file")]
    [InlineData("--rename loss=w", "which is an input or a weight of the file")]
    [InlineData("--rename loss=p", "which is the name of another output")]
    [InlineData("--rename loss=a x.gradient=a", "which is the name of another output")]
    [InlineData("--rename loss", "--rename 'loss' is no RESULT=NAME")]
    [InlineData("--rename loss=a loss=b", "--rename gives 'loss' two names")]
    public void A_contract_that_does_not_fit_is_refused(string words, string reason)
    {
        using var tool = new Tool();
        var run = tool.Run($"{Augment} {words}");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("out.onnx", tool.Files);
    }

    [Fact]
    public void Standard_errors_keep_their_sign()
    {
        using var tool = new Tool();
        var run = tool.Run(
            "augment @model.onnx -o @out.onnx --wrt w --loss cross-entropy --method hutchinson --probes 4 --negate "
                + "w.hessian_diagonal_standard_error"
        );
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("no standard error or lower bound any more", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_whose_weights_have_been_replaced_is_refused(bool beside)
    {
        using var tool = new Tool();
        var model = tool["large.onnx"];
        File.Copy(ReferenceTable.Find("vgg16_narrow.onnx", "conv4_3.weight").ModelPath, model);
        Directory.CreateDirectory(Path.GetDirectoryName(tool["sub/out.onnx"])!);
        var path = beside ? "@sub/out.onnx" : "@out.onnx";
        Succeed(tool.Run($"augment @large.onnx -o {path} --wrt conv4_3.weight --loss cross-entropy --quantity gradient"));
        var entry = ReferenceTable.Find("vgg16_narrow.onnx", "conv4_3.weight");
        foreach (var (input, array) in entry.Data())
            NpyWriter.Write(tool[$"{input}.npy"], array);
        var words = $"run {path} -o @out.npz --data image=@image.npy labels=@labels.npy";
        Succeed(tool.Run(words));

        // Another file of the same size and time.
        var weights = beside ? Directory.GetFiles(tool["sub"], "out.onnx.*.data").Single() : model;
        var (bytes, time) = (File.ReadAllBytes(weights), File.GetLastWriteTimeUtc(weights));
        bytes[^100] ^= 1;
        File.WriteAllBytes(weights, bytes);
        File.SetLastWriteTimeUtc(weights, time);
        foreach (
            var command in new[]
            {
                words,
                $"inspect {path}",
                $"{words} --wrt fc8.bias --loss value:conv4_3.weight.gradient",
                $"augment {path} -o @again.onnx --wrt fc8.bias --loss sum:conv4_3.weight.gradient",
            }
        )
        {
            var run = tool.Run(command);
            Assert.Equal(ExitCodes.UserError, run.Code);
            Assert.Contains($"'{Path.GetFileName(weights)}' has other contents than when", run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", "name no output that holds a result")]
    [InlineData("w.gradient\nw.hessian", "name the result 'w.hessian', which the file does not give out")]
    public void A_file_that_names_no_outputs_or_wrong_ones_is_refused(string outputs, string reason)
    {
        using var tool = new Tool();
        Succeed(tool.Run("augment @model.onnx -o @out.onnx --wrt w --loss cross-entropy --quantity gradient"));
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(tool["out.onnx"]));
        model.MetadataProps.Single(entry => entry.Key == "onnx_curvature.outputs").Value = outputs;
        tool.Save("out.onnx", model);
        var run = tool.Run("run @out.onnx -o @out.npz --data x=@x.npy labels=@labels.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("out.npz", tool.Files);
    }

    private static Dictionary<string, NpyArray> Data(Tool tool) => new() { ["x"] = NpyReader.Read(tool["x.npy"]) };

    private static void Succeed(Cli.ToolRun run) => Assert.True(run.Code == ExitCodes.Success, run.ToString());
}
