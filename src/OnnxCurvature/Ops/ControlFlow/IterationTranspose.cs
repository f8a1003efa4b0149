using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>
/// The transpose of a loop that is linear in ds, dx and dw: ds' = f_s ds + f_x dx + f_w dw, dy = g_s ds + g_x dx + g_w dw. It is a loop
/// that takes the iterations backwards, cs = f_sᵀ cs' + g_sᵀ cy, cx = f_xᵀ cs' + g_xᵀ cy, and sums up cw over the iterations.
/// </summary>
internal static class IterationTranspose
{
    /// <summary>
    /// The cotangents of the initial states, the sequences and captured values of a loop that is linear in those that are active.
    /// </summary>
    /// <param name="b">The builder of the program around the loop.</param>
    /// <param name="iterations">The loop.</param>
    /// <param name="isActive">Which of the initial states and the sequences are active.</param>
    /// <param name="captured">The active ones of the captured values.</param>
    /// <param name="cy">The cotangents of the states after all iterations and of the stacked rows.</param>
    public static (ImmutableArray<Value?> Given, ImmutableArray<Value> Captured) Of(
        GraphBuilder b,
        Iterations iterations,
        ImmutableArray<bool> isActive,
        IReadOnlyList<Value> captured,
        ImmutableArray<Value?> cy
    )
    {
        var active = captured.Concat(iterations.Parameters.Where((_, index) => isActive[index])).ToHashSet();
        IterationRules.Analyze(iterations.Nodes, IterationRules.Pairs(iterations), iterations.Results, active);
        var states = iterations.States.Select(state => active.Contains(state.Parameter)).ToArray();
        var rows = Enumerable
            .Range(0, iterations.Rows.Length)
            .Where(index => cy[states.Length + index] is not null && active.Contains(iterations.Rows[index].Value))
            .ToArray();
        var linear = iterations with
        {
            States = [.. iterations.States.Where(state => active.Contains(state.Parameter))],
            Inputs = [.. iterations.Inputs.Where(input => active.Contains(input.Parameter))],
            Rows = [.. rows.Select(index => iterations.Rows[index])],
        };
        var primal = iterations with
        {
            States = [.. iterations.States.Where(state => !active.Contains(state.Parameter))],
            Inputs = [.. iterations.Inputs.Where(input => !active.Contains(input.Parameter)).DefaultIfEmpty(iterations.Inputs[0])],
        };
        var separate = LinearIterations.Separate(b, primal, linear, captured);
        Value?[] ofStates = [.. linear.States.Select((_, index) => cy[PositionOf(states, index)])];
        Value[] ofRows = [.. rows.Select(index => cy[states.Length + index]!)];
        var back = Backwards(b, iterations, separate, linear.Inputs.Length, captured, ofStates, ofRows).Build(b);
        var (nextState, nextRow) = (0, linear.States.Length + captured.Count);
        var taken = iterations
            .Parameters.Select(
                (parameter, index) =>
                    !active.Contains(parameter) ? null
                    : index < states.Length ? back[nextState++]
                    : back[nextRow++]
            )
            .ToArray();
        return (
            [.. taken.Select((value, index) => isActive[index] ? value : null)],
            [.. back.Skip(linear.States.Length).Take(captured.Count)]
        );
    }

    /// <summary>
    /// The loop that takes a linear one backwards: it carries the cotangents of its states, sums up those of captured values, and stacks
    /// those of the sequences.
    /// </summary>
    /// <param name="b">The builder of the program around the loop.</param>
    /// <param name="iterations">The whole loop.</param>
    /// <param name="separate">Its linear part, with the residuals that it takes as its last sequences.</param>
    /// <param name="inputs">The number of its sequences that are no residuals.</param>
    /// <param name="captured">The captured values in which it is linear.</param>
    /// <param name="ofStates">The cotangents of its last states; null for zeros.</param>
    /// <param name="ofRows">The cotangents of its stacked rows.</param>
    private static Iterations Backwards(
        GraphBuilder b,
        Iterations iterations,
        Iterations separate,
        int inputs,
        IReadOnlyList<Value> captured,
        Value?[] ofStates,
        Value[] ofRows
    )
    {
        var body = new GraphBuilder(b) { Origin = b.Origin };
        var residuals = separate.Inputs[inputs..];
        foreach (var residual in residuals)
            body.Recognize(residual.Parameter);
        var sums = new Dictionary<Value, Value>();
        var carried = new List<(Value Parameter, Value Initial)>();
        foreach (var (index, state) in separate.States.Index())
        {
            var parameter = body.Parameter(state.Parameter.Type);
            carried.Add(
                (parameter, ofStates[index] is { } given ? Reshape.To(b, given, parameter.Type.Shape) : IterationRules.Zero(b, parameter))
            );
            Pullback.Accumulate(body, sums, state.Next, parameter);
        }
        var sequences = residuals.Select(residual => residual with { Reversed = !residual.Reversed }).ToList();
        foreach (var (index, row) in separate.Rows.Index())
        {
            var parameter = body.Parameter(row.Value.Type);
            sequences.Add(
                new Scanned(parameter, Reshape.To(b, ofRows[index], parameter.Type.Shape.Prepend(iterations.Count)), !row.Reversed)
            );
            Pullback.Accumulate(body, sums, row.Value, parameter);
        }
        var refusals = new List<UnsupportedNode>();
        Value[] sources =
        [
            .. separate.States.Select(state => state.Parameter),
            .. separate.Inputs.Take(inputs).Select(input => input.Parameter),
            .. captured,
        ];
        Pullback.Run(body, separate.Nodes, sources, sums, refusals);
        if (refusals.Count > 0)
            throw UnsupportedNode.InBody(refusals);

        var accumulated = captured.Select(value => body.Parameter(value.Type)).ToArray();
        if (sequences.Count == 0)
            sequences.Add(
                new Scanned(
                    body.Parameter(iterations.Inputs[0].Parameter.Type),
                    iterations.Inputs[0].Sequence,
                    !iterations.Inputs[0].Reversed
                )
            );
        return new Iterations(
            body,
            [],
            [
                .. carried.Select(
                    (state, index) =>
                        new Carried(
                            state.Parameter,
                            state.Initial,
                            sums.GetValueOrDefault(separate.States[index].Parameter) ?? IterationRules.Zero(body, state.Parameter)
                        )
                ),
                .. captured.Select(
                    (value, index) =>
                        new Carried(
                            accumulated[index],
                            IterationRules.Zero(b, value),
                            sums.TryGetValue(value, out var term) ? Add.Of(body, accumulated[index], term) : accumulated[index]
                        )
                ),
            ],
            [.. sequences],
            [
                .. separate
                    .Inputs.Take(inputs)
                    .Select(input => new Row(
                        sums.GetValueOrDefault(input.Parameter) ?? IterationRules.Zero(body, input.Parameter),
                        !input.Reversed
                    )),
            ],
            iterations.Count,
            iterations.MayBeNone
        );
    }

    /// <summary>The position of the <paramref name="index"/>-th entry that is true.</summary>
    private static int PositionOf(bool[] entries, int index) => entries.Index().Where(entry => entry.Item).ElementAt(index).Index;
}
