using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Methods.Staging;

/// <summary>
/// Chains of elementwise nodes that are linear in the directions of a chunk, as what they are: y = Σ_k c_k ⊙ x_k, with coefficients c_k
/// that are the same for all directions and are therefore computed once. Derivatives of GELU or of a normalization, built rule by rule,
/// take a multiple of the nodes; each of them writes and reads all directions.
/// </summary>
internal sealed class LinearCombinations
{
    /// <summary>With fewer directions at once coefficients take as much memory and time as what they save.</summary>
    private const int FewestDirections = 4;

    private readonly GraphBuilder _builder;
    private readonly CostModel _costs;
    private readonly HashSet<Value?> _parameters;
    private readonly HashSet<Value> _dependent;
    private readonly Dictionary<Value, int> _uses = [];
    private readonly HashSet<Value> _inner = [];
    private readonly Dictionary<Value, Value> _map = [];

    private LinearCombinations(GraphBuilder builder, Program body, CostModel costs)
    {
        (_builder, _costs) = (builder, costs);
        _parameters = [.. body.Parameters];
        _dependent = [.. body.Parameters];
        foreach (var node in body.Nodes)
        {
            if (node.Dependencies.Any(_dependent.Contains))
                _dependent.UnionWith(node.Outputs);
            foreach (var value in node.Dependencies)
                _uses[value] = _uses.GetValueOrDefault(value) + node.Inputs.Count(input => input == value);
        }
        foreach (var output in body.Outputs)
            _uses[output.Value] = _uses.GetValueOrDefault(output.Value) + 1;
        // A value that one linear node alone takes is part of that node's combination.
        foreach (var node in body.Nodes.Where(IsLinear))
        foreach (var input in node.Inputs.OfType<Value>())
            if (
                _dependent.Contains(input)
                && _uses[input] == 1
                && input.Producer is { } before
                && before.Scope == builder
                && IsLinear(before)
                && input.Type.Rank == node.Output.Type.Rank
            )
                _inner.Add(input);
    }

    /// <summary>The outputs of the body of a direction chunk loop, with chains of linear nodes replaced where that takes less.</summary>
    /// <param name="b">The body's builder.</param>
    /// <param name="body">The body.</param>
    /// <param name="chunk">Directions at a time.</param>
    /// <param name="costs">Sizes.</param>
    public static ImmutableArray<Value> Replace(GraphBuilder b, Program body, int chunk, CostModel costs) =>
        chunk < FewestDirections || body.Nodes.Any(node => node.Bodies.Any())
            ? [.. body.Outputs.Select(output => output.Value)]
            : new LinearCombinations(b, body, costs).Rebuilt(body);

    private ImmutableArray<Value> Rebuilt(Program body)
    {
        foreach (var node in body.Nodes)
        {
            if (node.Outputs.Length == 1 && _inner.Contains(node.Output))
                continue;
            using var scope = _builder.For(node.Origin);
            if (IsLinear(node) && Combined(node) is { } value)
                _map[node.Output] = value;
            else if (node.Dependencies.Any(_map.ContainsKey))
                Copy(node);
        }
        return [.. body.Outputs.Select(output => Mapped(output.Value))];
    }

    private void Copy(Node node)
    {
        var copy = _builder.Append(
            node.Operator,
            [.. node.Inputs.Select(input => input is null ? null : Mapped(input))],
            node.Attributes,
            [.. node.Outputs.Select(output => (output.Type, output.Name))],
            node.Name
        );
        for (var index = 0; index < node.Outputs.Length; index++)
            _map[node.Outputs[index]] = copy.Outputs[index];
    }

    /// <summary>
    /// The result of a node that ends a chain, in other nodes; the chain as it is, on what its values became, where these would not take
    /// less.
    /// </summary>
    private Value? Combined(Node root)
    {
        var (terms, chain) = Expanded(root);
        if (chain.Count == 1)
            return null;
        var groups = terms.GroupBy(term => term.Leaf).Select(group => (Leaf: group.Key, Terms: group.ToArray())).ToArray();
        var whole = _costs.Entries(root.Output);
        var before = chain.Sum(node => _costs.Entries(node.Output));
        var after = groups.Sum(group => group.Terms is [{ Factors: null }] && groups.Length > 1 ? 0 : whole) + (groups.Length - 1) * whole;
        if (after < before && Sum(groups, root.Output.Type.Element) is var sum && sum.Type == root.Output.Type)
            return sum;
        foreach (var node in Enumerable.Reverse(chain))
            if (node != root && node.Dependencies.Any(_map.ContainsKey))
                Copy(node);
        return null;
    }

