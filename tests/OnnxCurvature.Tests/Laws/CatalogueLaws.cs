using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Evaluation;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>The laws of what an operator says about itself: types, curvature, samples.</summary>
public sealed class CatalogueLaws
{
    /// <summary>The laws that compare with ONNX Runtime leave out these samples, and no others.</summary>
    [Fact]
    public void The_samples_that_ONNX_Runtime_cannot_run_are_as_approved() =>
        Golden.Match(
            "not-in-runtime.txt",
            string.Concat(
                SampleTable
                    .All.Select(row => SampleTable.Get(row.Data))
                    .Where(sample => sample.NotInRuntime is not null)
                    .Select(sample => $"{sample} | {sample.NotInRuntime}\n")
            )
        );

    [Fact]
    public void Every_operator_of_the_catalogue_has_a_sample()
    {
        var sampled = SampleTable.Operators.ToHashSet();
        // Operators with bodies are more than functions of their inputs; they have tests of their own.
        Assert.Empty(
            Catalogue
                .All.Where(op =>
                    op.GetType().Namespace?.EndsWith(".ControlFlow", StringComparison.Ordinal) != true
                    && !sampled.Contains((op.Domain, op.Name))
                )
                .Select(op => op.ToString())
        );
    }

    [Theory, MemberData(nameof(SampleTable.All), MemberType = typeof(SampleTable))]
    public void Inferred_types_equal_evaluated_ones(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var outputs = program.Node.Rules().Evaluate(program.Node, program.Inputs);
        Assert.Equal(program.Node.Outputs.Length, outputs.Length);
        for (var index = 0; index < outputs.Length; index++)
        {
            var inferred = program.Node.Outputs[index].Type;
            Assert.Equal(inferred.Element, outputs[index].Element);
            Assert.Equal(inferred.Rank, outputs[index].Rank);
            for (var axis = 0; axis < inferred.Rank; axis++)
                Assert.True(
                    !inferred.Shape[axis].IsKnown || inferred.Shape[axis] == outputs[index].Shape[axis],
                    $"{inferred} inferred, {outputs[index].Type} evaluated"
                );
        }
    }

    [Theory, MemberData(nameof(SampleTable.Active), MemberType = typeof(SampleTable))]
    public void The_curvature_that_an_operator_claims_is_the_one_it_has(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var subsets = program.Active.Select(input => new[] { input }).Append([.. program.Active]);
        foreach (var subset in subsets)
        {
            ImmutableArray<bool> active = [.. program.Node.Inputs.Select(input => input is not null && subset.Contains(input))];
            var claimed = program.Node.Rules().CurvatureIn(program.Node, active);
            double first = 0,
                second = 0,
                far = 0,
                scale = 0;
            for (var attempt = 0; attempt < 4; attempt++)
            {
                var tangents = program
                    .Active.Select(input =>
                        subset.Contains(input) ? program.RandomLike(input) : Tensor.Filled(ElementType.Float64, input.Type.Shape.Sizes, 0)
                    )
                    .ToArray();
                var here = program.EvaluateNode();
                var (ahead, behind) = (program.At(tangents, 0.04, program.EvaluateNode), program.At(tangents, -0.04, program.EvaluateNode));
                scale = Math.Max(scale, here.SelectMany(tensor => tensor.Floats).Select(Math.Abs).DefaultIfEmpty().Max());
                first = Math.Max(first, Largest(ahead, behind, here, -1, 0));
                second = Math.Max(second, Largest(ahead, behind, here, 1, -2));
                if (claimed == Curvature.Linear)
                    far = Math.Max(
                        far,
                        Largest(program.At(tangents, 9, program.EvaluateNode), program.At(tangents, -9, program.EvaluateNode), here, 1, -2)
                    );
            }
            var about = $"{claimed} claimed in {subset.Length} active inputs; first difference {first:R}, second {second:R}";
            Assert.True(claimed != Curvature.PiecewiseConstant || first == 0, about);
            Assert.True(claimed == Curvature.PiecewiseConstant || first > 0, about);
            Assert.True(claimed == Curvature.Curved ? second > 1e-9 * scale : second <= 1e-12 * scale, about);
            Assert.True(far <= 1e-12 * scale * 10, $"{about}; {far:R} far away");
        }
    }

