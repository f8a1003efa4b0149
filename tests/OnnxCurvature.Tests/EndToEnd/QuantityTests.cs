using System.Globalization;
using System.Text.RegularExpressions;
using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Quantities and estimates through the tool as it is.</summary>
[Trait("Category", "Slow")]
public sealed partial class QuantityTests
{
    private const string All =
        "hvp,jvp,vjp,jacobian,hessian,laplacian,gradient-of-gradient,fisher-diagonal,"
        + "per-sample-gradient,per-sample-hessian-diagonal,per-sample-ggn-diagonal,per-sample-fisher-diagonal";

    [Theory]
    [InlineData("w", 12)]
    [InlineData("x", 12)]
    [InlineData("t", 16)]
    public void Batches_and_an_augmented_file_give_what_one_run_gives(string target, int entries)
    {
        using var tool = new Tool();
        var rows = target == "w" ? 3 : 4;
        tool.Npy("direction.npy", ElementType.Float32, [rows, entries / rows], [.. Enumerable.Range(0, entries).Select(i => Math.Cos(i))]);
        tool.Npy("cotangent.npy", ElementType.Float32, [4, 2], [.. Enumerable.Range(0, 8).Select(i => Math.Sin(i))]);
        var data = $"--data x=@x.npy labels=@labels.npy {target}.direction=@direction.npy {target}.cotangent=@cotangent.npy";
        var words = $"--wrt {target} --loss cross-entropy --quantity {All}";
        Assert.Equal(ExitCodes.Success, tool.Run($"run @model.onnx -o @whole.npz {words} {data}").Code);
        Assert.Equal(ExitCodes.Success, tool.Run($"run @model.onnx -o @parts.npz {words} {data} --batch-size 2").Code);
        Assert.Equal(ExitCodes.Success, tool.Run($"augment @model.onnx -o @out.onnx {words} --dim N=2").Code);
        var run = tool.Run($"run @out.onnx -o @file.npz {data}");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        foreach (var quantity in All.Split(','))
        {
            var member = $"{target}.{quantity.Replace('-', '_')}";
            foreach (var file in new[] { "parts.npz", "file.npz" })
                Assert.All(
                    tool.Read("whole.npz", member).Zip(tool.Read(file, member)),
                    pair => Assert.Equal(pair.First, pair.Second, 1e-5),
                    throwIfEmpty: true
                );
        }
    }

    [Theory]
    [InlineData("hutchinson", "hessian")]
    [InlineData("ggn-mc", "ggn")]
    [InlineData("xdiag", "hessian")]
    public void Estimates_are_reproducible_and_never_named_as_the_exact_diagonal(string method, string name)
    {
        using var tool = new Tool();
        var words = $"--wrt w --loss cross-entropy --method {method} --probes 12 --seed 5";
        var run = tool.Run($"run @model.onnx -o @one.npz {words} --data x=@x.npy labels=@labels.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.EndsWith(
            $": loss, w.gradient, w.{name}_diagonal_estimate, w.{name}_diagonal_standard_error\n",
            run.Output.ReplaceLineEndings("\n"),
            StringComparison.Ordinal
        );
        Assert.Equal(ExitCodes.Success, tool.Run($"augment @model.onnx -o @out.onnx {words} --dim N=4").Code);
        Assert.Equal(ExitCodes.Success, tool.Run("run @out.onnx -o @two.npz --data x=@x.npy labels=@labels.npy").Code);
        Assert.All(
            tool.Read("one.npz", $"w.{name}_diagonal_estimate").Zip(tool.Read("two.npz", $"w.{name}_diagonal_estimate")),
            pair => Assert.Equal(pair.First, pair.Second, 1e-6),
            throwIfEmpty: true
        );
    }

