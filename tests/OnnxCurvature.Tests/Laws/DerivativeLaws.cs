using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>The laws of first and higher derivatives, over all samples.</summary>
public sealed class DerivativeLaws
{
    /// <summary>Roundoffs of values of size one, over the step of the differences.</summary>
    private const double CancelledInDifferences = 1e-12;

    [Theory, MemberData(nameof(SampleTable.Active), MemberType = typeof(SampleTable))]
    public void A_sample_has_a_derivative_or_is_listed_without_one(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var linear = program.Builder.Linearize(program.Active, program.Differentiable);
        var isConstant = linear.Outputs.All(tangent => tangent is null);
        SampleTable.WithoutDerivative.Check(
            sample,
            program.Differentiable.IsEmpty ? "none of the outputs is a floating-point number"
                : isConstant ? "the outputs are constant on pieces"
                : null
        );
        if (isConstant)
            foreach (var slope in program.Differences([.. program.Active.Select(program.RandomLike)], program.EvaluateNode))
                Assert.All(slope.Floats, entry => Assert.Equal(0, entry));
    }

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Linearization_equals_central_differences(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var linear = program.Builder.Linearize(program.Active, program.Differentiable);
        var tangents = BindTangents(program, linear);
        var expected = program.Differences(tangents, program.EvaluateNode);
        var actual = program.Evaluate(linear.Outputs, program.Differentiable);
        for (var index = 0; index < expected.Length; index++)
            Close.Check(
                expected[index],
                actual[index],
                program.Sample.DifferenceTolerance,
                $"tangent of output {index}",
                CancelledInDifferences
            );
    }

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Linearization_with_one_tangent_at_a_time_equals_central_differences(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        foreach (var (index, input) in program.Active.Index())
        {
            var linear = program.Builder.Linearize([input], program.Differentiable);
            var tangents = program.Active.Select(value => Tensor.Filled(ElementType.Float64, value.Type.Shape.Sizes, 0)).ToArray();
            tangents[index] = program.RandomLike(input);
            program.Bind(linear.Inputs[0], tangents[index]);
            var expected = program.Differences(tangents, program.EvaluateNode);
            var actual = program.Evaluate(linear.Outputs, program.Differentiable);
            for (var output = 0; output < expected.Length; output++)
                Close.Check(
                    expected[output],
                    actual[output],
                    program.Sample.DifferenceTolerance,
                    $"tangent of output {output} by active input {index}",
                    CancelledInDifferences
                );
        }
    }

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Transposition_is_adjoint(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var linear = program.Builder.Linearize(program.Active, program.Differentiable);
        var tangents = BindTangents(program, linear);
        var cotangents = program.Differentiable.Select(program.RandomLike).ToArray();
        var cotangentValues = program
            .Differentiable.Select((output, index) => program.Bind(program.Builder.Parameter(output.Type), cotangents[index]))
            .ToArray();
        var forward = program.Evaluate(linear.Outputs, program.Differentiable);
        var transposed = linear.Transpose(program.Builder, cotangentValues);
        for (var index = 0; index < transposed.Length; index++)
            if (transposed[index] is { } value)
                Assert.Equal(program.Active[index].Type, value.Type);
        var backward = program.Evaluate(transposed, program.Active);
        var (left, right) = (Close.Inner(forward, cotangents), Close.Inner(tangents, backward));
        var scale = Close.Inner(Absolute(forward), Absolute(cotangents)) + Close.Inner(Absolute(tangents), Absolute(backward));
        Assert.True(scale > 0, "All terms are zero.");
        Assert.True(Math.Abs(left - right) <= 1e-13 * scale, $"<Jt, c> = {left:R} but <t, J'c> = {right:R}");

        static Tensor[] Absolute(IEnumerable<Tensor> tensors) =>
            [.. tensors.Select(tensor => Tensor.Of(tensor.Shape.AsSpan(), [.. tensor.Floats.Select(Math.Abs)]))];
    }

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Hessian_products_equal_central_differences_of_the_gradient(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var loss = Loss(program);
        var gradients = program.Builder.Gradient(loss, program.Active);
        var tangents = program.Active.Select(program.RandomLike).ToArray();
        for (var of = 0; of < gradients.Length; of++)
        {
            if (gradients[of] is not { } gradient)
            {
                Tensor[] alone =
                [
                    .. tangents.Select(
                        (tensor, index) => index == of ? tensor : Tensor.Filled(ElementType.Float64, tensor.Shape.AsSpan(), 0)
                    ),
                ];
                Assert.Equal(0, program.Differences(alone, () => program.Evaluate([loss], [loss]))[0].Floats[0]);
                continue;
            }
            var second = program.Builder.Linearize(program.Active, [gradient]);
            for (var index = 0; index < tangents.Length; index++)
                program.Bind(second.Inputs[index], tangents[index]);
            var expected = program.Differences(tangents, () => program.Evaluate([gradient], [program.Active[of]]));
            var actual = program.Evaluate(second.Outputs, [program.Active[of]]);
            Close.Check(
                expected[0],
                actual[0],
                program.Sample.DifferenceTolerance,
                $"Hessian product in active input {of}",
                CancelledInDifferences
            );
        }
    }

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Derivatives_of_third_order_exist_and_are_finite(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        Value? scalar = Loss(program);
        for (var order = 1; order <= 3 && scalar is not null; order++)
        {
            var gradients = program.Builder.Gradient(scalar, program.Active);
            foreach (var tensor in program.Evaluate(gradients, program.Active))
                Assert.All(tensor.Floats, element => Assert.True(double.IsFinite(element)), throwIfEmpty: true);
            scalar = null;
            foreach (var gradient in gradients)
                if (gradient is not null)
                {
                    Assert.All(
                        GraphWalk.Ancestors([gradient]),
                        node => Assert.Same(node.Operator, Catalogue.Find(node.Operator.Domain, node.Operator.Name)),
                        throwIfEmpty: true
                    );
                    var direction = program.Bind(program.Builder.Parameter(gradient.Type), program.RandomLike(gradient));
                    var part = ReduceSum.All(program.Builder, Mul.Of(program.Builder, gradient, direction));
                    scalar = scalar is null ? part : Add.Of(program.Builder, scalar, part);
                }
        }
    }

    [Theory, MemberData(nameof(SampleTable.Refused), MemberType = typeof(SampleTable))]
    public void An_unsupported_derivative_is_refused_with_a_sentence(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var exception = Assert.Throws<UnsupportedModelException>(() =>
            program.Builder.Linearize(program.Active, program.Differentiable).Transpose(program.Builder, program.Differentiable)
        );
        Assert.All(exception.Nodes, node => Assert.EndsWith(".", node.Reason, StringComparison.Ordinal), throwIfEmpty: true);
    }

    /// <summary>Σ c y² over the floating-point outputs, with random weights c.</summary>
    private static Value Loss(SampleProgram program)
    {
        var b = program.Builder;
        return program.Differentiable.Select(Part).Aggregate((sum, part) => Add.Of(b, sum, part));

        Value Part(Value output)
        {
            var weights = program.Bind(b.Parameter(output.Type), program.RandomLike(output));
            return ReduceSum.All(b, Mul.Of(b, weights, Mul.Of(b, output, output)));
        }
    }

    private static Tensor[] BindTangents(SampleProgram program, LinearProgram linear)
    {
        var tangents = program.Active.Select(program.RandomLike).ToArray();
        for (var index = 0; index < tangents.Length; index++)
            program.Bind(linear.Inputs[index], tangents[index]);
        return tangents;
    }
}