    [Theory, MemberData(nameof(SampleTable.All), MemberType = typeof(SampleTable))]
    public void Samples_that_an_operator_claims_to_keep_separate_are_separate(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var movable = program
            .Node.Inputs.Select((input, index) => (input, index))
            .Where(entry => entry.input is { IsParameter: true, Type.Rank: > 0 })
            .Select(entry => entry.index)
            .ToArray();
        var choices = movable
            .SelectMany(input =>
                Enumerable.Range(0, program.Node.Inputs[input]!.Type.Rank).Select(axis => ImmutableArray.Create((input, axis)))
            )
            .Append([.. movable.Select(input => (input, 0))]);
        foreach (var choice in choices.Where(choice => choice.Select(entry => Size(entry.input, entry.axis)).Distinct().Count() == 1))
        {
            var size = Size(choice[0].input, choice[0].axis);
            CheckSamples(program, [.. choice.Select(entry => (entry.input, SampleLayout.At(entry.axis)))], size);
            for (var samples = 2; samples < size; samples++)
            for (var outer = 1; outer * samples <= size; outer++)
                if (size % (outer * samples) == 0)
                    CheckSamples(
                        program,
                        [
                            .. choice.Select(entry =>
                                (entry.input, SampleLayout.Within(entry.axis, outer, samples, size / (outer * samples)))
                            ),
                        ],
                        samples
                    );
        }

        long Size(int input, int axis) => program.Node.Inputs[input]!.Type.Shape[axis].Factor;
    }

    private static void CheckSamples(SampleProgram program, ImmutableArray<(int Input, SampleLayout Samples)> choice, long samples)
    {
        var node = program.Node;
        var axes = Enumerable.Repeat(SampleLayout.None, node.Inputs.Length).ToArray();
        foreach (var (input, lie) in choice)
            axes[input] = lie;
        var claimed = choice.All(entry => entry.Samples.IsWhole)
            ? node.Rules().Samples(node, [.. axes])
            : node.Rules().SamplesWithin(node, [.. axes]);
        var here = node.Rules().Evaluate(node, program.Inputs);
        for (var n = 0; n < samples; n++)
        {
            var inputs = program.Inputs.ToArray();
            foreach (var (input, lie) in choice)
                inputs[input] = Moved(inputs[input]!, lie, n);
            var there = node.Rules().Evaluate(node, [.. inputs]);
            for (var output = 0; output < there.Length; output++)
            {
                if (claimed[output].IsCoupled)
                    continue;
                if (claimed[output].IsSeparate)
                    Assert.Equal(
                        there[output].Shape[claimed[output].Axis],
                        claimed[output].Of(there[output].Type.Shape, samples)[claimed[output].Axis].Factor
                    );
                for (var i = 0; i < there[output].Count; i++)
                    Assert.True(
                        there[output].At(i).Equals(here[output].At(i))
                            || (claimed[output].IsSeparate && Sample(there[output], i, claimed[output]) == n),
                        $"with samples at {string.Join(", ", choice)}, sample {n} changes element {i} of output {output}, "
                            + $"{there[output].Type.Shape}, which claims {claimed[output]}"
                    );
            }
        }
    }

    /// <summary>
    /// A tensor with what belongs to sample n changed: numbers a little, and integers, which may be indices, to others of the tensor.
    /// </summary>
    private static Tensor Moved(Tensor tensor, SampleLayout samples, int n)
    {
        if (tensor.Element.HoldsFloats())
            return Tensor.Of(
                tensor.Element,
                tensor.Shape.AsSpan(),
                [.. tensor.Floats.Select((element, i) => Sample(tensor, i, samples) == n ? element + 0.037 * (1 + i % 3) : element)]
            );
        return Tensor.Of(
            tensor.Element,
            tensor.Shape.AsSpan(),
            tensor
                .Integers.Select((element, i) => Sample(tensor, i, samples) == n ? tensor.Integers[(i + 1) % tensor.Count] : element)
                .ToArray()
        );
    }

    /// <summary>The sample to which an element belongs.</summary>
    private static long Sample(Tensor tensor, int position, SampleLayout samples) =>
        position
        / Strided.Strides(tensor.Shape.AsSpan())[samples.Axis]
        % tensor.Shape[samples.Axis]
        / samples.Inner.Factor
        % samples.SamplesOf(tensor.Type.Shape).Factor;

    /// <summary>max |ahead + a behind + b here|.</summary>
    private static double Largest(Tensor[] ahead, Tensor[] behind, Tensor[] here, double a, double b)
    {
        double largest = 0;
        for (var output = 0; output < here.Length; output++)
        for (var i = 0; i < here[output].Count; i++)
            largest = Math.Max(largest, Math.Abs(ahead[output].At(i) + a * behind[output].At(i) + b * here[output].At(i)));
        return largest;
    }
}
