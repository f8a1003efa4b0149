using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Passes;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Checking;

/// <summary>
/// Derivatives of the loss along single directions a and b of some values, by forward mode through the plain graph: with z the value that
/// the loss is taken of and L(z) the loss,
/// <code>D L[a] = ∇L·z_a,    D²L[a, b] = z_aᵀ ∇²L z_b + ∇L·z_ab,    Gauss–Newton: z_aᵀ ∇²L z_b,</code>
/// where z_a and z_ab are the first and second directional derivatives of z. Nothing is transposed between the values and z, and no square
/// root of ∇²L, no sample layout, no activation mask and no contraction takes part, so these numbers share only the linearization rules
/// with what a plan computes.
/// <para>
/// From z on everything is in float64: ∇²L of a confident classification cancels in float32, while z_a does not. The same in float32
/// shows how far terms cancel there. Values that the model itself computes are taken from the run that is checked, so that both stand on
/// the same side of every kink.
/// </para>
/// </summary>
internal sealed class DirectionalDerivatives
{
    private const string Prefix = "check.";

    /// <summary>Directions along matrices of fewer elements are small.</summary>
    private const long LeastOuter = 1 << 16;

    private readonly GraphBuilder _b;
    private readonly LossHead _head;
    private readonly LinearProgram _first;
    private readonly LinearProgram? _second;
    private readonly Head _wide;
    private readonly Head _narrow;
    private readonly HashSet<Value> _given;
    private readonly CheckedDerivatives _asked;
    private readonly Dictionary<(int, CheckedRounding, ExecutionProvider), Program> _programs = [];
    private ImmutableHashSet<Value>? _outer;

    /// <summary>
    /// Linearizes. Must be called before anything is derived in the graph, since the model's own values are those that it holds now. Throws
    /// <see cref="Ops.Rules.UnsupportedModelException"/> where a node has no derivative.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="head">The loss on it.</param>
    /// <param name="values">By which values; none of them may depend on another.</param>
    /// <param name="asked">Which derivatives are needed.</param>
    public DirectionalDerivatives(ModelGraph model, LossHead head, ImmutableArray<Value> values, CheckedDerivatives asked)
    {
        _b = model.Builder;
        _head = head;
        Values = values;
        _asked = asked;
        var ofModel = GraphWalk.Between(model.Inputs.ToHashSet(), values.Add(head.Output)).SelectMany(node => node.Outputs).ToHashSet();
        using (_b.For("check"))
        {
            (_first, _second) = Linearized();
            _wide = HeadIn(ElementType.Float64);
            _narrow = HeadIn(ElementType.Float32);
        }
        IEnumerable<LinearProgram> maps = _second is null
            ? [_first, _wide.Product, _narrow.Product]
            : [_first, _second, _wide.Product, _narrow.Product];
        var made = maps.SelectMany(map => map.Outputs).OfType<Value>().Concat([_wide.Slope, _narrow.Slope]);
        var needed = Cut(made, maps.SelectMany(map => map.Inputs), ofModel);
        Given = [.. needed.Concat(values).Append(head.Output).Where(ofModel.Contains).Distinct()];
        _given = [.. Given];
    }

    /// <summary>The same derivatives along directions of some of the values, which take less; a run gives no more for them.</summary>
    private DirectionalDerivatives(DirectionalDerivatives whole, ImmutableArray<Value> values)
    {
        _b = whole._b;
        _head = whole._head;
        Values = values;
        _asked = whole._asked;
        _wide = whole._wide;
        _narrow = whole._narrow;
        _given = whole._given;
        Given = whole.Given;
        using (_b.For("check"))
            (_first, _second) = Linearized();
    }

    /// <summary>By which values.</summary>
    public ImmutableArray<Value> Values { get; }

    /// <summary>
    /// The same derivatives along directions of some of the values alone: programs start at the first of these, and take no directions of
    /// others. They take no more of the model's own values.
    /// </summary>
    public DirectionalDerivatives Of(ImmutableArray<Value> values) => new(this, values);

    /// <summary>Whether programs take directions b of their own.</summary>
    public bool TakesPairs => _asked.HasFlag(CheckedDerivatives.Pairs);

