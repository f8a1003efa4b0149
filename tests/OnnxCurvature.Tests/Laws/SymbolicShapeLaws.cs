using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>
/// The laws of sizes that are known only at run time: the first axis of the first input, and all axes of its size, are one symbol.
/// </summary>
public sealed class SymbolicShapeLaws
{
    [Theory, MemberData(nameof(SampleTable.All), MemberType = typeof(SampleTable))]
    public void Inferred_symbolic_sizes_are_the_ones_at_run_time(string sample)
    {
        if (Symbolic(SampleTable.Get(sample)) is not { } program)
            return;
        var outputs = program.Node.Rules().Evaluate(program.Node, program.Inputs);
        for (var index = 0; index < outputs.Length; index++)
            foreach (var (dim, size) in program.Node.Outputs[index].Type.Shape.Zip(outputs[index].Shape))
                if (dim.Symbols.All(symbol => symbol.Name == "N"))
                    Assert.Equal(size, dim.Symbols.Aggregate(dim.Factor, (product, _) => product * Size(program.Sample)!.Value));
    }

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Derivatives_with_symbolic_sizes_equal_those_with_known_ones_or_are_refused(string sample)
    {
        var known = new SampleProgram(SampleTable.Get(sample));
        if (Symbolic(known.Sample) is not { } program)
            return;
        string? refusal = null;
        try
        {
            var (tangents, cotangents) = (
                known.Active.Select(known.RandomLike).ToArray(),
                known.Differentiable.Select(known.RandomLike).ToArray()
            );
            var (expected, actual) = (Derivatives(known, tangents, cotangents), Derivatives(program, tangents, cotangents));
            for (var index = 0; index < expected.Length; index++)
                Close.Check(expected[index], actual[index], 1e-12, $"derivative {index}");
        }
        catch (UnsupportedModelException exception)
        {
            refusal = exception.Message;
        }
        ApprovedRefusals.Check("", known.Sample, refusal);

        Tensor[] Derivatives(SampleProgram of, Tensor[] tangents, Tensor[] cotangents)
        {
            var linear = of.Builder.Linearize(of.Active, of.Differentiable);
            for (var index = 0; index < tangents.Length; index++)
                of.Bind(linear.Inputs[index], tangents[index]);
            var pulled = linear.Transpose(
                of.Builder,
                [.. cotangents.Select((tensor, index) => of.Bind(of.Builder.Parameter(of.Differentiable[index].Type), tensor))]
            );
            return [.. of.Evaluate(linear.Outputs, known.Differentiable), .. of.Evaluate(pulled, known.Active)];
        }
    }

    private static SampleProgram? Symbolic(OperatorSample sample)
    {
        if (Size(sample) is not { } size)
            return null;
        SampleProgram? program = null;
        string? refusal = null;
        try
        {
            program = new SampleProgram(sample, symbolic: size);
        }
        catch (UnsupportedOperatorException exception)
        {
            refusal = exception.Message;
        }
        ApprovedRefusals.Check(" shapes", sample, refusal);
        return program;
    }

    private static long? Size(OperatorSample sample) =>
        sample.Inputs.FirstOrDefault() is { Role: InputRole.Active or InputRole.Fixed, Value: { Rank: > 0 } first } && first.Shape[0] > 1
            ? first.Shape[0]
            : null;
}
