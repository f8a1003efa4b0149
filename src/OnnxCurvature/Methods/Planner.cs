using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Derivatives;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Staging;
using OnnxCurvature.Methods.Terms;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Passes;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods;

/// <summary>
/// Chooses for each target the cheapest of the ways that are proven to be exact, and builds the program.
/// </summary>
internal sealed class Planner(ModelGraph model, CurvatureRequest request, PlanLimits limits)
{
    private readonly CostModel _costs = new(limits);
    private readonly List<string> _notes = [];
    private readonly List<(string Name, Value Value)> _outputs = [];
    private readonly List<WeightPlan> _methods = [];

    /// <summary>Which of the ways to a Hessian diagonal is taken; by default the first, which is the cheapest.</summary>
    internal Func<IReadOnlyList<Candidate>, Candidate> Choice { get; init; } = candidates => candidates[0];

    /// <summary>Values of the model that the program gives out besides, after all that was asked for.</summary>
    internal ImmutableArray<Value> Given { get; init; } = [];

    /// <summary>The rewriting of the loss before it is planned for.</summary>
    internal Func<LossHead, LossHead> Loss { get; init; } = head => head;

    /// <summary>
    /// Whether the program takes the number of the batch as an input, so that estimates have random numbers of their own in each.
    /// </summary>
    internal bool NumbersBatches { get; init; }

    /// <summary>
    /// Whether the caller makes standard errors of the <see cref="CurvaturePlan.Moments"/> that the program gives in their place, which may
    /// be added up over parts of the directions.
    /// </summary>
    internal bool GivesMoments { get; init; }

    /// <summary>
    /// Where samples lie, where that is known from the same model for more samples; null for what the model's own shapes say. Of a single
    /// sample every axis of size one may be the axis of samples.
    /// </summary>
    internal PlanLayouts? Layouts { get; init; }

    /// <summary>The outputs of a file that is written of the program; null for a program that gives out the results alone.</summary>
    internal OutputContract? Contract { get; init; }

    /// <summary>Where samples lie in what the program takes and computes, without the program. Throws as <see cref="Plan"/> does.</summary>
    internal PlanLayouts FindLayouts()
    {
        var head = LossBuilder.Build(model, request.Loss, request.Reduction);
        var derivatives = new DerivativeBuilder(model, request, limits, head, new SampleProof(model, head), null);
        return derivatives.LayoutsOf([.. Target.Resolve(model, request.WithRespectTo, head.Loss)]);
    }

