using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Makes problems from choices.</summary>
internal static class ProblemGenerator
{
    private const int MostOutputs = 48;
    private const int MostEntries = 40;
    private const int MostBesides = 4;

    /// <summary>A problem; null where the loss could depend on nothing, or all that it depends on is too large.</summary>
    /// <param name="choices">The choices that decide.</param>
    /// <param name="seed">The seed of the elements of tensors.</param>
    public static Problem? Make(Choices choices, ulong seed)
    {
        var samples = choices.Weighted([(6, 2), (6, 3), (2, 1), (2, 4), (1, 35), (1, 5), (1, 7)]);
        var b = new GraphBuilder(choices, seed)
        {
            Samples = samples,
            IsSymbolic = choices.OneIn(2),
            Bits = choices.Weighted([(4, 64), (3, 32), (2, 16)]),
            Opset = choices.Pick(17, 13, 18, 21, 15, 20, 14, 16, 19),
        };
        if (b.Bits == 16)
            b.Trait("float16");
        var x = InputOf(b);
        // Many samples go with few nodes, so that a problem stays small.
        for (var left = samples > 8 ? 2 : 7; left > 0 && choices.Next(6) > 0; left--)
        {
            var next = Block.Next(b, x);
            if (next.Layout.Count() > (samples > 8 ? 16 * samples : Sizes.Most))
                break;
            x = next;
        }
        return Finish(b, x, seed);
    }

    private static Sketch InputOf(GraphBuilder b)
    {
        int Size() => Sizes.Of(b);
        var n = b.Batch;
        var form = b.Choices.Weighted([
            (5, "features"),
            (4, "sequence"),
            (3, "steps first"),
            (3, "image"),
            (2, "signal"),
            (2, "embedding"),
            (2, "features first"),
            (1, "samples last"),
            (1, "state"),
            (1, "no batch"),
        ]);
        b.Trait($"input {form}");
        switch (form)
        {
            case "features":
                return b.Input(Layout.Of(n, new Factor(Size())));
            case "sequence":
                return b.Input(Layout.Of(n, new Factor(Size()), new Factor(Size())));
            case "steps first":
                return b.Input(Layout.Of(new Factor(Size()), n, new Factor(Size())));
            case "image":
                return b.Input(
                    Layout.Of(n, new Factor(b.Choices.Pick(1, 2, 4)), new Factor(b.Choices.Pick(3, 4)), new Factor(b.Choices.Pick(3, 2)))
                );
            case "signal":
                return b.Input(Layout.Of(n, new Factor(Size()), new Factor(b.Choices.Pick(4, 3, 5))));
            case "features first":
                return b.Input(Layout.Of(new Factor(Size()), n));
            case "samples last":
                return b.Input(Layout.Of(new Factor(Size()), new Factor(Size()), n));
            case "state":
                return b.Input(Layout.Plain(Size()));
            case "no batch":
                return b.Input(Layout.Plain(Size(), Size()));
            default:
                var (ids, width) = (b.IntegerInput(Layout.Of(n, new Factor(Size())), 3), Size());
                return b.Value(ids.Layout.Insert(2, width), "Gather", [b.Weight(1, 3, width), ids.Name], ("axis", 0L));
        }
    }

