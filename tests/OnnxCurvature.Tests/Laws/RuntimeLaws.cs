using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>
/// The laws of what ONNX Runtime computes: in float64 where it has the kernels, else in float32; in the lowest opset that can say
/// the program and in the highest.
/// </summary>
public sealed class RuntimeLaws
{
    /// <summary>
    /// Operators with a derivative, or of use in one, for which ONNX Runtime has no CUDA kernel in the opsets that are written.
    /// </summary>
    private static readonly HashSet<string> WithoutCudaKernel = new(StringComparer.Ordinal)
    {
        "Acos",
        "Acosh",
        "AffineGrid",
        "Asin",
        "Asinh",
        "Atan",
        "Atanh",
        "CastLike",
        "Celu",
        "CenterCropPad",
        "Col2Im",
        "Cosh",
        "CumProd",
        "DFT",
        "Det",
        "GlobalLpPool",
        "GroupNormalization",
        "Hardmax",
        "LpPool",
        "MaxRoiPool",
        "MaxUnpool",
        "Mean",
        "MeanVarianceNormalization",
        "Mish",
        "NegativeLogLikelihoodLoss",
        "Scatter",
        "Sinh",
        "SoftmaxCrossEntropyLoss",
        "Tan",
        "Unique",
        "Upsample",
    };

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Derivatives_avoid_operators_without_a_CUDA_kernel(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        // A node that gives more outputs of the same inputs takes the place of the program's.
        var added = GraphWalk
            .Ancestors(Derivatives(program))
            .Where(node => node.Operator != program.Node.Operator || !node.Inputs.SequenceEqual(program.Node.Inputs))
            .Select(node => node.Operator.Name);
        Assert.DoesNotContain(added, WithoutCudaKernel.Contains);
    }

    [Theory, MemberData(nameof(SampleTable.All), MemberType = typeof(SampleTable))]
    public void Evaluation_equals_that_of_ONNX_Runtime(string sample) =>
        Check(SampleTable.Get(sample), program => [.. program.Node.Outputs]);

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Derivatives_are_programs_that_ONNX_Runtime_evaluates_to_the_same(string sample) =>
        Check(SampleTable.Get(sample), Derivatives);

    /// <summary>The tangents, the cotangents, and the tangents of the cotangents.</summary>
    private static List<Value> Derivatives(SampleProgram program)
    {
        var b = program.Builder;
        var (tangents, cotangents) = program.Derivatives();
        var outputs = tangents.Concat(cotangents).OfType<Value>().ToList();
        var second = b.Linearize(program.Active, [.. cotangents.OfType<Value>()]);
        for (var index = 0; index < second.Inputs.Length; index++)
            program.Bind(second.Inputs[index], program.RandomLike(program.Active[index]));
        outputs.AddRange(second.Outputs.OfType<Value>());
        return outputs;
    }

    private static void Check(OperatorSample sample, Func<SampleProgram, List<Value>> outputsOf)
    {
        if (sample.NotInRuntime is not null)
            // Goldens/not-in-runtime.txt lists these samples, each with its reason.
            return;
        foreach (var element in new[] { ElementType.Float64, ElementType.Float32 })
        {
            var program = new SampleProgram(sample, element);
            var outputs = outputsOf(program);
            Assert.NotEmpty(outputs);
            var renamed = Named(program, outputs);
            var lowest = OnnxWriter.MinimumOpset(renamed);
            var expected = program.Evaluate(outputs, outputs);
            var compared = false;
            foreach (var opset in new[] { lowest, Math.Max(lowest, OpsetRange.Highest) }.Distinct())
            {
                if (RuntimeProgram.Run(renamed, opset, program.Values) is not { } actual)
                    continue;
                compared = true;
                for (var index = 0; index < outputs.Count; index++)
                {
                    Assert.Equal(outputs[index].Type.Element, actual[index].Element);
                    Close.Check(
                        expected[index],
                        actual[index],
                        element == ElementType.Float64 ? sample.Float64Tolerance : sample.Float32Tolerance,
                        $"output {index} in opset {opset} and {element}"
                    );
                }
            }
            if (compared)
                return;
        }
        Assert.Fail("ONNX Runtime has no kernel for a node in either type.");
    }

    /// <summary>The program of the outputs, every bound parameter being one of it.</summary>
    private static Ir.Program Named(SampleProgram program, List<Value> outputs) =>
        program.Builder.Build(program.Values.Keys, outputs.Select((output, index) => new NamedValue($"output{index}", output)));
}
