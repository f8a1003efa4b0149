using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Inspection;

/// <summary>Surveys a model: what it holds, what can be differentiated, and by which method.</summary>
/// <param name="model">The model.</param>
/// <param name="limits">How many steps the plans of its weights may take.</param>
internal sealed class Inspector(OnnxModel model, WorkLimits limits)
{
    /// <summary>The steps that a node of a plan counts for, which passes over it several times.</summary>
    private const int StepsOfNode = 200;

    private readonly WorkBudget _budget = new(limits);
    private readonly IReadOnlyDictionary<string, string> _nodes = WeightUse.NodesByWeight(model.Graph);
    private readonly Dictionary<string, string> _obstacles = new(StringComparer.Ordinal);
    private string? _exceeded;

    /// <summary>The report.</summary>
    public InspectReport Report(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var graph = model.Graph;
        var augmented = AugmentedMetadata.Describe(model.Metadata);
        var losses = Losses().ToImmutableArray();
        var needed = losses.IsEmpty ? [] : Needed(LossRequest.Parse(losses[0].Loss));
        // The constants of an augmented model are those of its source, and what was made of them.
        var weights = Weights(augmented is null ? graph.Weights : [], losses, needed, progress, cancellation);
        // Without the nodes that were left out, some of the others lead to no output.
        var nodes = GraphWalk.Ancestors(model.LeftOutNodes.IsEmpty ? graph.Outputs.Select(output => output.Value) : graph.Values.Values);
        foreach (var node in nodes)
            if (node.Operator is OpaqueOperator opaque)
                _obstacles[node.Operator.ToString()] = opaque.Reason.TrimEnd('.');
        foreach (var node in model.LeftOutNodes)
            if (node.Reason is { } reason)
                _obstacles.TryAdd(node.Operator, reason);
        return new InspectReport(
            model.Path,
            model.IrVersion,
            model.Opset,
            [.. graph.Inputs.Select(input => (input.Name!, input.Type.ToString()))],
            [.. graph.Outputs.Select(output => (output.Name, output.Value.Type.ToString()))],
            weights,
            [.. (augmented is null ? graph.FormulaConstants : []).Select(constant => (constant.Name!, constant.Type.ToString()))],
            [
                .. nodes
                    .Select(node => node.Operator.ToString())
                    .Concat(model.LeftOutNodes.Select(node => node.Operator))
                    .GroupBy(name => name)
                    .OrderBy(group => group.Key, StringComparer.Ordinal)
                    .Select(group => (group.Key, group.Count(), _obstacles.GetValueOrDefault(group.Key))),
            ],
            losses,
            [
                .. model.Notes,
                .. Copies(losses, augmented),
                .. model.LeftOutNodes.Where(node => node.Reason is not null).Select(node => $"{node}; what depends on it is not known."),
            ]
        )
        {
            Augmented = augmented,
        };
    }

    /// <summary>Weights that hold the same numbers, as exporters make of one that is used twice.</summary>
    private IEnumerable<string> Copies(ImmutableArray<(string Loss, string Reason)> losses, AugmentedModel? augmented)
    {
        if (losses.IsEmpty || augmented is not null || model.Graph.Weights.IsEmpty)
            return [];
        var output = model.Graph.Outputs.First(output => output.Name == LossRequest.Parse(losses[0].Loss).Value).Value;
        var targets = Target.Resolve(model.Graph, model.Graph.Weights.Select(weight => weight.Name!));
        return UntiedCopies.Note(model.Graph, output, targets) is { } note ? [note] : [];
    }

    private IEnumerable<(string Loss, string Reason)> Losses()
    {
        foreach (var output in model.Graph.Outputs)
        {
            var type = output.Value.Type;
            if (!type.Element.IsFloat())
                continue;
            if (type.Rank == 0 || type.Shape.Elements.IsOne)
            {
                yield return ($"value:{output.Name}", "the output is a scalar");
                continue;
            }
            if (type.Rank >= 2 && type.Shape[1].Known is > 1 and var classes)
                yield return ($"cross-entropy:{output.Name}", $"the output has {classes} classes along axis 1");
            yield return ($"mse:{output.Name}", "a target of the output's shape");
            yield return ($"binary-cross-entropy:{output.Name}", "the output as logits, and a target of its shape");
            yield return ($"sum:{output.Name}", "the sum of the output's entries");
        }
    }