    /// <summary>
    /// Plans. Throws <see cref="UserErrorException"/> for a request that does not fit the model and
    /// <see cref="UnsupportedModelException"/> for operators that cannot be differentiated.
    /// </summary>
    public CurvaturePlan Plan()
    {
        var head = Loss(LossBuilder.Build(model, request.Loss, request.Reduction));
        var targets = Target.Resolve(model, request.WithRespectTo, head.Loss).ToImmutableArray();
        if (Target.NoteOfLeftOut(model, request.WithRespectTo, targets) is { } others)
            _notes.Add(others);
        _notes.AddRange(head.Notes);
        if (UntiedCopies.Note(model, head.Loss, targets) is { } copies)
            _notes.Add(copies);
        var gradients = Gradients(head, targets);

        if (request.Quantities.Contains(Quantity.Loss))
            _outputs.Add((Quantity.Loss.OutputName(""), head.Loss));
        var planned = ImmutableArray.CreateBuilder<PlannedQuantity>();
        var proof = new SampleProof(model, head);
        var diagonals = new DiagonalPlanner(model, head, proof, _costs, limits, Choice);
        var batch = NumbersBatches ? model.Builder.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar)) : null;
        var derivatives = new DerivativeBuilder(model, request, limits, head, proof, batch) { GivesMoments = GivesMoments };
        if (derivatives.IsExact(Quantity.HessianDiagonal))
            diagonals.Weigh(targets);
        for (var index = 0; index < targets.Length; index++)
        {
            limits.Interrupt?.Check();
            var target = targets[index];
            if (request.Quantities.Contains(Quantity.Gradient))
                _outputs.Add((Quantity.Gradient.OutputName(target.Name), target.PartOf(model.Builder, gradients[index])));
            planned.AddRange(Choose(diagonals, derivatives, target, gradients[index]));
            planned.AddRange(derivatives.Methods(target, gradients[index]));
            foreach (var (quantity, value) in derivatives.Values(target, gradients[index]))
                _outputs.Add((quantity.OutputName(target.Name), value));
        }
        planned.AddRange(derivatives.Pairs(targets, gradients));
        _notes.AddRange(derivatives.Notes.Distinct());
        Build(planned.ToImmutable());
        return PlanOf(head, targets, derivatives, batch);
    }

    /// <summary>
    /// The way to the exact Hessian diagonal of one weight and the size of its program, as <see cref="Plan"/> says for that weight alone.
    /// It throws what that throws.
    /// </summary>
    public (WeightPlan Method, int Nodes) PlanDiagonal()
    {
        var target = Target.Resolve(model, request.WithRespectTo).Single();
        var head = LossBuilder.Build(model, request.Loss, request.Reduction);
        var gradient = model.Builder.Gradient(head.Loss, [target.Value])[0] ?? throw Zero(target, head.Loss);
        var diagonals = new DiagonalPlanner(model, head, new SampleProof(model, head), _costs, limits, Choice);
        diagonals.Weigh([target]);
        Build([diagonals.Hessian(target, gradient)]);
        var inputs = head.Target is { } labels ? model.Inputs.Add(labels) : model.Inputs;
        var (name, result) = _outputs.Single();
        var program = Finished(Program.Create(inputs, [new NamedValue(name, result)]));
        return (_methods.Single() with { Flops = new CostAttribution(_costs, program, [name])[name] }, program.Nodes.Length);
    }

    /// <summary>The plan of what has been built.</summary>
    private CurvaturePlan PlanOf(LossHead head, ImmutableArray<Target> targets, DerivativeBuilder derivatives, Value? batch)
    {
        var inputs = (head.Target is { } labels ? model.Inputs.Add(labels) : model.Inputs).AddRange(derivatives.Inputs);
        if (batch is not null)
            inputs = inputs.Add(batch);
        var results = derivatives.Results.Distinct().ToArray();
        var order = Order(targets, results);
        var asked = _outputs.OrderBy(output => order[output.Name]).Select(output => new NamedValue(output.Name, output.Value)).ToArray();
        var given = Contract?.Apply(model, inputs, asked) ?? GivenOutputs.Of(asked);
        _notes.AddRange(given.Notes);
        var kept = Given.Select((value, index) => new NamedValue($"given_{index}", value));
        var program = Finished(Program.Create(inputs, [.. given.Outputs, .. kept]));
        var layouts = Layouts ?? derivatives.LayoutsOf(targets);
        string NameOf(WeightPlan method) => given.Names[method.Quantity.OutputName(method.Target)];
        var shares = new CostAttribution(_costs, program, _methods.Select(NameOf));
        return new CurvaturePlan
        {
            Request = request,
            Loss = head,
            Targets = targets,
            Program = program,
            Outputs = [.. asked.Select(output => given.Names[output.Name])],
            Results = [.. asked.Select(output => output.Name)],
            Negated = given.Negated,
            PerSample =
            [
                .. from output in asked
                where layouts.Results.GetValueOrDefault(output.Name) is { IsSeparate: true, Axis: 0, Outer.IsOne: true }
                select given.Names[output.Name],
            ],
            InputLayouts = layouts.Inputs,
            ResultLayouts = asked.ToImmutableDictionary(
                output => given.Names[output.Name],
                output => layouts.Results.GetValueOrDefault(output.Name),
                StringComparer.Ordinal
            ),
            Unweighted =
            [
                .. from target in targets
                from quantity in results
                where quantity.IsUnweighted()
                select given.Names[quantity.OutputName(target.Name)],
            ],
            Moments = [.. derivatives.Moments.Select(name => given.Names[name])],
            WholeInputs = [.. layouts.Added.Where(name => layouts.Inputs[name] != SampleLayout.At(0))],
            BatchNumber = batch,
            Methods = [.. _methods.Select(method => method with { Flops = shares[NameOf(method)] })],
            Notes = [.. _notes],
            Flops = _costs.Flops(program),
            MemoryBytes = _costs.PeakBytes(program),
        };
    }

    /// <summary>A program as it will be run.</summary>
    private Program Finished(Program program) => Pipeline.For(limits.Provider).Run(program);

    private Dictionary<string, int> Order(ImmutableArray<Target> targets, IReadOnlyList<Quantity> results)
    {
        var names = request.Quantities.Contains(Quantity.Loss) ? new List<string> { Quantity.Loss.OutputName("") } : [];
        foreach (var target in targets)
            names.AddRange(results.Where(quantity => quantity != Quantity.Loss).Select(quantity => quantity.OutputName(target.Name)));
        names.AddRange(request.Pairs(targets).Select(pair => Quantity.CrossHessian.OutputName(pair.Name)));
        return names.Distinct().Select((name, index) => (name, index)).ToDictionary(entry => entry.name, entry => entry.index);
    }

    private ImmutableArray<Value> Gradients(LossHead head, ImmutableArray<Target> targets)
    {
        var b = model.Builder;
        var gradients = ImmutableArray.CreateBuilder<Value>();
        // One pass for all targets; where one lies upstream of another, a pass of its own.
        var all = targets.Any(target => target.Value.Producer is not null)
            ? AllPasses(targets.Select(target => (Func<Value?>)(() => b.Gradient(head.Loss, [target.Value])[0])))
            : b.Gradient(head.Loss, [.. targets.Select(target => target.Value)]);
        for (var index = 0; index < targets.Length; index++)
            gradients.Add(all[index] ?? throw Zero(targets[index], head.Loss));
        _notes.AddRange(
            DiscreteChoices
                .Between([.. targets.Select(target => target.Value)], head.Loss)
                .Select(choice => $"{choice} is piecewise constant, so no derivative passes through it.")
        );
        return gradients.ToImmutable();
    }

    /// <summary>The results of several passes, or the refusals of all of them.</summary>
    private static ImmutableArray<Value?> AllPasses(IEnumerable<Func<Value?>> passes)
    {
        var (results, refusals) = (ImmutableArray.CreateBuilder<Value?>(), new List<UnsupportedNode>());
        foreach (var pass in passes)
            try
            {
                results.Add(pass());
            }
            catch (UnsupportedModelException exception)
            {
                refusals.AddRange(exception.Nodes);
            }
        return refusals.Count == 0 ? results.ToImmutable() : throw new UnsupportedModelException(refusals);
    }

    private static UserErrorException Zero(Target target, Value loss)
    {
        if (GraphWalk.Between(new HashSet<Value> { target.Value }, [loss]).IsEmpty)
            return new UserErrorException($"The loss does not depend on '{target.Name}'; name a value that it depends on.");
        var choices = DiscreteChoices.Between([target.Value], loss);
        return new UserErrorException(
            choices.Count == 0
                ? $"The loss depends on the shape of '{target.Name}' alone, and not on its elements; name a value on whose elements "
                    + $"it depends."
                : $"The derivative of the loss with respect to '{target.Name}' is zero almost everywhere, because "
                    + $"{string.Join(" and ", choices.Take(3))} {(choices.Count == 1 ? "is" : "are")} piecewise constant; name a value "
                    + $"after {(choices.Count == 1 ? "it" : "them")}."
        );
    }

    private IEnumerable<PlannedQuantity> Choose(DiagonalPlanner diagonals, DerivativeBuilder derivatives, Target target, Value gradient)
    {
        var (hessian, ggn) = (derivatives.IsExact(Quantity.HessianDiagonal), derivatives.IsExact(Quantity.GgnDiagonal));
        if (hessian && diagonals.Hessian(target, gradient) is var exact)
        {
            // By the square root of the output Hessian alone the two are the same number.
            var same = ggn && exact is { Way: DerivativeWay.Squares, Terms: [PullBackTerm or ForwardGramTerm] };
            yield return same ? exact with { Quantities = [Quantity.HessianDiagonal, Quantity.GgnDiagonal] } : exact;
            ggn &= !same;
        }
        if (ggn)
            yield return diagonals.GaussNewton(target, request.Loss.Kind == LossKind.Sum);
    }

    /// <summary>Builds the chunk loops, one for all terms that share directions, and adds up the terms of each quantity.</summary>
    private void Build(ImmutableArray<PlannedQuantity> planned)
    {
        var b = model.Builder;
        var chunkLoops = new ChunkLoopBuilder(b, _costs, limits);
        var built = new Dictionary<ITerm, (Value Result, BuiltChunkLoop Loop)>();
        foreach (var group in planned.SelectMany(quantity => quantity.Terms).Distinct().GroupBy(term => term.Shared))
        {
            var terms = group.ToArray();
            var chunkLoop = chunkLoops.Build(terms);
            for (var index = 0; index < terms.Length; index++)
                built[terms[index]] = (chunkLoop.Results[index], chunkLoop);
        }
        foreach (var quantity in planned)
        {
            var target = quantity.Target;
            var added = quantity.Terms.Select(term => built[term].Result).Concat(quantity.Closed).ToArray();
            var value =
                added.Length == 0
                    ? Expand.Of(b, b.Scalar(target.Value.Type.Element, 0), target.ResultType.Shape)
                    : added.Aggregate((sum, term) => Add.Of(b, sum, term));
            var own = quantity.Terms.Select(term => built[term].Loop).ToArray();
            foreach (var name in quantity.Quantities)
            {
                // Two quantities that are the same number are two outputs of the program all the same.
                _outputs.Add(
                    (
                        name.OutputName(target.Name),
                        quantity.Quantities[0] == name ? value : Catalogue.Get<Identity>().Apply(b, [value]).Output
                    )
                );
                _methods.Add(
                    new WeightPlan(
                        target.Name,
                        name,
                        quantity.Method,
                        quantity.Reason,
                        quantity.Terms.Sum(term => term.Directions),
                        own.Select(chunkLoop => chunkLoop.ChunkSize).DefaultIfEmpty(0).Max(),
                        0,
                        own.Select(chunkLoop => chunkLoop.MemoryBytes).DefaultIfEmpty(0).Max()
                    )
                    {
                        Shape = value.Type.Shape,
                        Way = quantity.Way,
                        AddsSquares = quantity.Way == DerivativeWay.Squares && quantity.Terms.All(term => term.AddsSquares),
                        Candidates = quantity.Candidates,
                        Sources = quantity.Sources,
                    }
                );
            }
        }
    }
}
