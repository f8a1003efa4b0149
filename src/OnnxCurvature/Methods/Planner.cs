using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Contractions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Passes;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods;

/// <summary>
/// Chooses for each target a way that is proven to be exact, and builds the program. The loss factor is taken where no node
/// between target and loss has a second derivative and samples are proven separate; Hessian-vector products at the target otherwise.
/// </summary>
public sealed class Planner(ModelGraph model, CurvatureRequest request, PlanLimits limits)
{
    private const int MostColumnsAtOnce = 256;
    private readonly CostModel _costs = new(limits);
    private readonly List<string> _notes = [];
    private readonly List<(string Name, Value Value)> _outputs = [];
    private readonly List<WeightPlan> _methods = [];

    /// <summary>
    /// Plans; the program also gives the model's own outputs where <paramref name="keepOutputs"/> says so. Throws <see cref="UserErrorException"/> for a request that does not fit the model and
    /// <see cref="UnsupportedModelException"/> for operators that cannot be differentiated.
    /// </summary>
    public CurvaturePlan Plan(bool keepOutputs = false)
    {
        var targets = Target.Resolve(model, request.WithRespectTo).ToImmutableArray();
        var head = LossBuilder.Build(model, request.Loss, request.Reduction);
        _notes.AddRange(head.Notes);
        var gradients = Gradients(head, targets);

        if (request.Quantities.Contains(Quantity.Loss))
            _outputs.Add((Quantity.Loss.OutputName(""), head.Loss));
        var pending = new List<(IColumnMethod Method, ImmutableArray<Quantity> Quantities)>();
        for (var index = 0; index < targets.Length; index++)
        {
            var target = targets[index];
            if (request.Quantities.Contains(Quantity.Gradient))
                _outputs.Add((Quantity.Gradient.OutputName(target.Name), PartOf(target, gradients[index])));
            foreach (var group in Choose(head, target, gradients[index]))
                pending.Add(group);
        }
        foreach (var stage in pending.GroupBy(entry => entry.Method.Kind))
            Run([.. stage]);

        var inputs = head.Target is { } labels ? model.Inputs.Add(labels) : model.Inputs;
        var order = Order(targets);
        var asked = _outputs.OrderBy(output => order[output.Name]).Select(output => new NamedValue(output.Name, output.Value)).ToArray();
        // A loss that the model gives out under the very name of the result is that result.
        var added = keepOutputs ? asked.Where(output => !model.Outputs.Contains(output)).ToArray() : asked;
        var taken = added.FirstOrDefault(output => model.Values.ContainsKey(output.Name) || model.Outputs.Any(own => own.Name == output.Name));
        if (keepOutputs && taken is not null)
            throw new UserErrorException($"The model has a value '{taken.Name}' of its own, which is the name of a result; rename it in the model.");
        var program = Finished(Program.Create(inputs, [.. keepOutputs ? model.Outputs : [], .. added]));
        return new CurvaturePlan
        {
            Request = request,
            Loss = head,
            Targets = targets,
            Program = program,
            Outputs = [.. asked.Select(output => output.Name)],
            PerSample = PerSample(targets),
            Methods = [.. _methods],
            Notes = [.. _notes],
            Flops = _costs.Flops(program),
            MemoryBytes = _costs.PeakBytes(program),
        };
    }

    private ImmutableArray<string> PerSample(ImmutableArray<Target> targets)
    {
        var axes = TargetSamples.Of(model, targets);
        var separate = targets.Where((target, index) => axes[index] is { IsSeparate: true, Axis: 0 } && !target.IsPart);
        return [.. from target in separate from quantity in request.Quantities where quantity != Quantity.Loss select quantity.OutputName(target.Name)];
    }

    /// <summary>A program as it will be run.</summary>
    private Program Finished(Program program) => Simplifier.Run(Float64Lowering.Run(program, limits.Provider));

    private Dictionary<string, int> Order(IEnumerable<Target> targets)
    {
        var names = request.Quantities.Contains(Quantity.Loss) ? new List<string> { Quantity.Loss.OutputName("") } : [];
        foreach (var target in targets)
            names.AddRange(request.Quantities.Where(quantity => quantity != Quantity.Loss).Select(quantity => quantity.OutputName(target.Name)));
        return names.Distinct().Select((name, index) => (name, index)).ToDictionary(entry => entry.name, entry => entry.index);
    }

