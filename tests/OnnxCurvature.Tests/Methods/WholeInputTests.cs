using System.Collections.Immutable;
using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// Derivatives by inputs whose first axis holds no samples are those of the whole input, and by inputs that split into samples come in
/// blocks.
/// </summary>
public sealed class WholeInputTests
{
    private const double Step = 3e-4;

    public static TheoryData<string> Whole => ["state", "atoms", "column", "frames"];

    [Theory]
    [MemberData(nameof(Whole))]
    public void A_Hessian_by_an_input_that_does_not_split_is_that_of_the_whole_input(string name)
    {
        var problem = Create(name);
        var (plan, outputs, data) = Run(problem, problem.Graph(), [Quantity.Hessian, Quantity.Laplacian, Quantity.Jacobian]);
        var shape = problem.Inputs[0].Type.Shape;
        var hessian = Hessian(plan.Loss.Loss, problem.Inputs[0], data);
        Assert.Equal(shape.Concat(shape).Sizes, outputs["x0.hessian"].Shape);
        Near(Vector<double>.Build.DenseOfArray(hessian.ToRowMajorArray()), outputs["x0.hessian"], 2e-5);
        Near(Vector<double>.Build.Dense(1, hessian.Trace()), outputs["x0.laplacian"], 2e-5);
        Assert.Equal(problem.Output!.Type.Shape.Concat(shape).Sizes, outputs["x0.jacobian"].Shape);
        Near(Jacobian(problem.Output!, problem.Inputs[0], data), outputs["x0.jacobian"], 1e-7);
    }

    [Fact]
    public void An_input_that_is_declared_to_hold_no_samples_is_taken_whole_though_it_splits()
    {
        var problem = Create("separate");
        var blocks = Run(problem, problem.Graph(), [Quantity.Hessian]).Outputs["x0.hessian"];
        Assert.Equal([4, 2, 2], blocks.Shape);
        problem = Create("separate");
        var graph = problem.Graph() with { SampleAxes = ImmutableDictionary<Value, int?>.Empty.Add(problem.Inputs[0], null) };
        var (plan, outputs, data) = Run(problem, graph, [Quantity.Hessian]);
        var hessian = Hessian(plan.Loss.Loss, problem.Inputs[0], data);
        Assert.Equal([4, 2, 4, 2], outputs["x0.hessian"].Shape);
        Near(Vector<double>.Build.DenseOfArray(hessian.ToRowMajorArray()), outputs["x0.hessian"], 2e-5);
        for (var n = 0; n < 4; n++)
            Near(
                Vector<double>.Build.DenseOfArray(hessian.SubMatrix(2 * n, 2, 2 * n, 2).ToRowMajorArray()),
                Tensor.Of([4], blocks.Floats[(4 * n)..(4 * n + 4)]),
                2e-5
            );
    }