    /// <summary>Which derivative an output of a program is.</summary>
    public static CheckedDerivatives KindOf(NamedValue output) => Enum.Parse<CheckedDerivatives>(output.Name.AsSpan(Prefix.Length));

    /// <summary>The values of the model that a run must give, beside what it is fed.</summary>
    public ImmutableArray<Value> Given { get; }

    /// <summary>
    /// The program for some pairs of directions at once. Its first parameters are the directions a, of shape [K, *value] for each of the
    /// values, or of shapes [K, m] and [K, n] where <see cref="AreOuter"/>. Then follow directions b, where these are asked for, and for
    /// <see cref="CheckedRounding.Perturbed"/> the amplitude and the frequency of the errors of each direction, [K]. Last come <see
    /// cref="Given"/> and inputs, as far as they are needed. <see cref="KindOf"/> says what an output is; one that is zero is missing.
    /// First, Second and GaussNewton are of shape [K], or [K, *z] where the caller adds up sample by sample; Image is z_a, [K, *z]. All are
    /// in float64.
    /// </summary>
    /// <param name="directions">How many, K.</param>
    /// <param name="rounding">The precision of each part.</param>
    /// <param name="provider">Where it is to run.</param>
    public Program ProgramFor(int directions, CheckedRounding rounding, ExecutionProvider provider)
    {
        if (!_programs.TryGetValue((directions, rounding, provider), out var program))
        {
            var (head, noise) = (
                rounding == CheckedRounding.Narrow ? _narrow : _wide,
                rounding == CheckedRounding.Perturbed ? new RoundingNoise(_b) : null
            );
            var simplified = Pipeline.Simplification.Run(Composed(directions, head, noise, noise is null ? Outer : []).Program);
            _programs[(directions, rounding, provider)] = program = Pipeline.Lowering(provider).Run(simplified);
        }
        return program;
    }

    /// <summary>
    /// Whether directions along a value, a matrix [m, n], are given as columns [m] and rows [n] whose outer products they are. So a
    /// direction of a single entry takes m + n numbers. Only matrix products may take it, and tangents with errors are no outer products.
    /// </summary>
    public bool AreOuter(Value value, CheckedRounding rounding) => rounding != CheckedRounding.Perturbed && Outer.Contains(value);

    private ImmutableHashSet<Value> Outer => _outer ??= FindOuter();

    /// <summary>The large matrices whose directions no node needs as matrices.</summary>
    private ImmutableHashSet<Value> FindOuter()
    {
        // Directions that are given with the request are of any form.
        if (TakesPairs || _asked.HasFlag(CheckedDerivatives.Image))
            return [];
        ImmutableHashSet<Value> large = [.. Values.Where(value => value.Type is { Rank: 2, Shape.Elements.Known: >= LeastOuter })];
        if (large.IsEmpty)
            return large;
        var (program, matrices) = Composed(1, _wide, null, large);
        var computed = program.Nodes.SelectMany(node => node.Outputs).ToHashSet();
        return [.. large.Where(value => !computed.Contains(matrices[Values.IndexOf(value)]))];
    }