    /// <summary>
    /// The values on which the output of a loss depends. Plans are made for these alone: a model may hold any number of weights that
    /// nothing uses.
    /// </summary>
    private HashSet<Value> Needed(LossRequest loss)
    {
        var output = model.Graph.Outputs.First(output => output.Name == loss.Value).Value;
        return [output, .. GraphWalk.Ancestors([output]).SelectMany(GraphWalk.Dependencies)];
    }

    /// <summary>The weights, planned for side by side. What is left of the steps is decided in their order.</summary>
    private ImmutableArray<InspectedWeight> Weights(
        ImmutableArray<Value> weights,
        ImmutableArray<(string Loss, string Reason)> losses,
        HashSet<Value> needed,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        var ahead = 2 * Environment.ProcessorCount;
        var limits = new PlanLimits { Interrupt = new PlanInterrupt(cancellation) };
        var plans = new Task<(WeightPlan Method, int Nodes)>?[weights.Length];
        var found = ImmutableArray.CreateBuilder<InspectedWeight>(weights.Length);
        try
        {
            for (var (index, begun) = (0, 0); index < weights.Length; index++)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Report(new RunProgress((double)index / weights.Length, $"weight {index + 1} of {weights.Length}", RunPhase.Plan));
                for (; begun < weights.Length && begun < index + ahead && _exceeded is null; begun++)
                    if (!losses.IsEmpty && weights[begun] is var weight && needed.Contains(weight))
                        plans[begun] = Task.Run(() => Plan(weight, losses[0].Loss, limits), CancellationToken.None);
                found.Add(Inspect(weights[index], losses, needed, plans[index]));
            }
        }
        finally
        {
            // What still goes on reads the model's files.
            Task.WhenAll(plans.OfType<Task>()).ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }
        return found.MoveToImmutable();
    }

    private (WeightPlan Method, int Nodes) Plan(Value weight, string loss, PlanLimits limits)
    {
        var request = new CurvatureRequest
        {
            WithRespectTo = [weight.Name!],
            Loss = LossRequest.Parse(loss),
            Quantities = [Quantity.HessianDiagonal],
        };
        return new Planner(model.Graph with { Builder = model.Graph.Builder.Continued() }, request, limits).PlanDiagonal();
    }

    private InspectedWeight Inspect(
        Value weight,
        ImmutableArray<(string Loss, string Reason)> losses,
        HashSet<Value> needed,
        Task<(WeightPlan Method, int Nodes)>? plan
    )
    {
        if (losses.IsEmpty)
            return Of(
                null,
                model.LeftOutNodes.IsEmpty
                    ? "the model has no floating-point output to take a loss of"
                    : "the model's outputs depend on nodes that cannot be taken"
            );
        if (!needed.Contains(weight))
            return Of(null, "the loss does not depend on it");
        if (_exceeded is not null)
            return Of(null, _exceeded);
        try
        {
            var (method, size) = plan!.GetAwaiter().GetResult();
            _budget.TakeSteps(StepsOfNode * (double)size);
            return Of(method, null);
        }
        catch (WorkLimitException exception)
        {
            _exceeded = $"it was not planned, because for all weights {exception.Message}";
            return Of(null, _exceeded);
        }
        catch (UnsupportedModelException exception)
        {
            foreach (var refusal in exception.Nodes)
                _obstacles.TryAdd(refusal.Node.Operator.ToString(), refusal.Reason);
            return Of(null, exception.Message);
        }
        catch (Exception exception) when (exception is UserErrorException or UnsupportedOperatorException or ArithmeticException)
        {
            return Of(null, exception.Message);
        }

        InspectedWeight Of(WeightPlan? method, string? reason) =>
            new(
                weight.Name!,
                _nodes.GetValueOrDefault(weight.Name!, ""),
                weight.Type.ToString(),
                weight.Type.Shape.Elements.Factor,
                method,
                reason
            );
    }
}
