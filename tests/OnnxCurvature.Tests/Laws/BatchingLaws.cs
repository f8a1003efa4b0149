using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>The laws of directions: the results for K directions at once are the results for each.</summary>
public sealed class BatchingLaws
{
    private const int Directions = 3;

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Tangents_along_several_directions_equal_stacked_tangents(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var linear = program.Builder.Linearize(program.Active, program.Differentiable);
        Check(program, linear.Inputs, linear.Outputs, [], Directions);
    }

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Cotangents_of_several_directions_equal_stacked_cotangents(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var (cotangents, transposed) = Transposed(program);
        Check(program, cotangents, transposed, [], Directions);
    }

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Cotangents_of_a_symbolic_number_of_directions_equal_stacked_cotangents(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var (cotangents, transposed) = Transposed(program);
        Check(program, cotangents, transposed, [], Dim.Symbol("K"));
    }

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Tangents_at_a_point_for_each_direction_equal_stacked_tangents_or_are_refused(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var linear = program.Builder.Linearize(program.Active, program.Differentiable);
        CheckOrRefuse(program.Sample, () => Check(program, linear.Inputs, linear.Outputs, program.Active, Directions));
    }

    [Theory, MemberData(nameof(SampleTable.Differentiable), MemberType = typeof(SampleTable))]
    public void Cotangents_at_a_point_for_each_direction_equal_stacked_cotangents_or_are_refused(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        var (cotangents, transposed) = Transposed(program);
        CheckOrRefuse(program.Sample, () => Check(program, cotangents, transposed, program.Active, Directions));
    }

    [Theory, MemberData(nameof(SampleTable.Active), MemberType = typeof(SampleTable))]
    public void Outputs_at_several_points_equal_stacked_outputs_or_are_refused(string sample)
    {
        var program = new SampleProgram(SampleTable.Get(sample));
        CheckOrRefuse(program.Sample, () => Check(program, [], [.. program.Node.Outputs], program.Active, Directions));
        foreach (var (index, input) in program.Active.Index())
            CheckOrRefuse(program.Sample, () => Check(program, [], [.. program.Node.Outputs], [input], Directions), $" by input {index}");
    }

    private static (IReadOnlyList<Value> Cotangents, IReadOnlyList<Value?> Transposed) Transposed(SampleProgram program)
    {
        var linear = program.Builder.Linearize(program.Active, program.Differentiable);
        var cotangents = program.Differentiable.Select(output => program.Builder.Parameter(output.Type)).ToArray();
        return (cotangents, linear.Transpose(program.Builder, cotangents));
    }

    private static void CheckOrRefuse(OperatorSample sample, Action check, string part = "")
    {
        string? refusal = null;
        try
        {
            check();
        }
        catch (Exception exception) when (exception is UnsupportedModelException or UnsupportedOperatorException)
        {
            refusal = exception.Message;
        }
        ApprovedRefusals.Check(part, sample, refusal);
    }

    /// <summary>
    /// Compares the outputs for directions of <paramref name="directionsOf"/>, and of the points <paramref name="points"/> slightly moved,
    /// with the outputs for each direction, stacked.
    /// </summary>
    private static void Check(
        SampleProgram program,
        IReadOnlyList<Value> directionsOf,
        IReadOnlyList<Value?> outputs,
        IReadOnlyList<Value> points,
        Dim size
    )
    {
        var used = outputs.Where(output => output is not null).Select(output => output!).ToArray();
        Assert.NotEmpty(used);
        var directions = directionsOf
            .Concat(points)
            .ToDictionary(value => value, value => Enumerable.Range(0, Directions).Select(_ => Direction(value)).ToArray());
        var parameters = directions.Keys.ToDictionary(
            value => value,
            value => program.Builder.Parameter(value.Type with { Shape = value.Type.Shape.Prepend(size) })
        );
        foreach (var (value, parameter) in parameters)
            program.Bind(parameter, Close.Stack(directions[value]));
        var batched = program.Builder.Batch(used, parameters, size);
        var kept = new Dictionary<Value, Tensor>(program.Values);
        var single = new Tensor[Directions][];
        for (var k = 0; k < Directions; k++)
        {
            foreach (var (value, tensors) in directions)
                program.Bind(value, tensors[k]);
            single[k] = program.Evaluate(used, used);
        }
        foreach (var value in directions.Keys.Where(kept.ContainsKey))
            program.Bind(value, kept[value]);
        var together = program.Evaluate(batched, used);
        for (var index = 0; index < used.Length; index++)
        {
            // Null stands for an output that no direction changes.
            if (batched[index] is not { } result)
            {
                Assert.All(
                    single,
                    values => Close.Check(single[0][index], values[index], 0, $"output {index} of each direction", cancelled: 0)
                );
                continue;
            }
            Assert.Equal(used[index].Type.Shape.Prepend(size), result.Type.Shape);
            Close.Check(
                Close.Stack([.. single.Select(direction => direction[index])]),
                together[index],
                1e-12,
                $"directions of output {index}"
            );
        }

        Tensor Direction(Value value)
        {
            var noise = program.RandomLike(value);
            return points.Contains(value)
                ? Tensor.Of(
                    noise.Shape.AsSpan(),
                    [.. noise.Floats.Select((element, i) => program.Values[value].Floats[i] + 0.02 * element)]
                )
                : noise;
        }
    }
}
