using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Passes;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>
/// The laws of forms for engines: what becomes of any operator, and of its derivatives, where an engine takes no integers, no vectors and
/// none of the forms that engines are known to lack, gives the same values.
/// </summary>
[Trait("Category", "Slow")]
public sealed class EngineLaws
{
    private const double Tolerance = 1e-12;

    private const EngineGaps All = (EngineGaps)(2 * (int)EngineGaps.UnusedInputs - 1);

    [Theory, MemberData(nameof(SampleTable.All), MemberType = typeof(SampleTable))]
    public void Every_operator_keeps_its_values_or_is_refused_with_a_sentence(string sample) =>
        Check(new SampleProgram(SampleTable.Get(sample)), program => [.. program.Node.Outputs]);

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Gradients_of_every_operator_keep_their_values_or_are_refused_with_a_sentence(string sample) =>
        Check(new SampleProgram(SampleTable.Get(sample)), program => [.. program.Derivatives().Cotangents.OfType<Value>()]);

    private static void Check(SampleProgram program, Func<SampleProgram, List<Value>> outputsOf)
    {
        var outputs = outputsOf(program);
        Assert.NotEmpty(outputs);
        var whole = program.Builder.Build(program.Values.Keys, outputs.Select((output, index) => new NamedValue($"output{index}", output)));
        var lowering = new EngineForms(All);
        Ir.Program[] forms;
        try
        {
            var lowered = lowering.Run(new Float64Lowering(ExecutionProvider.Cpu).Run(whole));
            var floats = new FloatArithmetic(ElementType.Float64).Run(lowered);
            var matrices = new MatrixForms().Run(floats);
            forms = [lowered, floats, matrices, new ConstantCopies().Run(matrices)];
        }
        catch (UserErrorException refusal)
        {
            Assert.EndsWith(".", refusal.Message, StringComparison.Ordinal);
            ApprovedRefusals.Check("", program.Sample, refusal.Message);
            return;
        }
        ApprovedRefusals.Check("", program.Sample, null);
        Assert.Same(forms[0], lowering.Run(forms[0]));
        var expected = program.Evaluate(outputs, outputs);
        foreach (var form in forms)
        {
            ProgramVerifier.Verify(form);
            var actual = Interpreter.Run(form, program.Values);
            for (var index = 0; index < outputs.Count; index++)
                Close.Check(expected[index], actual[index], Tolerance, $"output {index}");
        }
    }
}
