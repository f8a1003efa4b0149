using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>LSTM, GRU and RNN on [steps, samples, features], with a bias, without initial states, in one or both directions.</summary>
internal static class RecurrentOperators
{
    public static Dictionary<string, NodeFunction> All { get; } =
        new(StringComparer.Ordinal)
        {
            ["LSTM"] = (node, x) =>
                Run(
                    node,
                    x,
                    4,
                    (gates, _, cell) =>
                    {
                        var next = Functions.Sigmoid(gates[2]) * cell + Functions.Sigmoid(gates[0]) * Functions.Tanh(gates[3]);
                        return (Functions.Sigmoid(gates[1]) * Functions.Tanh(next), next);
                    }
                ),
            ["RNN"] = (node, x) => Run(node, x, 1, (gates, _, cell) => (Functions.Tanh(gates[0]), cell)),
            ["GRU"] = (node, x) => Gru(node, x),
        };

    /// <summary>A direction's weights: what a gate of a unit gets from an input and from the state before.</summary>
    private sealed record Cell(Data W, Data R, Data B, int Direction, int Hidden)
    {
        public Number Input(int row, Number[] x) => Dot(W, row, x) + B.Numbers[Direction * B.Shape[1] + row];

        public Number State(int row, Number[] h) => Dot(R, row, h) + Bias(row);

        public Number Bias(int row) => B.Numbers[Direction * B.Shape[1] + B.Shape[1] / 2 + row];

        private Number Dot(Data matrix, int row, Number[] vector) => Products(matrix, row, vector).Aggregate((sum, next) => sum + next);

        private IEnumerable<Number> Products(Data matrix, int row, Number[] vector) =>
            vector.Select((value, column) => matrix.Numbers[(Direction * matrix.Shape[1] + row) * matrix.Shape[2] + column] * value);
    }

    private static Data[] Run(GraphNode node, Data?[] x, int gates, Func<Number[], Number, Number, (Number Hidden, Number Cell)> step) =>
        Steps(
            node,
            x,
            (cell, input, hidden, memory) =>
            {
                var results = Enumerable
                    .Range(0, cell.Hidden)
                    .Select(unit =>
                        step(
                            [
                                .. Enumerable
                                    .Range(0, gates)
                                    .Select(gate =>
                                        cell.Input(gate * cell.Hidden + unit, input) + cell.State(gate * cell.Hidden + unit, hidden)
                                    ),
                            ],
                            hidden[unit],
                            memory[unit]
                        )
                    )
                    .ToArray();
                return ([.. results.Select(result => result.Hidden)], [.. results.Select(result => result.Cell)]);
            }
        );

    /// <summary>
    /// Update gate z, reset gate r, and the new state (1 − z) h̃ + z h, where r multiplies the state before or after its product with
    /// R.
    /// </summary>
    private static Data[] Gru(GraphNode node, Data?[] x)
    {
        var after = node.Int("linear_before_reset", 0) != 0;
        return Steps(
            node,
            x,
            (cell, input, hidden, memory) =>
            {
                Number Gate(int gate, int unit) =>
                    Functions.Sigmoid(cell.Input(gate * cell.Hidden + unit, input) + cell.State(gate * cell.Hidden + unit, hidden));
                Number[] reset = [.. Enumerable.Range(0, cell.Hidden).Select(unit => Gate(1, unit))];
                Number[] kept = [.. reset.Zip(hidden, (r, h) => r * h)];
                Number[] next =
                [
                    .. Enumerable
                        .Range(0, cell.Hidden)
                        .Select(unit =>
                        {
                            var row = 2 * cell.Hidden + unit;
                            var proposal = Functions.Tanh(
                                cell.Input(row, input) + (after ? reset[unit] * cell.State(row, hidden) : cell.State(row, kept))
                            );
                            var update = Gate(0, unit);
                            return (1 - update) * proposal + update * hidden[unit];
                        }),
                ];
                return (next, memory);
            }
        );
    }

    private static Data[] Steps(
        GraphNode node,
        Data?[] inputs,
        Func<Cell, Number[], Number[], Number[], (Number[] Hidden, Number[] Memory)> step
    )
    {
        var x = inputs[0]!;
        var (steps, samples, features) = (x.Shape[0], x.Shape[1], x.Shape[2]);
        var hidden = (int)node.Int("hidden_size", 1);
        var direction = node.Text("direction", "forward");
        var directions = direction == "bidirectional" ? 2 : 1;
        var zero = inputs[1]!.Numbers[0].Constant(0);
        var (all, last, memories) = (
            new Number[steps * directions * samples * hidden],
            new Number[directions * samples * hidden],
            new Number[directions * samples * hidden]
        );
        for (var d = 0; d < directions; d++)
        for (var n = 0; n < samples; n++)
        {
            var cell = new Cell(inputs[1]!, inputs[2]!, inputs[3]!, d, hidden);
            Number[] state = [.. Enumerable.Repeat(zero, hidden)];
            var memory = state;
            for (var iteration = 0; iteration < steps; iteration++)
            {
                var t = d == 1 || direction == "reverse" ? steps - 1 - iteration : iteration;
                (state, memory) = step(cell, x.Numbers[((t * samples + n) * features)..((t * samples + n + 1) * features)], state, memory);
                state.CopyTo(all, ((t * directions + d) * samples + n) * hidden);
            }
            state.CopyTo(last, (d * samples + n) * hidden);
            memory.CopyTo(memories, (d * samples + n) * hidden);
        }
        int[] end = [directions, samples, hidden];
        return [new Data([steps, .. end], all), new Data(end, last), new Data(end, memories)];
    }
}