    /// <summary>The terms that a chain adds up, and its nodes, the last one first.</summary>
    private (List<Term> Terms, List<Node> Chain) Expanded(Node root)
    {
        var (terms, chain, open) = (new List<Term>(), new List<Node>(), new Stack<(Node Node, Term Term)>());
        open.Push((root, new Term(root.Output, null, false)));
        while (open.TryPop(out var next))
        {
            var (node, term) = next;
            chain.Add(node);
            foreach (var linear in TermsOf(node)!.Value)
            {
                var input = node.Inputs[linear.Input]!;
                var own = term with { IsNegative = term.IsNegative != linear.IsNegative };
                if (linear.Factor is { } factor)
                    own = own with { Factors = new Factors(term.Factors, node.Inputs[factor]!, linear.IsDivisor) };
                if (_inner.Contains(input))
                    open.Push((input.Producer!, own));
                else
                    terms.Add(own with { Leaf = input });
            }
        }
        return (terms, chain);
    }

    /// <summary>Whether a node is elementwise and linear in the directions, without a constant.</summary>
    private bool IsLinear(Node node) =>
        node.Outputs.Length == 1
        && node.Output.Type.Element is ElementType.Float32 or ElementType.Float64
        && _dependent.Contains(node.Output)
        // Sums over chunks stay what they are: a state and what is added to it.
        && !node.Inputs.Any(_parameters.Contains)
        && TermsOf(node) is not null;

    private ImmutableArray<LinearTerm>? TermsOf(Node node) =>
        node.Rules().LinearTerms(node, [.. node.Inputs.Select(input => input is not null && _dependent.Contains(input))]);

    private Value Sum((Value Leaf, Term[] Terms)[] groups, ElementType element)
    {
        Value? sum = null;
        // A term without a minus comes first, so that the others are subtracted.
        foreach (var (leaf, terms) in groups.OrderBy(group => group.Terms is [{ IsNegative: true }]))
        {
            var isSubtracted = sum is not null && terms is [{ IsNegative: true }];
            var coefficient = Coefficient(isSubtracted ? [terms[0] with { IsNegative = false }] : terms, element);
            var value = coefficient is null ? Mapped(leaf) : Mul.Of(_builder, Mapped(leaf), coefficient);
            sum =
                sum is null ? value
                : isSubtracted ? Sub.Of(_builder, sum, value)
                : Add.Of(_builder, sum, value);
        }
        return sum!;
    }

    /// <summary>The factor of a value; null for one.</summary>
    private Value? Coefficient(Term[] terms, ElementType element)
    {
        if (terms is [{ IsNegative: false, Factors: null }])
            return null;
        Value? sum = null;
        foreach (var term in terms)
        {
            var product = Product(term.Factors, element) ?? _builder.Scalar(element, 1);
            sum =
                sum is null ? Signed(product, term.IsNegative)
                : term.IsNegative ? Sub.Of(_builder, sum, product)
                : Add.Of(_builder, sum, product);
        }
        return sum;
    }

    private Value Signed(Value value, bool isNegative) => isNegative ? Neg.Of(_builder, value) : value;

    private Value? Product(Factors? factors, ElementType element)
    {
        var open = new Stack<Factors>();
        for (var next = factors; next is { Product: null }; next = next.Before)
            open.Push(next);
        while (open.TryPop(out var next))
        {
            var (before, value) = (next.Before?.Product, Mapped(next.Last));
            next.Product =
                next.IsDivisor ? Div.Of(_builder, before ?? _builder.Scalar(element, 1), value)
                : before is null ? value
                : Mul.Of(_builder, before, value);
        }
        return factors?.Product;
    }

    private Value Mapped(Value value) => _map.GetValueOrDefault(value, value);

    /// <summary>A product of factors with a value: of a chain's last node at first, in the end of a value before it.</summary>
    private sealed record Term(Value Leaf, Factors? Factors, bool IsNegative);

    /// <summary>
    /// Factors and divisors. The terms of a chain share those of the nodes that they have in common, and their product, since a chain of n
    /// nodes may have n terms of n factors.
    /// </summary>
    private sealed class Factors(Factors? before, Value last, bool isDivisor)
    {
        public Factors? Before => before;

        public Value Last => last;

        public bool IsDivisor => isDivisor;

        public Value? Product { get; set; }
    }
}