    [Fact]
    public void An_input_of_another_length_that_all_samples_share_does_not_couple_them()
    {
        var problem = new Problem("shared", 3, false) { Loss = LossKind.Mse };
        var x = problem.Input(4, 2);
        var steps = problem.Builder.Parameter(new TensorType(ElementType.Float64, [4, 1]), "steps");
        problem.Output = problem.Apply<MatMul>(problem.Apply<Tanh>(problem.Apply<Add>(x, steps)), problem.Weight("w", 0.7, 2, 5));
        var graph = problem.Graph();
        var found = InputSamples.Found(graph with { Inputs = graph.Inputs.Add(steps) });
        Assert.Equal([KeyValuePair.Create(steps, (int?)null)], found.SampleAxes);
        var plan = new Planner(
            found,
            new CurvatureRequest
            {
                WithRespectTo = ["w"],
                Loss = new LossRequest(LossKind.Mse),
                Quantities = [Quantity.GgnDiagonal],
            },
            new PlanLimits()
        ).Plan();
        Assert.Equal("forward products", plan.Methods[0].Method);
        Assert.Equal(SampleLayout.None, plan.InputLayouts["steps"]);
        Assert.Equal(SampleLayout.At(0), plan.InputLayouts["target"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Positions_are_not_taken_for_samples_where_statistics_of_the_batch_couple_these(bool twice)
    {
        var problem = new Problem("positions", 3, false) { Loss = LossKind.Mse };
        var x = problem.Input(4, 2);
        if (twice)
            x = problem.Apply<Concat>(Attributes.Empty.With("axis", 0L), x, problem.Apply<Tanh>(x));
        var h = problem.Apply<MatMul>(x, problem.Weight("w", 0.7, 2, 2));
        problem.Output = problem.Apply<Sub>(h, problem.Apply<ReduceMean>(Attributes.Empty.With("axes", [0]), problem.Apply<Mul>(h, h)));
        var found = InputSamples.Found(problem.Graph());
        Assert.Empty(found.SampleAxes);
        var request = new CurvatureRequest
        {
            WithRespectTo = ["w"],
            Loss = new LossRequest(LossKind.Mse),
            Quantities = [Quantity.PerSampleGradient],
        };
        var plan = new Planner(found, request, new PlanLimits()).Plan();
        Assert.Equal(TensorShape.Of(3, 2, 2), plan.Program.Outputs[0].Value.Type.Shape);
    }

    [Fact]
    public void A_plan_says_where_samples_lie_in_what_it_takes_and_gives()
    {
        var problem = LayoutProblem.Create("rows merged", LossKind.CrossEntropy, 3, 2, 4, symbolic: true);
        var request = new CurvatureRequest
        {
            WithRespectTo = ["w", "x0"],
            Loss = new LossRequest(LossKind.CrossEntropy),
            Quantities = [Quantity.Gradient, Quantity.PerSampleGradient, Quantity.Jvp, Quantity.Vjp, Quantity.Jacobian, Quantity.Hessian],
        };
        var plan = new Planner(problem.Graph(), request, new PlanLimits()).Plan();
        var (inputs, results) = (plan.InputLayouts, plan.ResultLayouts);
        var rows = SampleLayout.Within(0, 1, Dim.Symbol("N"), 2);
        Assert.Equal((SampleLayout.At(0), rows), (inputs["x0"], inputs["labels"]));
        Assert.Equal((SampleLayout.None, SampleLayout.At(0)), (inputs["w.direction"], inputs["x0.direction"]));
        Assert.Equal((rows, rows), (inputs["w.cotangent"], results["w.jvp"]));
        Assert.Equal((SampleLayout.None, SampleLayout.At(0)), (results["w.gradient"], results["x0.gradient"]));
        Assert.Equal((SampleLayout.At(0), SampleLayout.At(0)), (results["w.per_sample_gradient"], results["x0.per_sample_gradient"]));
        Assert.Equal((rows, SampleLayout.At(0)), (results["w.jacobian"], results["x0.jacobian"]));
        Assert.Equal((SampleLayout.None, SampleLayout.At(0)), (results["w.hessian"], results["x0.hessian"]));
    }

    private static Problem Create(string name)
    {
        Problem p;
        switch (name)
        {
            case "state":
                p = new Problem(name, 4, false) { Loss = LossKind.Value };
                p.Output = p.Apply<MatMul>(p.Apply<Tanh>(p.Apply<MatMul>(p.Input(), p.Weight("w", 0.5, 4, 5))), p.Weight("v", 1, 5));
                return p;
            case "atoms":
                p = new Problem(name, 5, false) { Loss = LossKind.Value };
                var atoms = p.Input(3);
                var differences = p.Apply<Sub>(Reshape.InsertAxis(p.Builder, atoms, 1), Reshape.InsertAxis(p.Builder, atoms, 0));
                var squares = p.Apply<ReduceSum>(
                    Attributes.Empty.With("axes", [2]).With("keepdims", 0L),
                    p.Apply<Mul>(differences, differences)
                );
                p.Output = ReduceSum.All(p.Builder, p.Apply<Exp>(p.Apply<Mul>(squares, p.Builder.Scalar(ElementType.Float64, -0.25))));
                return p;
            case "column":
                p = new Problem(name, 6, false) { Loss = LossKind.Sum };
                var rows = p.Apply<Tanh>(
                    p.Apply<MatMul>(Reshape.To(p.Builder, p.Input(1), TensorShape.Of(1, 2, 3)), p.Weight("w", 0.7, 3, 4))
                );
                p.Output = p.Apply<ReduceSum>(Attributes.Empty.With("axes", [1, 2]).With("keepdims", 0L), rows);
                return p;
            case "frames":
                // Each frame belongs to one sequence, whose steps are added up before something curved.
                p = new Problem(name, 3, false) { Loss = LossKind.Sum };
                p.Output = p.Apply<Tanh>(p.Apply<CumSum>(p.Input(2), p.Builder.Scalar(ElementType.Int64, 0)));
                return p;
            case "separate":
                p = new Problem(name, 4, false) { Loss = LossKind.Sum };
                p.Output = p.Apply<Tanh>(p.Apply<MatMul>(p.Input(2), p.Weight("w", 0.9, 2, 3)));
                return p;
            default:
                throw new ArgumentException($"no problem is called {name}.", nameof(name));
        }
    }

    private static (CurvaturePlan Plan, Dictionary<string, Tensor> Outputs, Dictionary<Value, Tensor> Data) Run(
        Problem problem,
        ModelGraph graph,
        ImmutableArray<Quantity> quantities
    )
    {
        var request = new CurvatureRequest
        {
            WithRespectTo = ["x0"],
            Loss = new LossRequest(problem.Loss),
            Quantities = quantities,
        };
        var plan = new Planner(graph, request, new PlanLimits()).Plan();
        var data = problem.Data(plan.Loss.Target);
        var results = Interpreter.Run(plan.Program, data);
        return (plan, plan.Program.Outputs.Zip(results).ToDictionary(pair => pair.First.Name, pair => pair.Second), data);
    }

    private static Matrix<double> Hessian(Value loss, Value x, Dictionary<Value, Tensor> data)
    {
        var count = data[x].Count;
        double L(params (int Entry, double By)[] moves) => At(loss, x, data, moves)[0];
        return Matrix<double>.Build.Dense(
            count,
            count,
            (i, j) =>
                (L((i, Step), (j, Step)) - L((i, Step), (j, -Step)) - L((i, -Step), (j, Step)) + L((i, -Step), (j, -Step)))
                / (4 * Step * Step)
        );
    }

    private static Vector<double> Jacobian(Value z, Value x, Dictionary<Value, Tensor> data)
    {
        var columns = Matrix<double>.Build.DenseOfColumnVectors(
            Enumerable
                .Range(0, data[x].Count)
                .Select(entry =>
                    (
                        8 * (At(z, x, data, (entry, Step)) - At(z, x, data, (entry, -Step)))
                        - At(z, x, data, (entry, 2 * Step))
                        + At(z, x, data, (entry, -2 * Step))
                    ) / (12 * Step)
                )
        );
        return Vector<double>.Build.DenseOfArray(columns.ToRowMajorArray());
    }

    private static Vector<double> At(Value value, Value x, Dictionary<Value, Tensor> data, params (int Entry, double By)[] moves)
    {
        var moved = data[x].Floats.ToArray();
        foreach (var (entry, by) in moves)
            moved[entry] += by;
        var values = new Dictionary<Value, Tensor>(data) { [x] = Tensor.Of(ElementType.Float64, data[x].Shape.AsSpan(), moved) };
        Interpreter.Run(GraphWalk.Ancestors([value]), values);
        return Vector<double>.Build.DenseOfArray(values[value].Floats);
    }

    private static void Near(Vector<double> expected, Tensor computed, double tolerance)
    {
        Assert.Equal(expected.Count, computed.Count);
        var error = (expected - Vector<double>.Build.DenseOfArray(computed.Floats)).L2Norm();
        Assert.True(error <= tolerance * expected.L2Norm(), $"{error} of {expected.L2Norm()}");
    }
}
