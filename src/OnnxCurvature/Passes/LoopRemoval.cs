using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Passes;

/// <summary>A program without the loops over directions, which its caller makes up for by several runs.</summary>
/// <param name="Program">The program. Where more than one run is needed, its last parameter is the number of the run, a 64-bit
/// scalar.</param>
/// <param name="Runs">The number of runs.</param>
/// <param name="Summed">The names of the outputs whose values are to be added up over the runs; all others are the same in every
/// run.</param>
internal sealed record LoopFreeProgram(Program Program, long Runs, ImmutableArray<string> Summed);

/// <summary>The sums over directions in a program, which may be added up over several runs that each make some of the iterations.</summary>
/// <param name="Loops">The loops that add up.</param>
/// <param name="Summed">The names of the outputs that are linear in the sums; all others are the same in every run.</param>
/// <param name="HasConstant">Whether an output may hold something besides the sums, which every run gives, too.</param>
internal sealed record DirectionSums(ImmutableArray<Node> Loops, ImmutableArray<string> Summed, bool HasConstant);

/// <summary>
/// Takes the loops that were added to a model out of a program. A loop that sums over chunks of directions becomes one of its iterations,
/// that of the run's number, so that results are sums over runs. That is right only where a result is linear in the sums, without a
/// constant, and each node on the way is checked for it: what is added on the way is added in the first run only. Loops that come after
/// such sums are unrolled.
/// </summary>
internal sealed class LoopRemoval
{
    /// <summary>Loops of more iterations are not unrolled.</summary>
    private const int MostUnrolled = 64;

    private readonly GraphBuilder _builder;
    private readonly Dictionary<Value, Value> _map = [];
    private readonly HashSet<Value> _summed = [];
    private readonly Value _run;
    private readonly long _runs;
    private bool _hasConstant;