    /// <summary>The program, and the directions a of each of the values.</summary>
    private (Program Program, ImmutableArray<Value> Directions) Composed(
        int directions,
        Head head,
        RoundingNoise? noise,
        ImmutableHashSet<Value> outer
    )
    {
        var parameters = ImmutableArray.CreateBuilder<Value>();
        ImmutableArray<Value> a = Directions(),
            b = TakesPairs ? Directions() : a;
        var errors = noise is null ? [] : new[] { noise.Amplitude, noise.Frequency }.ToDictionary(scalar => scalar, OfDirections);
        var image = Image(a);
        var other = a == b ? image : Image(b);
        var bent = _second?.Outputs[0] is { } second ? Tangent(second, _first.Inputs.Zip(a).Concat(_second.Inputs.Zip(b))) : null;
        var turned =
            head.Product.Outputs[0] is { } product && other is not null
                ? _b.Batch([product], new Dictionary<Value, Value> { [head.Product.Inputs[0]] = other }, directions)[0]
                : null;
        var outputs = new List<NamedValue>();
        if (image is not null)
        {
            Add(CheckedDerivatives.First, Summed(Mul.Of(_b, image, head.Slope)));
            Add(CheckedDerivatives.Image, image);
        }
        var gaussNewton = image is not null && turned is not null ? Summed(Mul.Of(_b, image, turned)) : null;
        Add(CheckedDerivatives.GaussNewton, gaussNewton);
        var curved = bent is null ? null : Summed(Mul.Of(_b, bent, head.Slope));
        Add(
            CheckedDerivatives.Second,
            gaussNewton is not null && curved is not null ? Ops.Elementwise.Add.Of(_b, gaussNewton, curved) : gaussNewton ?? curved
        );
        parameters.AddRange(errors.Values);
        var inputs = Cut(outputs.Select(output => output.Value), parameters, _given);
        return (Ir.Program.Create([.. parameters, .. inputs], outputs), a);

        ImmutableArray<Value> Directions() => [.. Values.Select(Along)];

        Value Along(Value value)
        {
            var shape = value.Type.Shape;
            return outer.Contains(value)
                ? OuterProduct.Of(_b, Parameter(value, [directions, shape[0]]), Parameter(value, [directions, shape[1]]))
                : Parameter(value, shape.Prepend(directions));
        }

        Value Parameter(Value value, TensorShape shape)
        {
            parameters.Add(_b.Parameter(value.Type with { Shape = shape }));
            return parameters[^1];
        }

        Value OfDirections(Value scalar) => _b.Parameter(scalar.Type with { Shape = [directions] });

        Value? Image(ImmutableArray<Value> along) => _first.Outputs[0] is { } tangent ? Tangent(tangent, _first.Inputs.Zip(along)) : null;

        Value Tangent(Value value, IEnumerable<(Value Tangent, Value Directions)> tangents)
        {
            var along = tangents.ToDictionary(pair => pair.Tangent, pair => pair.Directions);
            var own = noise?.Of(value, along.Keys) ?? value;
            return Cast.Of(_b, _b.Batch([own], along.Concat(errors).ToDictionary(), directions)[0]!, head.Slope.Type.Element);
        }

        Value Summed(Value products)
        {
            return _asked.HasFlag(CheckedDerivatives.Samples)
                ? products
                : ReduceSum.Of(_b, products, Enumerable.Range(1, products.Type.Rank - 1).Select(axis => (long)axis), keepDims: false);
        }

        void Add(CheckedDerivatives kind, Value? value)
        {
            if (value is not null && _asked.HasFlag(kind))
                outputs.Add(new NamedValue(Prefix + kind, Cast.Of(_b, value, ElementType.Float64)));
        }
    }

    private (LinearProgram First, LinearProgram? Second) Linearized()
    {
        var first = _b.Linearize(Values, [_head.Output]);
        return (
            first,
            _asked.HasFlag(CheckedDerivatives.Second) && first.Outputs[0] is { } tangent ? _b.Linearize(Values, [tangent]) : null
        );
    }

    /// <summary>The given values and the inputs that the outputs depend on, without the directions.</summary>
    private static List<Value> Cut(IEnumerable<Value> outputs, IEnumerable<Value> directions, HashSet<Value> given)
    {
        var (seen, cut) = (new HashSet<Value>(directions), new List<Value>());
        var pending = new Stack<Value>(outputs);
        while (pending.TryPop(out var value))
        {
            if (value.Constant is not null || !seen.Add(value))
                continue;
            if (value.Producer is null || given.Contains(value))
                cut.Add(value);
            else
                foreach (var input in GraphWalk.Dependencies(value.Producer))
                    pending.Push(input);
        }
        return cut;
    }

    private Head HeadIn(ElementType element)
    {
        var z = Cast.Of(_b, _head.Output, element);
        return Head.Of(_b, z, _b.InPrecision([_head.Loss], new Dictionary<Value, Value> { [_head.Output] = z }, element)[0]);
    }

    /// <summary>The gradient of the loss in z, and the products of its Hessian there with directions.</summary>
    private sealed record Head(Value Slope, LinearProgram Product)
    {
        public static Head Of(GraphBuilder b, Value z, Value loss)
        {
            var slope = b.Gradient(loss, [z])[0]!;
            return new Head(slope, b.HessianProduct(slope, z));
        }
    }
}