    private ImmutableArray<Value> Gradients(LossHead head, ImmutableArray<Target> targets)
    {
        var b = model.Builder;
        var gradients = ImmutableArray.CreateBuilder<Value>();
        var cuts = new List<Node>();
        // One pass for all targets; where one lies upstream of another, a pass of its own.
        var separate = targets.Any(target => target.Value.Producer is not null);
        var all = separate
            ? [.. targets.Select(target => b.Gradient(head.Loss, [target.Value], cuts)[0])]
            : b.Gradient(head.Loss, [.. targets.Select(target => target.Value)], cuts);
        for (var index = 0; index < targets.Length; index++)
        {
            gradients.Add(all[index] ?? throw new UserErrorException(GraphWalk.Between(new HashSet<Value> { targets[index].Value }, [head.Loss]).IsEmpty
                ? $"The loss does not depend on '{targets[index].Name}'; name a value that it depends on."
                : $"The derivative of the loss with respect to '{targets[index].Name}' is zero almost everywhere, because {string.Join(" and ", cuts.Select(node => node.ToString()).Distinct().Take(3))} is piecewise constant; name a value after it."));
        }
        foreach (var cut in cuts.DistinctBy(node => node.Id))
            _notes.Add($"{cut} is piecewise constant, so no derivative passes through it.");
        return gradients.ToImmutable();
    }

    private Value PartOf(Target target, Value whole)
    {
        if (!target.IsPart)
            return whole;
        return Reshape.To(model.Builder, Slice.Of(model.Builder, whole, 0, target.Start, target.End), target.ResultType.Shape);
    }

    private IEnumerable<(IColumnMethod, ImmutableArray<Quantity>)> Choose(LossHead head, Target target, Value gradient)
    {
        ImmutableArray<Quantity> wanted = [.. request.Quantities.Where(quantity => quantity is Quantity.HessianDiagonal or Quantity.GgnDiagonal).Distinct()];
        if (wanted.IsEmpty)
            yield break;
        var obstacle = "the loss has no known factor";
        var path = head.Factor is null ? null : FactorPath.Create(model, head, target, out obstacle);
        var sources = CurvatureAnalysis.Run(GraphWalk.Between(new HashSet<Value> { target.Value }, [head.Output]), new HashSet<Value> { target.Value })
            .Where(found => found.Curvature == Curvature.Curved).Select(found => found.Node).ToArray();
        var linear = head.Factor is not null || request.Loss.Kind == LossKind.Sum || head.Output == head.Loss;

        if (path is not null && sources.Length == 0)
        {
            yield return (ByFactor(head, path, $"no node between '{target.Value.Name}' and '{head.Output.Name}' has a second derivative and samples are separate, so diag H is the sum of squared pull-backs of {head.Factor!.Formula}"), wanted);
            yield break;
        }
        if (wanted.Contains(Quantity.GgnDiagonal))
        {
            if (path is null && !(linear && head.Factor is null && request.Loss.Kind == LossKind.Sum))
                throw new UserErrorException($"The ggn-diagonal of '{target.Name}' cannot be computed, because {obstacle}; ask for hessian-diagonal.");
            if (path is null)
                Zero(target, Quantity.GgnDiagonal, "the loss is linear in its output, so its Gauss–Newton matrix is zero");
            else
                yield return (ByFactor(head, path, $"the Gauss–Newton matrix is the sum of squared pull-backs of {head.Factor!.Formula}, and samples are separate"), [Quantity.GgnDiagonal]);
        }
        if (!wanted.Contains(Quantity.HessianDiagonal))
            yield break;
        if (sources.Length == 0 && request.Loss.Kind is LossKind.Sum && head.Output == head.Loss.Producer?.Inputs[0])
        {
            Zero(target, Quantity.HessianDiagonal, $"no node between '{target.Value.Name}' and the loss has a second derivative");
            yield break;
        }
        var why = sources.Length > 0
            ? $"{Listed(sources)} between '{target.Value.Name}' and the loss {(sources.Length == 1 ? "has" : "have")} a second derivative"
            : obstacle;
        yield return (new HessianProductMethod(target, gradient, $"one product for each entry is exact for any graph; it is needed because {why}"), [Quantity.HessianDiagonal]);
    }