    private LoopRemoval(Program program, IReadOnlyCollection<Node> summing, string name)
    {
        _builder = program.Nodes[^1].Scope;
        _runs = summing.Max(loop => Loop.FixedIterations(loop)!.Value);
        _run =
            _runs == 1
                ? _builder.Scalar(ElementType.Int64, 0)
                : _builder.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar), name);
        var rebuilt = new HashSet<Value>();
        foreach (var node in program.Nodes)
        {
            if (!summing.Contains(node) && !GraphWalk.Dependencies(node).Any(rebuilt.Contains))
                continue;
            using var origin = _builder.For(node.Origin);
            if (summing.Contains(node))
                Sum(node);
            else if (IsAdded(node) && Loop.FixedIterations(node) is { } iterations)
                Unroll(node, iterations);
            else
                Copy(node);
            rebuilt.UnionWith(node.Outputs);
        }
    }

    /// <summary>
    /// The program without loops that were added. Throws <see cref="UserErrorException"/> where it cannot be done.
    /// </summary>
    /// <param name="program">A program of a plan.</param>
    /// <param name="name">The name of the parameter that takes the number of the run.</param>
    public static LoopFreeProgram Run(Program program, string name)
    {
        var summing = Summing(program, []);
        if (summing.Count == 0)
            return new LoopFreeProgram(program, 1, []);
        var pass = new LoopRemoval(program, summing, name);
        var outputs = program.Outputs.Select(output => new NamedValue(output.Name, pass.Mapped(output.Value))).ToArray();
        ImmutableArray<string> summed = [.. outputs.Where(output => pass._summed.Contains(output.Value)).Select(output => output.Name)];
        var parameters = pass._runs == 1 ? program.Parameters : program.Parameters.Add(pass._run);
        return new LoopFreeProgram(
            Pipeline.Simplification.Run(Program.Create(parameters, outputs)),
            pass._runs,
            pass._runs == 1 ? [] : summed
        );
    }

    /// <summary>
    /// The sums over directions of a program; null where it has none in which the results are linear. Directions may themselves be made
    /// of sums over others, in which results are not linear: these loops make all of their iterations. The program stays as it is.
    /// </summary>
    public static DirectionSums? SumsOf(Program program)
    {
        var whole = new HashSet<Node>();
        while (Summing(program, whole) is { Count: > 0 } summing)
        {
            if (SumsOf(program, summing) is { } sums)
                return sums;
            whole.UnionWith(summing);
        }
        return null;
    }

    private static DirectionSums? SumsOf(Program program, HashSet<Node> summing)
    {
        try
        {
            var pass = new LoopRemoval(program, summing, "direction_segment");
            var summed = program.Outputs.Where(output => pass._summed.Contains(pass.Mapped(output.Value))).Select(output => output.Name);
            return new DirectionSums([.. summing], [.. summed], pass._hasConstant);
        }
        catch (UserErrorException)
        {
            return null;
        }
    }

    /// <summary>The loops that were added and that come after no other but those that make all of their iterations.</summary>
    private static HashSet<Node> Summing(Program program, HashSet<Node> whole)
    {
        var after = new HashSet<Value>();
        var summing = new HashSet<Node>();
        foreach (var node in program.Nodes)
            if (GraphWalk.Dependencies(node).Any(after.Contains))
                after.UnionWith(node.Outputs);
            else if (!whole.Contains(node) && IsAdded(node) && Loop.FixedIterations(node) is not null)
            {
                summing.Add(node);
                after.UnionWith(node.Outputs);
            }
        return summing;
    }

    /// <summary>The loops of a model have outputs with names, as all of its nodes have.</summary>
    private static bool IsAdded(Node node) => node.Outputs.All(output => output.Name is null);

    /// <summary>
    /// One iteration of a loop: its sums become the terms of that iteration, and what it collects is put where it belongs among zeros.
    /// </summary>
    private void Sum(Node loop)
    {
        var (b, iterations) = (_builder, Loop.FixedIterations(loop)!.Value);
        var body = loop.Attributes.Program("body")!;
        var states = Math.Max(0, loop.Inputs.Length - 2);
        var last = b.Scalar(ElementType.Int64, iterations - 1);
        var iteration = iterations < _runs ? Min.Of(b, _run, last) : _run;
        var parameters = new Dictionary<Value, Value> { [body.Parameters[0]] = iteration };
        for (var index = 0; index < states; index++)
            if (!IsZero(Mapped(loop.Inputs[2 + index]!)) || TermOf(body, index) is null)
                throw CannotBe(loop, "it does more than to add up");
        Inline(
            body,
            parameters,
            Enumerable
                .Range(0, states)
                .Select(index => TermOf(body, index)!)
                .Concat(body.Outputs.Skip(1 + states).Select(output => output.Value))
        );
        for (var index = 0; index < loop.Outputs.Length; index++)
        {
            var value = Mapped(index < states ? TermOf(body, index)! : body.Outputs[1 + index].Value);
            if (index >= states)
                value = Placed(value, iteration, iterations);
            if (iterations < _runs)
                value = Mul.Of(b, value, Cast.Of(b, LessOrEqual.Of(b, _run, last), value.Type.Element));
            _map[loop.Outputs[index]] = value;
            _summed.Add(value);
        }
    }

    /// <summary>The value as the only entry at an iteration's place along a new first axis, the others being zero.</summary>
    private Value Placed(Value value, Value iteration, long iterations)
    {
        if (iterations == 1)
            return Reshape.InsertAxis(_builder, value, 0);
        var shape = TensorShape.Of([iterations, .. Enumerable.Repeat(1L, value.Type.Rank)]);
        return Mul.Of(
            _builder,
            Reshape.To(_builder, OneHotRows.Of(_builder, iteration, iterations, value.Type.Element), shape),
            Reshape.InsertAxis(_builder, value, 0)
        );
    }

    /// <summary>The term that a body adds to a state of which it makes no other use; null where it does anything else.</summary>
    private static Value? TermOf(Program body, int state)
    {
        var parameter = body.Parameters[2 + state];
        var next = body.Outputs[1 + state].Value;
        var uses = body
            .Nodes.SelectMany(GraphWalk.Dependencies)
            .Concat(body.Outputs.Select(output => output.Value))
            .Count(value => value == parameter);
        return
            uses == 1
            && next.Producer is { } sum
            && sum.Rules().IsSum(sum)
            && sum.Inputs.IndexOf(parameter) is >= 0 and var at
            && sum.Inputs[1 - at] is { } term
            && term.Type == parameter.Type
            ? term
            : null;
    }

    /// <summary>All iterations of a loop, one after another.</summary>
    private void Unroll(Node loop, long iterations)
    {
        if (iterations > MostUnrolled)
            throw CannotBe(loop, $"a loop of {iterations} iterations is too long to be written out");
        var body = loop.Attributes.Program("body")!;
        var states = loop.Inputs.Skip(2).Select(input => Mapped(input!)).ToArray();
        var yields = body.Outputs.Skip(1 + states.Length).Select(_ => new List<Value>()).ToArray();
        for (long iteration = 0; iteration < iterations; iteration++)
        {
            var parameters = new Dictionary<Value, Value> { [body.Parameters[0]] = _builder.Scalar(ElementType.Int64, iteration) };
            for (var index = 0; index < states.Length; index++)
                parameters[body.Parameters[2 + index]] = states[index];
            Inline(body, parameters, body.Outputs.Skip(1).Select(output => output.Value));
            for (var index = 0; index < states.Length; index++)
                states[index] = Mapped(body.Outputs[1 + index].Value);
            for (var index = 0; index < yields.Length; index++)
                yields[index].Add(Reshape.InsertAxis(_builder, Mapped(body.Outputs[1 + states.Length + index].Value), 0));
        }
        for (var index = 0; index < loop.Outputs.Length; index++)
            if (index < states.Length)
                _map[loop.Outputs[index]] = states[index];
            else
                _map[loop.Outputs[index]] = Joined(loop, yields[index - states.Length]);
    }

    private Value Joined(Node loop, List<Value> parts)
    {
        var summed = parts.Any(_summed.Contains);
        foreach (var part in parts)
            if (summed && !_summed.Contains(part))
                throw CannotBe(loop, "only some of its iterations depend on the sums over directions");
        var joined = Concat.Of(_builder, parts, 0);
        if (summed)
            _summed.Add(joined);
        return joined;
    }

    private void Inline(Program body, Dictionary<Value, Value> parameters, IEnumerable<Value> outputs)
    {
        foreach (var (parameter, value) in parameters)
            _map[parameter] = value;
        // The shapes of what is computed in a body may follow from what is around it, so all nodes are copied in order.
        var needed = GraphWalk.Ancestors(outputs, scope: body.Nodes.IsEmpty ? null : body.Nodes[0].Scope).ToHashSet();
        foreach (var node in body.Nodes)
            if (needed.Contains(node))
                Copy(node);
    }

    private void Copy(Node node)
    {
        if (node.Bodies.Any())
            throw CannotBe(node, "it is inside of or after the sums");
        ImmutableArray<Value?> inputs = [.. node.Inputs.Select(input => input is null ? null : Mapped(input))];
        var summed = inputs.Any(input => input is not null && _summed.Contains(input));
        if (summed)
            inputs = Linear(node, inputs);
        using var origin = _builder.For(node.Origin ?? _builder.Origin);
        var copy = NodeCopies.AppendTo(_builder, node, inputs, node.Attributes, _map);
        if (summed)
            _summed.UnionWith(copy.Outputs);
    }

    /// <summary>The inputs with which a node is linear in the sums, and zero where they are. Throws where it is neither.</summary>
    private ImmutableArray<Value?> Linear(Node node, ImmutableArray<Value?> inputs)
    {
        ImmutableArray<bool> active = [.. inputs.Select(input => input is not null && _summed.Contains(input))];
        var rules = node.Rules();
        if (rules.CurvatureIn(node, active) != Curvature.Linear)
            throw CannotBe(node, "it is not linear in the sums over directions");
        if (rules.IsHomogeneous(node, active))
            return inputs;
        // Terms that are added to the sums are added once.
        return rules.CurvatureIn(node, [.. inputs.Select(IsFloat)]) == Curvature.Linear
            ? [.. inputs.Select((input, index) => active[index] || !IsFloat(input) ? input : InFirstRunOnly(input!))]
            : throw CannotBe(node, "what it adds to the sums over directions is not known");

        static bool IsFloat(Value? value) => value?.Type.Element.IsFloat() == true;
    }

    private Value InFirstRunOnly(Value value)
    {
        _hasConstant = true;
        var isFirst = Equal.Of(_builder, _run, _builder.Scalar(ElementType.Int64, 0));
        return Mul.Of(_builder, value, Cast.Of(_builder, isFirst, value.Type.Element));
    }

    private static bool IsZero(Value value)
    {
        while (value.Producer is { } node && node.Rules().RepeatsElements)
            value = node.Inputs[0]!;
        return value.Constant is InlineConstant constant
            && constant.Read() is var tensor
            && (tensor.Element.IsFloat() ? tensor.Floats.All(entry => entry == 0) : tensor.Integers.All(entry => entry == 0));
    }

    private Value Mapped(Value value) => _map.GetValueOrDefault(value, value);

    private static UserErrorException CannotBe(Node node, string reason) =>
        new(
            $"{(node.Origin is { } origin ? $"{node.Operator.Name} (of {origin})" : node.ToString())} cannot be spread over several "
                + $"runs, because {reason}; give --profile single-run."
        );
}
