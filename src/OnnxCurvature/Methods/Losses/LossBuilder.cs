using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Losses;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Losses;

/// <summary>Puts the requested loss onto a model.</summary>
public static class LossBuilder
{
    /// <summary>
    /// Builds the loss. Throws <see cref="UserErrorException"/> for a value that does not exist or does not fit the loss.
    /// </summary>
    public static LossHead Build(ModelGraph model, LossRequest request, Reduction reduction)
    {
        var value = Find(model, request.Value);
        if (!value.Type.Element.IsFloat())
            throw new UserErrorException(
                $"The loss cannot be taken of '{value.Name}', which holds {value.Type.Element.DisplayName()}; name a floating-point "
                    + $"value with --loss {LossRequest.Name(request.Kind)}:VALUE."
            );
        var b = model.Builder;
        // The loss is built of its value itself: what passed that by, as -(-u) is u, would not depend on it.
        using var hidden = b.Hide();
        b.Origin = "loss";
        try
        {
            return request.Kind switch
            {
                LossKind.CrossEntropy => BeforeSoftmax(b, value, FreeName(model, "labels"), reduction),
                LossKind.BinaryCrossEntropy => BeforeSigmoid(b, value, FreeName(model, "target"), reduction),
                LossKind.Mse => EntrywiseLoss.MeanSquaredError(b, value, FreeName(model, "target"), reduction, []),
                LossKind.Sum => new LossHead(ReduceSum.All(b, value), value, null, null, BatchWeight.Sum, []),
                LossKind.Value => OfModel(b, value, reduction),
                _ => throw new ArgumentOutOfRangeException(nameof(request)),
            };
        }
        finally
        {
            b.Origin = null;
        }
    }

    /// <summary>The name of the input for the loss's target; the model's own values keep theirs.</summary>
    private static string FreeName(ModelGraph model, string name)
    {
        while (model.Values.ContainsKey(name))
            name = "loss." + name;
        return name;
    }

    /// <summary>The value of a name. An output of 16 bits is found before it is rounded to them.</summary>
    private static Value Find(ModelGraph model, string? name) =>
        name is null
            ? Find(model, model.Outputs[0].Name)
            : model.Values.GetValueOrDefault(name)
                ?? model.Outputs.FirstOrDefault(output => output.Name == name)?.Value
                ?? throw new UserErrorException(
                    $"The model has no value '{name}' to take the loss of; "
                        + $"{Suggestions.For(name, model.Outputs.Select(output => output.Name).Concat(model.Values.Keys))}."
                );

    /// <summary>Cross-entropy of probabilities starts from the logits before the softmax that made them.</summary>
    private static LossHead BeforeSoftmax(GraphBuilder b, Value value, string labels, Reduction reduction)
    {
        if (Rearranged(value).Producer is not { Operator: Softmax or LogSoftmax } softmax)
            return CrossEntropy.Build(b, value, labels, reduction, []);
        var logits = softmax.Inputs[0]!;
        var axis = Ops.Axes.Normalize(softmax.Attributes.Int("axis", -1), logits.Type.Rank);
        if (
            axis != 1
            && logits.Type.Shape.Range(axis + 1, logits.Type.Rank).Elements is { } rest
            && !(axis == logits.Type.Rank - 1 && rest.IsOne && logits.Type.Rank == 2)
        )
            throw new UserErrorException(
                $"The softmax before '{value.Name}' runs along axis {axis} of {logits.Type.Shape}, and cross-entropy takes classes "
                    + $"along axis 1; name the logits with --loss cross-entropy:VALUE."
            );
        return CrossEntropy.Build(b, logits, labels, reduction, [$"The loss starts from '{logits.Name}', the logits before {softmax}."]);
    }

    /// <summary>
    /// Binary cross-entropy of probabilities starts from the logits before the sigmoid that made them, rearranged as the probabilities
    /// are.
    /// </summary>
    private static LossHead BeforeSigmoid(GraphBuilder b, Value value, string target, Reduction reduction)
    {
        if (Rearranged(value).Producer is not { Operator: Sigmoid } sigmoid)
            return EntrywiseLoss.BinaryCrossEntropy(b, value, target, reduction, []);
        var logits = b.Substitute([value], new Dictionary<Value, Value> { [sigmoid.Output] = sigmoid.Inputs[0]! })[0];
        var note = $"The loss starts from '{sigmoid.Inputs[0]!.Name}', the logits before {sigmoid}.";
        return EntrywiseLoss.BinaryCrossEntropy(b, logits, target, reduction, [note]);
    }

    /// <summary>The value whose elements a value holds in the same order, perhaps in another shape or floating-point type.</summary>
    private static Value Rearranged(Value value)
    {
        while (
            value.Producer
                is { Operator.Name: "Identity" or "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" or "Dropout" or "Cast" } node
            && value.Index == 0
            && node.Inputs[0]!.Type.Element.IsFloat()
        )
            value = node.Inputs[0]!;
        return value;
    }

    private static LossHead OfModel(GraphBuilder b, Value value, Reduction reduction)
    {
        var batches = reduction == Reduction.Mean ? BatchWeight.Samples : BatchWeight.Sum;
        var head =
            value.Type.Rank == 0 || value.Type.Shape.Elements.IsOne
                ? new LossHead(Reshape.To(b, value, TensorShape.Scalar), value, null, null, batches, [])
                : new LossHead(
                    ReduceSum.All(b, value),
                    value,
                    null,
                    null,
                    BatchWeight.Sum,
                    [$"'{value.Name}' has the shape {value.Type.Shape}, so the loss is the sum of its entries."]
                );
        if (value is not { Index: 0, Producer: { Operator: ClassLoss } node })
            return head;
        if (node.Inputs[1] is { Producer: null, Constant: null, Name: { } labels } && node.Inputs[0]!.Type.Shape[1].Known is { } classes)
            head = head with
            {
                Labels = new ClassLabels(
                    labels,
                    classes,
                    node.Attributes.Has("ignore_index") ? node.Attributes.Int("ignore_index", 0) : null
                ),
            };
        if (CrossEntropy.LogitsOf(node) is not { } logits || CrossEntropy.FactorOf(b, node, logits) is not { } factor)
            return head;
        var form = node.Attributes.Text("reduction", "mean");
        return head with
        {
            Output = logits,
            Factor = factor,
            ClassAxis = CrossEntropy.ClassAxis,
            Reduction = form == "mean" ? BatchWeight.Samples : BatchWeight.Sum,
            Notes =
            [
                .. head.Notes,
                $"The loss '{value.Name}' is the cross-entropy of '{logits.Name}' that {node} "
                    + $"computes{(form == "none" ? "" : $", as a {form}")}.",
            ],
        };
    }
}
