using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>
/// Plans a problem and runs the program in double, by the managed interpreter: by the cheapest way, and by all that are proven.
/// </summary>
internal sealed class ManagedRun(Problem problem, ProblemFiles files, Comparison comparison)
{
    private const string Way = "managed";
    private int _ways;

    /// <summary>Some quantities, as the planner chooses.</summary>
    public IEnumerable<Outcome> Run(ImmutableArray<Quantity> quantities) => Run(quantities, Cheapest, Way);

    private Candidate Cheapest(IReadOnlyList<Candidate> candidates)
    {
        _ways = Math.Max(_ways, Open(candidates));
        return candidates[0];
    }

    private static int Open(IReadOnlyList<Candidate> candidates) => candidates.Count(candidate => candidate.Obstacle is null);

    /// <summary>A diagonal by the ways that the planner did not choose, at most so many of them.</summary>
    public IEnumerable<Outcome> OtherWays(Quantity quantity, int most)
    {
        _ways = 1;
        ProblemChecker.Guarded(Way, [quantity], Run);
        for (var way = 1; way < Math.Min(most, _ways); way++)
        {
            var (chosen, name) = (way, Way);
            Candidate Choose(IReadOnlyList<Candidate> candidates)
            {
                // Of several targets one may have fewer ways than another.
                var candidate = candidates[Math.Min(chosen, Math.Max(0, Open(candidates) - 1))];
                name = $"{Way} by {candidate.Method.Name()}";
                return candidate;
            }
            var outcomes = ProblemChecker.Guarded(Way, [quantity], quantities => Run(quantities, Choose, Way));
            foreach (var outcome in outcomes)
                yield return outcome with
                {
                    Way = name,
                    Quantity = quantity,
                };
        }
    }

    private ImmutableArray<Outcome> Run(ImmutableArray<Quantity> quantities, Func<IReadOnlyList<Candidate>, Candidate> choice, string way)
    {
        var sizes = ImmutableDictionary<string, long>.Empty;
        if (problem.Graph.Inputs.Any(input => input.IsSymbolic))
            sizes = sizes.Add("N", problem.Graph.Samples);
        var request = RequestOf(problem, quantities);
        var source = new ModelSource(files.Model, request)
        {
            Dimensions = problem.PlansForAnySize ? ImmutableDictionary<string, long>.Empty : sizes,
        };
        var model = source.Load();
        var limits = new PlanLimits
        {
            Dimensions = sizes,
            MemoryBytes = problem.ChunkBytes ?? 1L << 30,
            Factorized = ElementType.Float32,
            MasksProducts = problem.MasksProducts,
        };
        var plan = new Planner(model.Graph, request, limits) { Choice = choice }.Plan();
        var data = files.DataFor(quantities);
        var outputs = Interpreter.Run(
            plan.Program,
            plan.Program.Parameters.ToDictionary(parameter => parameter, parameter => Tensor(data[parameter.Name!], parameter))
        );
        return comparison.Of(
            way,
            quantities,
            isDouble: true,
            name =>
            {
                var at = plan.Program.Outputs.ToList().FindIndex(output => output.Name == name);
                return (outputs[at].Shape, outputs[at].Floats);
            }
        );
    }

    /// <summary>The request to the compiler.</summary>
    public static CurvatureRequest RequestOf(Problem problem, ImmutableArray<Quantity> quantities) =>
        new()
        {
            WithRespectTo =
                problem.Other is null || quantities.Contains(Quantity.CrossHessian) ? problem.TargetNames : [problem.TargetName],
            Loss = new LossRequest(problem.Loss, problem.OfPart?.Text) { Classes = problem.Rules?.Options ?? new ClassOptions() },
            Reduction = problem.Reduction,
            Precision = problem.Precision,
            StraightThrough = problem.Graph.IsQuantized,
            SampleAxes = problem.SampleAxes,
            Quantities = quantities,
        };

    /// <summary>Data for a parameter; labels may lack its trailing axes of one.</summary>
    private static Tensor Tensor(NpyArray array, Value parameter)
    {
        long[] shape = [.. array.Shape, .. Enumerable.Repeat(1L, Math.Max(0, parameter.Type.Rank - array.Shape.Length))];
        return parameter.Type.Element == ElementType.Int64
            ? Ir.Tensor.Of(ElementType.Int64, shape, array.ToInt64s())
            : Ir.Tensor.Of(parameter.Type.Element, shape, array.ToDoubles());
    }
}