    private static Problem? Finish(GraphBuilder b, Sketch x, ulong seed)
    {
        var (choices, kind) = (
            b.Choices,
            b.Choices.Pick("mse", "cross-entropy", "binary-cross-entropy", "sum", "value", "total", "own cross-entropy", "several")
        );
        var hasClasses = kind is "cross-entropy" or "own cross-entropy" or "several";
        if (x.Rank >= 2 && !x.Layout.HoldsSamples(x.Rank - 1) && choices.OneIn(5))
            x = DenseBlocks.Narrow(b, x);
        if (hasClasses)
            x = WithClasses(b, x);
        // An axis of one entry makes nothing smaller, however often it is reduced.
        while (
            x.Layout.Count() > Math.Max(MostOutputs, 4 * b.Samples)
            && x.PlainAxes.Where(axis => x.Shape[axis] > 1).DefaultIfEmpty(-1).Last() is >= 0 and var axis
        )
            x = ReductionBlocks.Reduce(b, x, "ReduceMean", [axis], keep: axis == 1 || x.Rank <= 2);
        // A loss that finds probabilities at the end starts from the logits before them, which is asked for on purpose below.
        if (b.EndsIn(x, "Softmax", "LogSoftmax", "Sigmoid"))
            x = b.Value(x.Layout, "Neg", [x.Name]);
        var z = x;
        var output = x;
        var labels = ImmutableArray<long>.Empty;
        var own = (string?)null;
        var part = kind is "own cross-entropy" or "several" or "total" ? null : OutputPart.Choose(choices, z, hasClasses);
        if (part is not null)
            z = part.Sketch;
        if (hasClasses)
            labels =
            [
                .. Enumerable.Range(0, z.Layout.Count() / z.Shape[1]).Select(index => (long)(Mixing.Unit(seed, 5000, index) * z.Shape[1])),
            ];
        var loss = LossKind.Value;
        switch (kind)
        {
            case "mse":
                loss = LossKind.Mse;
                break;
            case "sum":
                loss = LossKind.Sum;
                break;
            case "binary-cross-entropy":
                loss = LossKind.BinaryCrossEntropy;
                if (part is null && choices.OneIn(6))
                    output = b.Value(z.Layout, "Sigmoid", [z.Name]);
                break;
            case "cross-entropy":
                loss = LossKind.CrossEntropy;
                if (part is null && z.Rank == 2 && choices.OneIn(6))
                    output = b.Value(z.Layout, "Softmax", [z.Name], ("axis", 1L));
                break;
            case "own cross-entropy":
                own = choices.Pick("mean", "sum");
                (z, output) = OwnCrossEntropy(b, z, labels, own);
                x = z;
                break;
            case "several":
                var (scores, classes) = OwnCrossEntropy(b, z, labels, choices.Pick("mean", "sum"));
                var other = Block.Same(b, scores);
                var distance = ReductionBlocks.Reduce(
                    b,
                    b.Value(other.Layout, "Mul", [other.Name, other.Name]),
                    choices.Pick("ReduceMean", "ReduceSum"),
                    [.. Enumerable.Range(0, other.Rank)],
                    keep: false
                );
                z = output = b.Value(
                    Layout.Plain(),
                    choices.Pick("Add", "Mul"),
                    [classes.Name, b.Node("Mul", [distance.Name, b.Scalar(0.5)])]
                );
                labels = [];
                break;
            case "total" when x.Rank > 0:
                var squares = choices.OneIn(2) ? b.Value(x.Layout, "Mul", [x.Name, x.Name]) : x;
                z = output = ReductionBlocks.Reduce(
                    b,
                    squares,
                    choices.Pick("ReduceSum", "ReduceMean"),
                    [.. Enumerable.Range(0, x.Rank)],
                    keep: false
                );
                break;
        }
        b.Trait($"loss {kind}");
        if (part is not null)
            b.Trait("loss of a part of an output");
        b.Trait($"output {(z.Rank > 4 ? "of rank 5 or more" : z.Layout.ToString().ReplaceDigits())}");
        var graph = b.Build(output);
        var targets = graph.Targets.Where(target => target.Layout.Count() <= 4 * MostEntries && target.Name != z.Name).ToArray();
        if (targets.Length == 0)
            return null;
        var weights = targets.Where(target => target.Name[0] == 'w').ToArray();
        var target = weights.Length > 0 && choices.Next(4) < 3 ? choices.Pick(weights) : choices.Pick(targets);
        b.Trait(
            target.Name[0] switch
            {
                'w' => "by a weight",
                'x' => "by an input",
                _ => "by a value between",
            }
        );
        var problem = new Problem
        {
            Graph = graph with { Traits = b.Build(output).Traits, Beyond = part is null ? [] : [part.Node] },
            Loss = loss,
            Reduction = choices.OneIn(3) ? Reduction.Sum : Reduction.Mean,
            Z = z,
            OfPart = part,
            OwnCrossEntropy = own,
            Labels = labels,
            Wanted = loss is LossKind.Mse or LossKind.BinaryCrossEntropy
                ? [.. Enumerable.Range(0, z.Layout.Count()).Select(index => Math.Round(1024 * Mixing.Unit(seed, 6000, index)) / 1024)]
                : [],
            Target = target,
            Part = PartOf(choices, target),
            Quantities = QuantitiesOf(choices),
            Precision = b.Bits == 64 || choices.OneIn(2) ? Precision.Model : Precision.Float64,
            DeclaresSamples = choices.Next(3) > 0,
            Checks = choices.OneIn(3),
            BatchSize = graph.Inputs.Any(input => input.IsSymbolic) ? choices.Pick<int?>(null, 1, 2, 3) : null,
            ChunkBytes = choices.Pick<long?>(null, 20_000, 4000),
            PlansForAnySize = b.IsSymbolic && choices.OneIn(4),
            Execution = choices.Weighted([
                (6, Execution.Managed),
                (6, Execution.Engine),
                (3, Execution.SingleRun),
                (3, Execution.Portable),
            ]),
            Threads = choices.Pick(1, 3),
            FileOpset = choices.Pick<int?>(null, null, 13, 15, 17, 21),
            Seed = seed,
        };
        var asked = WithBesides(choices, WithOther(choices, WithRules(choices, problem)));
        return asked with
        {
            MasksProducts = choices.Pick<bool?>(null, true),
            HasWeightsBeside = choices.OneIn(2),
            OptimizesSmallNodes = choices.OneIn(2),
        };
    }