    /// <summary>Columns pulled back from the loss, or pushed forward from the target where these are fewer.</summary>
    private IColumnMethod ByFactor(LossHead head, FactorPath path, string reason)
    {
        var entry = WeightEntry.Find(model.Builder, path);
        return entry is not null && ForwardGramMethod.Create(model.Builder, path, head, entry, reason, limits) is { } forward
            ? forward
            : new LossFactorMethod(model.Builder, path, head.Factor!, entry, reason, limits);
    }

    private static string Listed(Node[] nodes) => nodes.Length <= 3
        ? string.Join(" and ", nodes.Select(node => node.ToString()))
        : $"{nodes[0]}, {nodes[1]} and {nodes.Length - 2} more";

    private void Zero(Target target, Quantity quantity, string reason)
    {
        var zero = Expand.Of(model.Builder, model.Builder.Scalar(target.Value.Type.Element, 0), target.ResultType.Shape);
        _outputs.Add((quantity.OutputName(target.Name), zero));
        _methods.Add(new WeightPlan(target.Name, target.ResultType.Shape, quantity, "zero", reason, 0, 0, 0, 0));
    }

    /// <summary>Builds one stage for methods that share columns.</summary>
    private void Run(ImmutableArray<(IColumnMethod Method, ImmutableArray<Quantity> Quantities)> group)
    {
        var chunk = ChunkSize([.. group.Select(entry => entry.Method)]);
        var (stage, finish) = Stage([.. group.Select(entry => entry.Method)], chunk);
        var body = Finished(stage.BuildBody());
        var (flops, bytes) = (_costs.Flops(body) * stage.Chunks, _costs.PeakBytes(body));
        stage.Close();
        for (var index = 0; index < group.Length; index++)
        {
            var (method, quantities) = group[index];
            var value = finish[index]();
            foreach (var quantity in quantities)
            {
                // Two quantities that are the same number are two outputs of the program all the same.
                _outputs.Add((quantity.OutputName(method.Target.Name), quantities[0] == quantity ? value : Catalogue.Get<Identity>().Apply(model.Builder, [value]).Output));
                _methods.Add(new WeightPlan(method.Target.Name, method.Target.ResultType.Shape, quantity, method.Name, method.Reason, method.Columns, chunk, flops, bytes));
            }
        }
    }

    private (ColumnStage Stage, Func<Value>[] Finish) Stage(IReadOnlyList<IColumnMethod> methods, int chunk)
    {
        var stage = new ColumnStage(model.Builder, methods[0].Columns, chunk);
        var columns = methods[0].MakeColumns(stage);
        return (stage, [.. methods.Select(method => method.Build(stage, columns))]);
    }

    /// <summary>
    /// The most columns whose values fit the memory limit, spread evenly over the chunks. The peak of a body is the largest of
    /// several linear functions of the columns. Two trial bodies tell the one that counts for few columns; where another takes over
    /// before the limit, a third tells a secant, above which the peak does not rise.
    /// </summary>
    private int ChunkSize(IReadOnlyList<IColumnMethod> methods)
    {
        var columns = methods[0].Columns;
        if (columns <= 1)
            return 1;
        var one = Peak(1);
        if (one > limits.MemoryBytes)
            throw new UserErrorException($"One column of '{methods[0].Target.Name}' takes about {Math.Ceiling(one / (1 << 20))} MiB, and the limit is {(limits.MemoryBytes < 1 << 20 ? $"{limits.MemoryBytes} bytes" : $"{limits.MemoryBytes >> 20} MiB")}; allow more with --memory.");
        var chunk = Fit(Peak(2) - one);
        return chunk > 2 && Peak(chunk) is var peak && peak > limits.MemoryBytes ? Fit((peak - one) / (chunk - 1)) : chunk;

        double Peak(int chunk) => _costs.PeakBytes(Finished(Stage(methods, chunk).Stage.BuildBody()));

        int Fit(double each)
        {
            var most = (long)Math.Min(Math.Min(1 + Math.Floor((limits.MemoryBytes - one) / Math.Max(1, each)), MostColumnsAtOnce), columns);
            var chunks = (columns + most - 1) / most;
            return (int)((columns + chunks - 1) / chunks);
        }
    }
}
