using OnnxCurvature.Cli;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Machines;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary><c>calibrate</c> and <c>--machine</c>: the profile of a machine, measured, written, and read.</summary>
public sealed class MachineTests
{
    private const string Request =
        "run @model.onnx --wrt w --loss cross-entropy:y --quantity hessian-diagonal --data x=@x.npy labels=@labels.npy";

    [Fact]
    public void The_file_of_calibrate_is_a_machine_to_plan_for()
    {
        using var tool = new Tool();

        var measured = tool.Run("calibrate -o @machine.json");
        Assert.Equal(ExitCodes.Success, measured.Code);
        Assert.Contains("GFLOP/s", measured.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Success, tool.Run(Request + " -o @measured.npz --machine @machine.json").Code);
        Assert.Equal(ExitCodes.Success, tool.Run(Request + " -o @default.npz --machine default").Code);

        Assert.Equal(tool.Read("default.npz", "w.hessian_diagonal"), tool.Read("measured.npz", "w.hessian_diagonal"));
    }

    [Fact]
    public void Calibrate_says_what_it_does_while_it_measures()
    {
        using var tool = new Tool();
        Assert.StartsWith("calibrate: measuring the machine, 0 s elapsed", tool.Run("calibrate -v").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_profile_is_read_as_it_was_written()
    {
        using var tool = new Tool();
        var machine = MachineProfile.Default with
        {
            ProductFlops = 1.25e11,
            CacheBytesPerSecond = 3e9,
            MemoryBytesPerSecond = 2e9,
            FileBytesPerSecond = 1.5e9,
            FreshBytesPerSecond = 2.5e9,
            LaunchSeconds = 1e-6,
            ThreadSeconds = 2e-6,
            SecondCoreShare = 0.5,
            StartSeconds = 0.25,
            SessionSeconds = 0.125,
            NodeStartSeconds = 1e-5,
            CoreCacheBytes = 1 << 20,
            SharedCacheBytes = 1 << 25,
            Device = new DeviceProfile
            {
                ProductFlops = 1e13,
                BytesPerSecond = 2e12,
                LinkSeconds = 1e-4,
                ConvolutionBytes = 1 << 28,
            },
        };
        File.WriteAllBytes(tool["machine.json"], MachineFile.Write(machine));

        Assert.Equal(machine, MachineFile.Read(tool["machine.json"]));
    }

    [Theory]
    [InlineData("", "holds no JSON")]
    [InlineData("[1]", "holds no JSON object")]
    [InlineData("{\"speed\": 1}", "has 'speed', which is no figure of a machine")]
    [InlineData("{\"productFlops\": 0}", "has 'productFlops' without a positive number")]
    [InlineData("{\"productFlops\": 1e999}", "has 'productFlops' without a positive number")]
    [InlineData("{\"productFlops\": \"fast\"}", "has 'productFlops' without a positive number")]
    public void Other_files_are_refused(string text, string reason)
    {
        using var tool = new Tool();
        File.WriteAllText(tool["machine.json"], text);

        var run = tool.Run(Request + " -o @out.npz --machine @machine.json");

        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(reason, run.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.DoesNotContain("out.npz", tool.Files);
    }

    [Fact]
    public void A_missing_or_endless_file_is_refused()
    {
        using var tool = new Tool();
        File.WriteAllText(tool["long.json"], new string(' ', 1 << 17));

        Assert.Equal(ExitCodes.UserError, tool.Run(Request + " -o @out.npz --machine @missing.json").Code);
        Assert.Equal(ExitCodes.UserError, tool.Run(Request + " -o @out.npz --machine @long.json").Code);
    }
}