    /// <summary>With more targets in some cases, of quantities that take no directions of the user's own.</summary>
    private static Problem WithBesides(Choices choices, Problem problem)
    {
        if (problem.Other is not null || !choices.OneIn(4))
            return problem;
        var others = problem.Graph.Targets.Where(other =>
            other.Name != problem.Target.Name && other.Name[0] is 'w' or 'x' && other.Layout.Count() <= MostEntries
        );
        return problem with
        {
            Besides = [.. others.Take(MostBesides)],
            Quantities = [.. problem.Quantities.Where(quantity => quantity is not (Quantity.Hvp or Quantity.Jvp or Quantity.Vjp))],
        };
    }

    /// <summary>With options of classes and labels in some cases of a cross-entropy.</summary>
    private static Problem WithRules(Choices choices, Problem problem)
    {
        if (problem.Loss != LossKind.CrossEntropy || !choices.OneIn(2))
            return problem;
        var (shape, seed) = (problem.Z.Shape, problem.Seed);
        // The axis of a final Softmax is that of the classes.
        int[] axes = [1, .. Enumerable.Range(0, shape.Length).Where(axis => axis != 1 && shape[axis] > 1 && shape.Length > 1)];
        var axis = problem.Graph.Output == problem.Z.Name || problem.OfPart is not null ? choices.Pick(axes) : 1;
        var (isSoft, ignores) = (choices.OneIn(5), choices.OneIn(3));
        var rules = new ClassRules(axis)
        {
            Smoothing = choices.Pick(0, 0.25, 1),
            Weights = choices.OneIn(3)
                ? [.. Enumerable.Range(0, shape[axis]).Select(c => 0.25 + Math.Round(16 * Mixing.Unit(seed, 6100, c)) / 8)]
                : [],
            Soft = isSoft
                ? [.. Enumerable.Range(0, problem.Z.Layout.Count()).Select(place => Math.Round(64 * Mixing.Unit(seed, 6200, place)) / 64)]
                : [],
            Ignored = ignores && !isSoft ? -100 : null,
        };
        // The first label counts, so that there is one.
        long LabelOf(int row) =>
            rules.Ignored is { } ignored && row > 0 && Mixing.Unit(seed, 6300, row) < 0.4
                ? ignored
                : (long)(Mixing.Unit(seed, 5000, row) * shape[axis]);
        return problem with { Rules = rules, Labels = [.. Enumerable.Range(0, problem.Z.Layout.Count() / shape[axis]).Select(LabelOf)] };
    }

    /// <summary>With a second target in some cases, where both are weights or inputs.</summary>
    private static Problem WithOther(Choices choices, Problem problem)
    {
        var others = problem
            .Graph.Targets.Where(other =>
                other.Name != problem.Target.Name && other.Name[0] is 'w' or 'x' && other.Layout.Count() <= MostEntries
            )
            .ToArray();
        if (problem.Target.Name[0] is not ('w' or 'x') || others.Length == 0 || !choices.OneIn(6))
            return problem;
        return problem with
        {
            Other = choices.Pick(others),
            Quantities = [Quantity.Loss, Quantity.Gradient, Quantity.HessianDiagonal, Quantity.CrossHessian],
        };
    }