    [Theory]
    [InlineData("--method hutchinson", "hessian")]
    [InlineData("--method ggn-mc", "ggn")]
    [InlineData("--method xdiag", "hessian")]
    [InlineData("--quantity fisher-diagonal-mc", "fisher")]
    public void Every_batch_has_random_numbers_of_its_own(string method, string name)
    {
        using var tool = new Tool();
        // Two batches of the same samples.
        tool.Npy("x2.npy", ElementType.Float32, [8, 3], [.. Enumerable.Range(0, 24).Select(i => Math.Sin(i % 12 + 1))]);
        tool.Npy("labels2.npy", ElementType.Int64, [8], [0, 1, 1, 0, 0, 1, 1, 0]);
        var words = $"--wrt w --loss cross-entropy {method} --probes 6";
        Assert.Equal(ExitCodes.Success, tool.Run($"run @model.onnx -o @one.npz {words} --data x=@x.npy labels=@labels.npy").Code);
        var run = tool.Run($"run @model.onnx -o @two.npz {words} --data x=@x2.npy labels=@labels2.npy --batch-size 4");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.NotEqual(tool.Read("one.npz", $"w.{name}_diagonal_estimate"), tool.Read("two.npz", $"w.{name}_diagonal_estimate"));
        double Norm(string file) => Math.Sqrt(tool.Read(file, $"w.{name}_diagonal_standard_error").Sum(error => error * error));
        // Independent errors add in squares, so that two halves have 1/√2 of the error of a whole; equal ones would have all of it.
        // The error of xdiag is too rough to show it.
        if (!method.EndsWith("xdiag", StringComparison.Ordinal))
            Assert.InRange(Norm("two.npz") / Norm("one.npz"), 0.55, 0.85);
    }

    [Fact]
    public void A_run_takes_probes_until_the_error_that_is_asked_for()
    {
        using var tool = new Tool();
        var run = tool.Run(
            "run @model.onnx -o @r.npz --wrt w --loss cross-entropy --method hutchinson --probes 8 --target-error 0.1 --data x=@x.npy "
                + "labels=@labels.npy"
        );
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("too small on average", run.Output, StringComparison.Ordinal);
        Assert.Contains("The error that was asked for took ", run.Output, StringComparison.Ordinal);
        double Norm(string member) => Math.Sqrt(tool.Read("r.npz", member).Sum(value => value * value));
        Assert.True(Norm("w.hessian_diagonal_standard_error") <= 0.1 * Norm("w.hessian_diagonal_estimate"));
    }

    [Fact]
    public void A_run_keeps_as_many_classes_as_the_tolerance_takes()
    {
        using var tool = new Tool();
        var models = Path.Combine(Repository.Root, "testmodels");
        var words =
            $"run {models}/mlp.onnx --loss cross-entropy --wrt fc3.weight --data features={models}/mlp.features.npy "
            + $"labels={models}/mlp.labels.npy";
        Assert.Equal(ExitCodes.Success, tool.Run($"{words} -o @exact.npz").Code);
        var run = tool.Run($"{words} -o @r.npz --tolerance 0.25 --probes 400");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("of 4 classes of each sample", run.Output, StringComparison.Ordinal);
        var exact = tool.Read("exact.npz", "fc3.weight.hessian_diagonal");
        var bound = tool.Read("r.npz", "fc3.weight.hessian_diagonal_lower_bound");
        var (estimate, error) = (
            tool.Read("r.npz", "fc3.weight.hessian_diagonal_estimate"),
            tool.Read("r.npz", "fc3.weight.hessian_diagonal_standard_error")
        );
        Assert.All(
            Enumerable.Range(0, exact.Length),
            i => Assert.True(bound[i] <= exact[i] + 1e-6 && Math.Abs(estimate[i] - exact[i]) <= 5 * error[i] + 1e-6),
            throwIfEmpty: true
        );
        Assert.True(bound.Sum() < 0.999 * exact.Sum());
    }

