using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>
/// Rules may join what they build with what an input comes from, a reshape with a reshape say. Derivatives by such an input, and through
/// it, are the same as those by a parameter.
/// </summary>
[Trait("Category", "Slow")]
public sealed class RearrangementLaws
{
    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Derivatives_by_what_reshapes_give_are_those_by_a_parameter(string sample) =>
        Check(
            sample,
            (b, x) =>
            {
                var flat = Catalogue.Get<Reshape>().Apply(b, [x, b.Vector(-1)]).Output;
                return Catalogue
                    .Get<Reshape>()
                    .Apply(b, [flat, b.Vector([.. x.Type.Shape.Sizes])], Attributes.Empty.With("allowzero", 1L))
                    .Output;
            }
        );

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Derivatives_by_what_transpositions_give_are_those_by_a_parameter(string sample) =>
        Check(
            sample,
            (b, x) =>
            {
                var reversed = Attributes.Empty.With("perm", [.. Enumerable.Range(0, x.Type.Rank).Reverse().Select(axis => (long)axis)]);
                return Catalogue
                    .Get<TransposeAxes>()
                    .Apply(b, [Catalogue.Get<TransposeAxes>().Apply(b, [x], reversed).Output], reversed)
                    .Output;
            }
        );

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Derivatives_by_what_negations_give_are_those_by_a_parameter(string sample) =>
        Check(sample, (b, x) => Catalogue.Get<Neg>().Apply(b, [Catalogue.Get<Neg>().Apply(b, [x]).Output]).Output);

    private static void Check(string sample, Func<GraphBuilder, Value, Value> rearranged)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var (b, node) = (program.Builder, program.Node);
        Assert.NotEmpty(program.Differentiable);
        var made = program.Active.Distinct().ToDictionary(input => input, input => rearranged(b, input));
        Value[] by = [.. program.Active.Select(input => made[input])];
        var again = node.Rules()
            .Apply(
                b,
                [.. node.Inputs.Select(input => input is not null && made.TryGetValue(input, out var value) ? value : input)],
                node.Attributes,
                node.Outputs.Length,
                program.Sample.Types.IsDefault ? default : [.. node.Outputs.Select(output => output.Type)]
            );
        ImmutableArray<Value> outputs = [.. again.Outputs.Where(output => output.Type.Element.IsFloat())];
        var directions = program.Active.Select(program.RandomLike).ToArray();
        Tensor[] Tangents(IReadOnlyList<Value> inputs, IReadOnlyList<Value> values)
        {
            var linear = b.Linearize(inputs, values);
            for (var index = 0; index < directions.Length; index++)
                program.Bind(linear.Inputs[index], directions[index]);
            return program.Evaluate(linear.Outputs, values);
        }

        var expected = Tangents(program.Active, program.Differentiable);
        Compare(expected, Tangents(by, outputs), "tangent");
        Compare(expected, Tangents(program.Active, outputs), "tangent through it");
        var weights = program.Differentiable.Select(output => program.Bind(b.Parameter(output.Type), program.RandomLike(output))).ToArray();
        Compare(Products(program.Active, program.Differentiable), Products(by, outputs), "Hessian product");

        Tensor[] Products(IReadOnlyList<Value> inputs, IReadOnlyList<Value> values)
        {
            var loss = values
                .Select((value, index) => ReduceSum.All(b, Mul.Of(b, weights[index], Mul.Of(b, value, value))))
                .Aggregate((sum, part) => Add.Of(b, sum, part));
            return Tangents(inputs, [.. b.Gradient(loss, inputs).Where(gradient => gradient is not null)!]);
        }

        static void Compare(Tensor[] expected, Tensor[] actual, string what)
        {
            Assert.NotEmpty(expected);
            Assert.Equal(expected.Length, actual.Length);
            for (var index = 0; index < expected.Length; index++)
                Close.Check(expected[index], actual[index], 1e-9, $"{what} {index}");
        }
    }
}
