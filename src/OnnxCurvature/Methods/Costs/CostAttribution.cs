using OnnxCurvature.Ir;
using OnnxCurvature.Ops.ControlFlow;

namespace OnnxCurvature.Methods.Costs;

/// <summary>
/// Finds how much of a program's work is there for which of its results. A node that several need counts for each of them in equal shares,
/// so that the shares and what loss and gradients take add up to the whole.
/// </summary>
internal sealed class CostAttribution
{
    private readonly CostModel _costs;
    private readonly Dictionary<string, int> _indices;
    private readonly double[] _flops;

    /// <summary>Shares out the work of a program.</summary>
    /// <param name="costs">Gives the work of a node.</param>
    /// <param name="program">The program.</param>
    /// <param name="results">The outputs that shares are reported for; what any other output needs counts for none of these.</param>
    public CostAttribution(CostModel costs, Program program, IEnumerable<string> results)
    {
        _costs = costs;
        _indices = results.Distinct().Select((name, index) => (name, index)).ToDictionary(entry => entry.name, entry => entry.index);
        _flops = new double[_indices.Count];
        var needs = new Dictionary<Value, Users>();
        foreach (var (name, value) in program.Outputs)
            Add(needs, value, Users.Of(_indices.TryGetValue(name, out var index) ? index : null, _flops.Length));
        Share(program, needs, 1);
    }

    /// <summary>Floating-point operations that are there for a result.</summary>
    public double this[string name] => _flops[_indices[name]];

    /// <summary>
    /// Goes through the nodes from the last to the first, knowing who needs their outputs; what they take is added to
    /// <paramref name="needs"/>.
    /// </summary>
    private void Share(Program program, Dictionary<Value, Users> needs, double times)
    {
        foreach (var node in program.Nodes.Reverse())
        {
            if (Loop.FixedIterations(node) is { } iterations)
            {
                ShareLoop(node, iterations, needs, times);
                continue;
            }
            var users = Users.Of(null, _flops.Length, known: false);
            foreach (var output in node.Outputs)
                if (needs.TryGetValue(output, out var own))
                    users.Add(own);
            users.Share(_costs.Flops(node) * times, _flops);
            foreach (var value in GraphWalk.Dependencies(node))
                Add(needs, value, users);
        }
    }

    /// <summary>Shares out a body, whose results are those of the loop. A state is needed by whom the state after it is.</summary>
    private void ShareLoop(Node node, long iterations, Dictionary<Value, Users> needs, double times)
    {
        var body = node.Attributes.Program("body")!;
        var inside = new Dictionary<Value, Users>();
        for (var index = 0; index < node.Outputs.Length; index++)
            if (needs.TryGetValue(node.Outputs[index], out var users))
                Add(inside, body.Outputs[index + 1].Value, users);
        Share(body, inside, times * iterations);
        foreach (var value in GraphWalk.Captures(body))
            if (inside.TryGetValue(value, out var users))
                Add(needs, value, users);
        for (var state = 2; state < node.Inputs.Length; state++)
            if (node.Inputs[state] is { } initial && inside.TryGetValue(body.Parameters[state], out var users))
                Add(needs, initial, users);
    }

    private void Add(Dictionary<Value, Users> needs, Value value, Users users)
    {
        if (!needs.TryGetValue(value, out var own))
            needs[value] = own = Users.Of(null, _flops.Length, known: false);
        own.Add(users);
    }

    /// <summary>A set of results, and whether others, too, need something.</summary>
    private sealed class Users(int count)
    {
        private readonly ulong[] _bits = new ulong[(count + 63) / 64];
        private bool _others;

        public static Users Of(int? result, int count, bool known = true)
        {
            var users = new Users(count) { _others = known && result is null };
            if (result is { } index)
                users._bits[index / 64] |= 1UL << (index % 64);
            return users;
        }

        public void Add(Users users)
        {
            _others |= users._others;
            for (var word = 0; word < _bits.Length; word++)
                _bits[word] |= users._bits[word];
        }

        public void Share(double flops, double[] shares)
        {
            var all = _bits.Sum(word => System.Numerics.BitOperations.PopCount(word));
            if (_others || all == 0)
                return;
            for (var index = 0; index < shares.Length; index++)
                if ((_bits[index / 64] & (1UL << (index % 64))) != 0)
                    shares[index] += flops / all;
        }
    }
}