    /// <summary>Classes along axis 1, at least two of them.</summary>
    private static Sketch WithClasses(GraphBuilder b, Sketch x)
    {
        if (x.Rank >= 2 && x.Shape[1] >= 2 && (!x.Layout.HoldsSamples(1) || b.Choices.OneIn(6)))
            return x;
        if (!x.PlainAxes.Any(axis => x.Shape[axis] > 1))
        {
            if (x.Rank == 0 || x.Layout.HoldsSamples(x.Rank - 1))
                x = b.Value(x.Layout.Insert(x.Rank, 1), "Unsqueeze", [x.Name, b.Integers(x.Rank)]);
            x = b.Value(x.Layout.With(x.Rank - 1, 3), "MatMul", [x.Name, b.Weight(1, x.Shape[^1], 3)]);
        }
        if (x.Rank == 1)
            return b.Value(x.Layout.Insert(0, 1), "Unsqueeze", [x.Name, b.Integers(0)]);
        var classes = b.Choices.Pick([.. x.PlainAxes.Where(axis => x.Shape[axis] > 1).Reverse()]);
        var order = Enumerable.Range(0, x.Rank).Where(axis => axis != classes).ToList();
        order.Insert(1, classes);
        // The rows of all other axes as one, or classes brought to axis 1.
        if (classes == x.Rank - 1 && b.Choices.OneIn(2))
        {
            var rows = x.Layout.Axes[..^1].SelectMany(axis => axis).ToImmutableArray();
            return LayoutBlocks.Reshaped(b, x, new Layout([rows, x.Layout.Axes[^1]]));
        }
        return classes == 1 ? x : LayoutBlocks.Permuted(b, x, [.. order]);
    }

    /// <summary>A cross-entropy that the model computes, of scores without further axes of one entry.</summary>
    private static (Sketch Scores, Sketch Loss) OwnCrossEntropy(GraphBuilder b, Sketch z, ImmutableArray<long> labels, string reduction)
    {
        if (z.Shape[2..].All(size => size == 1) && z.Rank > 2)
            z = b.Value(new Layout(z.Layout.Axes[..2]), "Reshape", [z.Name, b.Integers(0, z.Shape[1])]);
        string[] inputs = [z.Name, b.Labels(z.Layout.Remove(1), labels)];
        return (z, b.Value(Layout.Plain(), "SoftmaxCrossEntropyLoss", inputs, ("reduction", reduction)));
    }

    private static TargetPart? PartOf(Choices choices, Sketch target)
    {
        if (target.Name[0] != 'w' || target.Rank == 0)
            return null;
        var size = target.Shape[0];
        var row = target.Layout.Count() / size;
        if (target.Layout.Count() <= MostEntries && !choices.OneIn(8))
            return null;
        var start = choices.Next(size);
        var most = Math.Max(1, Math.Min(MostEntries / Math.Max(1, row), size - start));
        var count = 1 + choices.Next(most);
        return new TargetPart(start, start + count, count == 1 && choices.OneIn(2));
    }

    private static ImmutableArray<Quantity> QuantitiesOf(Choices choices)
    {
        Quantity[] more =
        [
            Quantity.GgnDiagonal,
            Quantity.FisherDiagonal,
            Quantity.Hessian,
            Quantity.Hvp,
            Quantity.Jacobian,
            Quantity.Jvp,
            Quantity.Vjp,
            Quantity.Laplacian,
            Quantity.GradientOfGradient,
            Quantity.PerSampleGradient,
            Quantity.PerSampleHessianDiagonal,
            Quantity.PerSampleGgnDiagonal,
            Quantity.PerSampleFisherDiagonal,
        ];
        return [Quantity.Loss, Quantity.Gradient, Quantity.HessianDiagonal, .. more.Where(_ => choices.OneIn(4))];
    }

    private static string ReplaceDigits(this string layout) => System.Text.RegularExpressions.Regex.Replace(layout, "[0-9]+", "c");
}
