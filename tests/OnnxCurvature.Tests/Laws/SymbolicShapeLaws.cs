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
    /// <summary>The samples whose first input has a first axis of two entries at least.</summary>
    public static TheoryData<string> Sized => SampleTable.Where(sample => Size(sample) is not null);

    /// <summary>Those of them with a derivative.</summary>
    public static TheoryData<string> SizedAndDifferentiable =>
        SampleTable.Where(sample => Size(sample) is not null && SampleTable.IsDifferentiable(sample));

    [Theory, MemberData(nameof(Sized))]
    public void Inferred_symbolic_sizes_are_the_ones_at_run_time(string sample)
    {
        var of = SampleTable.Get(sample);
        var (program, refusal) = Symbolic(of);
        ApprovedRefusals.Check(" shapes", of, refusal);
        if (program is null)
            return;
        var outputs = program.Node.Rules().Evaluate(program.Node, program.Inputs);
        Assert.NotEmpty(outputs);
        for (var index = 0; index < outputs.Length; index++)
            foreach (var (dim, size) in program.Node.Outputs[index].Type.Shape.Zip(outputs[index].Shape))
                if (dim.Symbols.All(symbol => symbol.Name == "N"))
                    Assert.Equal(size, dim.Symbols.Aggregate(dim.Factor, (product, _) => product * Size(program.Sample)!.Value));
    }

    [Theory, MemberData(nameof(SizedAndDifferentiable))]
    public void Derivatives_with_symbolic_sizes_equal_those_with_known_ones_or_are_refused(string sample)
    {
        var known = new SampleProgram(SampleTable.Get(sample));
        var (program, shapes) = Symbolic(known.Sample);
        ApprovedRefusals.Check(" shapes", known.Sample, shapes);
        if (program is null)
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

    /// <summary>The program of a sample, or the sentence that refuses it.</summary>
    private static (SampleProgram? Program, string? Refusal) Symbolic(OperatorSample sample)
    {
        try
        {
            return (new SampleProgram(sample, symbolic: Size(sample)), null);
        }
        catch (UnsupportedOperatorException exception)
        {
            return (null, exception.Message);
        }
    }

    private static long? Size(OperatorSample sample) =>
        sample.Inputs.FirstOrDefault() is { Role: InputRole.Active or InputRole.Fixed, Value: { Rank: > 0 } first } && first.Shape[0] > 1
            ? first.Shape[0]
            : null;
}
