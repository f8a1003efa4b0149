using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Passes;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>
/// The laws of float64: what the pass makes of any operator, and of its derivatives, has kernels in ONNX Runtime, computes in double,
/// and is as exact as that.
/// </summary>
[Trait("Category", "Slow")]
public sealed class Float64Laws
{
    // Attributes are float32 in a file: an epsilon of 1e-5 is rounded in its eighth digit.
    private const double Tolerance = 1e-12;

    [Theory, MemberData(nameof(SampleTable.All), MemberType = typeof(SampleTable))]
    public void Every_operator_is_computed_in_float64_or_refused_with_a_sentence(string sample) =>
        Check(new SampleProgram(SampleTable.Get(sample)), program => [.. program.Node.Outputs]);

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Derivatives_of_every_operator_are_computed_in_float64_or_refused_with_a_sentence(string sample) =>
        Check(
            new SampleProgram(SampleTable.Get(sample)),
            program =>
            {
                var (tangents, cotangents) = program.Derivatives();
                return [.. tangents.Concat(cotangents).OfType<Value>()];
            }
        );

    private static void Check(SampleProgram program, Func<SampleProgram, List<Value>> outputsOf)
    {
        var outputs = outputsOf(program);
        Assert.NotEmpty(outputs);
        var whole = program.Builder.Build(program.Values.Keys, outputs.Select((output, index) => new NamedValue($"output{index}", output)));
        Ir.Program lowered;
        try
        {
            lowered = new Float64Lowering(ExecutionProvider.Cpu).Run(whole);
        }
        catch (UserErrorException refusal)
        {
            Assert.EndsWith(".", refusal.Message, StringComparison.Ordinal);
            ApprovedRefusals.Check("", program.Sample, refusal.Message);
            return;
        }
        ApprovedRefusals.Check("", program.Sample, null);
        ProgramVerifier.Verify(lowered);
        CheckOnCuda(program, whole, outputs);
        if (lowered == whole && program.Sample.NotInRuntime is not null)
            // Goldens/not-in-runtime.txt lists these samples, each with its reason.
            return;
        Assert.Same(lowered, new Float64Lowering(ExecutionProvider.Cpu).Run(lowered));
        var expected = program.Evaluate(outputs, outputs);
        foreach (
            var opset in new[]
            {
                OnnxWriter.MinimumOpset(lowered),
                Math.Max(OnnxWriter.MinimumOpset(lowered), OpsetRange.Highest),
            }.Distinct()
        )
        {
            var actual = RuntimeProgram.Run(lowered, opset, program.Values);
            Assert.True(
                actual is not null,
                $"ONNX Runtime lacks a float64 kernel for one of "
                    + $"{string.Join(", ", lowered.Nodes.Select(node => node.Operator.Name).Distinct())} in opset {opset}"
            );
            for (var index = 0; index < outputs.Count; index++)
            {
                Assert.Equal(outputs[index].Type.Element, actual[index].Element);
                Close.Check(expected[index], actual[index], Tolerance, $"output {index} in opset {opset}");
            }
        }
    }

    /// <summary>Compares the program for CUDA, which need not have kernels on the CPU, by evaluation in double.</summary>
    private static void CheckOnCuda(SampleProgram program, Ir.Program whole, List<Value> outputs)
    {
        var lowered = new Float64Lowering(ExecutionProvider.Cuda).Run(whole);
        ProgramVerifier.Verify(lowered);
        if (lowered == whole)
            return;
        var (expected, actual) = (program.Evaluate(outputs, outputs), Interpreter.Run(lowered, program.Values));
        for (var index = 0; index < outputs.Count; index++)
            Close.Check(expected[index], actual[index], Tolerance, $"output {index} as it is made for CUDA");
    }
}
