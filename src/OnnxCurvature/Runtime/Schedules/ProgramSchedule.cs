using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.ControlFlow;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>
/// A program cut at its direction loops into steps that are run one after another: straight programs, and loops whose body is
/// run once for each chunk from outside. Driven that way a body's weights are constants of a model of its own, which the runtime can lay
/// out for its kernels, and there is progress to show between chunks.
/// </summary>
internal sealed class ProgramSchedule
{
    // Programs do not change, and a plan asks for the schedule of one for its memory, its time, its pool and its chunks.
    private static readonly ConditionalWeakTable<Program, ProgramSchedule> Known = [];

    private ProgramSchedule(ImmutableArray<ScheduleStep> steps) => Steps = steps;

    /// <summary>The steps, in order.</summary>
    public ImmutableArray<ScheduleStep> Steps { get; }

    /// <summary>Cuts a program. Loops whose number of iterations is known from the data only stay within straight programs.</summary>
    public static ProgramSchedule Of(Program program) => Known.GetValue(program, Cut);

    private static ProgramSchedule Cut(Program program)
    {
        var loops = program.Nodes.Where(node => Loop.FixedIterations(node) is not null).ToArray();
        if (loops.Length == 0)
            return new ProgramSchedule(InOneStep(program));
        // The level of a value is the number of loops that must have run before it can be computed.
        var level = new Dictionary<Value, int>();
        foreach (var node in program.Nodes)
        {
            var own = GraphWalk.Dependencies(node).Select(value => level.GetValueOrDefault(value)).DefaultIfEmpty(0).Max();
            foreach (var output in node.Outputs)
                level[output] = loops.Contains(node) ? own + 1 : own;
        }
        // A value that follows from weights alone is part of every step that takes it: there the runtime folds it into constants, which it
        // can lay out for its kernels. The initial states of loops are passed as they are, and so is what loops give, also where no
        // parameter decides it.
        var passed = DependentOn(program.Parameters, program)
            .Concat(DependentOn(loops.SelectMany(loop => loop.Outputs), program))
            .Concat(loops.SelectMany(Initial))
            .ToHashSet();
        var given = program.Outputs.Select(output => output.Value).ToHashSet();
        var steps = ImmutableArray.CreateBuilder<ScheduleStep>();
        var depth = level.Values.DefaultIfEmpty(0).Max();
        for (var at = 0; at <= depth; at++)
        {
            var now = at;
            var nodes = program.Nodes.Where(node => !loops.Contains(node) && level[node.Output] == now).ToArray();
            var due = loops.Where(loop => level[loop.Output] == now + 1).ToArray();
            var computed = nodes.SelectMany(node => node.Outputs).ToHashSet();
            var later = program
                .Nodes.Where(node => level[node.Output] > now)
                .SelectMany(GraphWalk.Dependencies)
                .Where(value => computed.Contains(value) && passed.Contains(value))
                .ToHashSet();
            var outputs = nodes.SelectMany(node => node.Outputs).Where(value => later.Contains(value) || given.Contains(value)).ToArray();
            if (outputs.Length > 0)
            {
                var needed = nodes
                    .SelectMany(GraphWalk.Dependencies)
                    .Where(value => passed.Contains(value) && value.Constant is null && !computed.Contains(value))
                    .Distinct();
                steps.Add(
                    new StraightStep(Program.Create(needed, outputs.Select((value, index) => new NamedValue($"value_{index}", value))))
                );
            }
            steps.AddRange(due.Select(loop => StepOf(loop, passed)));
        }
        return new ProgramSchedule(steps.ToImmutable());
    }

    /// <summary>All nodes, and what they take and give. A program without loops may have tens of thousands of them.</summary>
    private static ImmutableArray<ScheduleStep> InOneStep(Program program)
    {
        var (parameters, given) = (program.Parameters.ToHashSet(), program.Outputs.Select(output => output.Value).ToHashSet());
        var outputs = program.Nodes.SelectMany(node => node.Outputs).Where(given.Contains);
        var needed = program.Nodes.SelectMany(GraphWalk.Dependencies).Where(parameters.Contains).Distinct();
        return program.Nodes.IsEmpty
            ? []
            : [new StraightStep(Program.Create(needed, outputs.Select((value, index) => new NamedValue($"value_{index}", value))))];
    }

    private static IEnumerable<Value> DependentOn(IEnumerable<Value> values, Program program)
    {
        var sources = values.ToHashSet();
        return GraphWalk.Between(sources, program.Outputs.Select(output => output.Value)).SelectMany(node => node.Outputs).Concat(sources);
    }

    private static LoopStep StepOf(Node node, HashSet<Value> passed)
    {
        var body = node.Attributes.Program("body")!;
        var captured = GraphWalk.Captures(body).Where(value => passed.Contains(value) && value.Constant is null).ToImmutableArray();
        // The condition goes in and out unchanged, so it is left out.
        var driven = Program.Create([body.Parameters[0], .. body.Parameters.Skip(2), .. captured], body.Outputs.Skip(1));
        return new LoopStep(node, driven, Loop.FixedIterations(node)!.Value, [.. Initial(node)], captured);
    }

    private static IEnumerable<Value> Initial(Node loop) => loop.Inputs.Skip(2).Take(Loop.States(loop.Attributes)).OfType<Value>();
}

/// <summary>A step of a schedule.</summary>
internal abstract record ScheduleStep(Program Program);

/// <summary>A program that is run once. Its parameters and outputs are values of the whole program.</summary>
internal sealed record StraightStep(Program Program) : ScheduleStep(Program);

/// <summary>A body that is run for each chunk.</summary>
/// <param name="Node">The loop.</param>
/// <param name="Program">The body: the chunk's number, the states and the captured values in; the new states and what is collected
/// out.</param>
/// <param name="Iterations">The number of chunks.</param>
/// <param name="Initial">The initial states.</param>
/// <param name="Captured">The values that the body takes from around it.</param>
internal sealed record LoopStep(Node Node, Program Program, long Iterations, ImmutableArray<Value> Initial, ImmutableArray<Value> Captured)
    : ScheduleStep(Program)
{
    /// <summary>The number of states.</summary>
    public int States => Initial.Length;
}