    [Theory]
    [InlineData("becker-lecun")]
    [InlineData("hesscale")]
    public void One_pass_estimates_have_no_standard_error_and_say_that_they_are_biased(string method)
    {
        using var tool = new Tool();
        var run = tool.Run($"run @model.onnx -o @r.npz --wrt w --loss cross-entropy --method {method} --data x=@x.npy labels=@labels.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains("a biased estimate without a standard error", run.Output, StringComparison.Ordinal);
        Assert.EndsWith(": loss, w.gradient, w.hessian_diagonal_estimate\n", run.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "run @model.onnx -o @r.npz --wrt w --loss cross-entropy --quantity hvp --data x=@x.npy labels=@labels.npy",
        "There is no data for the input 'w.direction' float32[3,4]; give it with --data w.direction=FILE.npy."
    )]
    [InlineData(
        "run @model.onnx -o @r.npz --wrt w --loss cross-entropy --quantity hvp --data x=@x.npy labels=@labels.npy w.direction=@x.npy",
        "--data 'w.direction' ('@x.npy') has the size 4 along axis 0, and the input [3,4] takes 3 there; transpose it, since its "
            + "sizes are those of the input in another order."
    )]
    [InlineData(
        "run @model.onnx -o @r.npz --wrt w --loss sum:z --quantity fisher-diagonal-mc --data x=@x.npy",
        "fisher-diagonal-mc samples targets from the model's distribution, and --loss sum has none; give cross-entropy, "
            + "binary-cross-entropy or mse."
    )]
    [InlineData(
        "run @model.onnx -o @r.npz --wrt w --loss cross-entropy --quantity gradient --method ggn-mc --data x=@x.npy labels=@labels.npy",
        "--method ggn-mc estimates the ggn-diagonal, which is not asked for; add it to --quantity."
    )]
    [InlineData(
        "augment @model.onnx -o @r.onnx --wrt w --loss cross-entropy --method hutchinson --profile portable",
        "A standard error is no sum over runs, which files of --profile portable are made for; give --profile single-run."
    )]
    [InlineData(
        "run @model.onnx -o @r.npz --wrt w --loss cross-entropy --method hesscale --target-error 0.1 --data x=@x.npy labels=@labels.npy",
        "--target-error needs an estimate with a standard error; give --method hutchinson, xdiag or ggn-mc."
    )]
    [InlineData(
        "run @model.onnx -o @r.npz --wrt w --loss value:p --method hesscale --data x=@x.npy",
        "--method hesscale starts from a loss of the tool's own; give cross-entropy, binary-cross-entropy, mse or sum with --loss."
    )]
    [InlineData(
        "run @model.onnx -o @r.npz --wrt w --loss sum:p --method hesscale --data x=@x.npy",
        "--method hesscale cannot pass Softmax that makes 'p', which it has no rule for; take the exact diagonal or --method hutchinson."
    )]
    [InlineData(
        "run @model.onnx -o @r.npz --wrt w --loss cross-entropy --method xdiag --data x=@x.npy labels=@labels.npy",
        "--method xdiag takes at most 12 probes for 'w', and 32 were asked for; give fewer with --probes, or --method exact."
    )]
    [InlineData(
        "run @model.onnx -o @r.npz --wrt w --loss cross-entropy --tolerance 0.1 --data x=@x.npy labels=@labels.npy",
        "--tolerance bounds the hessian-diagonal of 'w' only where the loss alone has a second derivative, and Tanh that makes 't' has "
            + "one; ask for ggn-diagonal, or leave it out."
    )]
    [InlineData(
        "run @model.onnx -o @r.npz --wrt v --loss sum:z --tolerance 0.1 --data x=@x.npy",
        "--tolerance leaves out the least likely classes, so it needs --loss cross-entropy of logits [N, C]; leave it out."
    )]
    [InlineData(
        "verify @model.onnx --wrt w --loss cross-entropy --quantity jacobian --data x=@x.npy labels=@labels.npy",
        "verify checks the gradient and the hessian-diagonal, and not the jacobian; ask for it with 'run'."
    )]
    [InlineData(
        "run @model.onnx -o @r.npz --wrt w --loss cross-entropy --method magic --data x=@x.npy labels=@labels.npy",
        "--method 'magic' is unknown; give exact or hutchinson or ggn-mc or xdiag or becker-lecun or hesscale."
    )]
    public void An_impossible_request_is_refused_in_one_sentence(string words, string sentence)
    {
        using var tool = new Tool();
        var run = tool.Run(words);
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Equal($"error: {sentence.Replace("@x.npy", tool["x.npy"], StringComparison.Ordinal)}", run.Error.TrimEnd());
    }

    [Fact]
    public void The_row_sum_trap_is_as_the_page_says()
    {
        using var tool = new Tool();
        var models = Path.Combine(Repository.Root, "testmodels");
        var run = tool.Run(
            $"run {models}/mlp.onnx -o @trap.npz --loss cross-entropy --wrt fc3.bias fc2.bias --quantity hessian-diagonal "
                + $"gradient-of-gradient --precision float64 --data features={models}/mlp.features.npy labels={models}/mlp.labels.npy"
        );
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        var rows = Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "src", "docs", "exactness.md")));
        Assert.Equal(8, rows.Count);
        foreach (Match row in rows)
        {
            double Computed(string quantity) =>
                tool.Read("trap.npz", $"{row.Groups[1].Value}.{quantity}")[int.Parse(row.Groups[2].Value, CultureInfo.InvariantCulture)];
            Assert.Equal(double.Parse(row.Groups[3].Value, CultureInfo.InvariantCulture), Computed("hessian_diagonal"), 6e-7);
            Assert.Equal(double.Parse(row.Groups[4].Value, CultureInfo.InvariantCulture), Computed("gradient_of_gradient"), 6e-7);
        }
    }

    [GeneratedRegex(@"^\| `(fc\d\.bias)\[(\d)\]` \| (-?[\d.]+) \| (-?[\d.]+) \|\r?$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
