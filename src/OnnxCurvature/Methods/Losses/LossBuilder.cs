using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Losses;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Losses;

/// <summary>Puts the requested loss onto a model.</summary>
internal static class LossBuilder
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
        using var origin = b.For(NodeOrigin.Loss);
        return request.Kind switch
        {
            LossKind.CrossEntropy => OfLogits(
                b,
                ClassLogits.Of(value, request.Classes),
                TargetName(model, request.Kind),
                request,
                reduction
            ),
            LossKind.BinaryCrossEntropy => BeforeSigmoid(b, value, TargetName(model, request.Kind), request.PositiveTensor, reduction),
            LossKind.Mse => EntrywiseLoss.MeanSquaredError(b, value, TargetName(model, request.Kind), reduction, []),
            LossKind.Sum => new LossHead(ReduceSum.All(b, value), value, null, null, BatchWeight.Sum, []),
            LossKind.Value => OfModel(b, value, request.Value ?? value.Name!, reduction),
            _ => throw new ArgumentOutOfRangeException(nameof(request)),
        };
    }

    /// <summary>The name of the input for the loss's target; the model's own values keep theirs.</summary>
    public static string TargetName(ModelGraph model, LossKind kind)
    {
        var name = kind == LossKind.CrossEntropy ? "labels" : "target";
        while (model.Values.ContainsKey(name))
            name = "loss." + name;
        return name;
    }

    /// <summary>
    /// The value of a name, or the part of it that brackets behind the name say. An output of 16 bits is found before it is rounded to
    /// them.
    /// </summary>
    public static Value Find(ModelGraph model, string? name)
    {
        name ??= model.Outputs[0].Name;
        if (Named(model, name) is { } whole)
            return whole;
        var (before, part) = OutputPart.Split(name);
        return part is not null && Named(model, before) is { } value
            ? OutputPart.Of(model.Builder, value, before, part)
            : throw new UserErrorException(
                $"The model has no value '{before}' to take the loss of; "
                    + $"{Suggestions.For(before, model.Outputs.Select(output => output.Name).Concat(model.Values.Keys))}."
            );
    }

    /// <summary>
    /// The symbol for the number of classes of a cross-entropy, as where every sample of a batch is a class; null where the number is
    /// known, or is no single symbol.
    /// </summary>
    public static string? SymbolOfClasses(ModelGraph model, LossRequest request)
    {
        if (
            request.Kind != LossKind.CrossEntropy
            || Find(model, request.Value) is not { Type.Element: var element } value
            || !element.IsFloat()
        )
            return null;
        var found = ClassLogits.Of(value, request.Classes);
        var (shape, axis) = (found.Logits.Type.Shape, found.Axis ?? CrossEntropy.DefaultAxis);
        return axis < shape.Rank && shape[axis] is { Factor: 1, Symbols: [var symbol] } ? symbol.Name : null;
    }

    private static Value? Named(ModelGraph model, string name) =>
        model.Values.GetValueOrDefault(name) ?? model.Outputs.FirstOrDefault(output => output.Name == name)?.Value;

    private static LossHead OfLogits(GraphBuilder b, ClassLogits found, string labels, LossRequest request, Reduction reduction)
    {
        if (found.Logits.Type.Rank < 2)
            throw new UserErrorException(
                $"Cross-entropy needs logits of shape [N, C] or [N, C, …], but '{found.Logits.Name}' has the shape "
                    + $"{found.Logits.Type.Shape}; name another value with --loss cross-entropy:VALUE."
            );
        var shape = found.Logits.Type.Shape;
        var notes = found.Notes;
        if (found.Axis is null && !shape.Range(CrossEntropy.DefaultAxis + 1, shape.Rank).Elements.IsOne)
            notes = notes.Add(
                $"Classes are taken along axis {CrossEntropy.DefaultAxis} of '{found.Logits.Name}' {shape}; --class-axis names another."
            );
        return CrossEntropy.Build(b, found.Logits, found.Axis ?? CrossEntropy.DefaultAxis, labels, request.Classes, reduction, notes);
    }

    /// <summary>
    /// Binary cross-entropy of probabilities starts from the logits before the sigmoid that made them, rearranged as the probabilities
    /// are.
    /// </summary>
    private static LossHead BeforeSigmoid(GraphBuilder b, Value value, string target, Tensor? weights, Reduction reduction)
    {
        if (Rearranged(value).Producer is not { Operator: Operator { IsLogistic: true } } sigmoid)
            return EntrywiseLoss.BinaryCrossEntropy(b, value, target, weights, reduction, []);
        var logits = b.Substitute([value], new Dictionary<Value, Value> { [sigmoid.Output] = sigmoid.Inputs[0]! })[0];
        var note = $"The loss starts from '{sigmoid.Inputs[0]!.Name}', the logits before {sigmoid}.";
        return EntrywiseLoss.BinaryCrossEntropy(b, logits, target, weights, reduction, [note]);
    }

    /// <summary>The value whose elements a value holds in the same order, perhaps in another shape or floating-point type.</summary>
    internal static Value Rearranged(Value value)
    {
        while (
            value.Producer is { Operator: Operator { KeepsNumbers: true } } node
            && value.Index == 0
            && node.Inputs[0]!.Type.Element.IsFloat()
        )
            value = node.Inputs[0]!;
        return value;
    }

    private static LossHead OfModel(GraphBuilder b, Value value, string name, Reduction reduction)
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
                    [$"'{name}' has the shape {value.Type.Shape}, so the loss is the sum of its entries."]
                );
        if (value is not { Index: 0, Producer: { Operator: ClassLoss loss } node })
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
        if (loss.LogitsOf(node) is not { } logits)
            return head;
        var form = node.Attributes.Text("reduction", "mean");
        return head with
        {
            Output = logits,
            Root = CrossEntropy.RootOf(b, node, logits),
            ClassAxis = CrossEntropy.DefaultAxis,
            Reduction = form == "mean" ? BatchWeight.Samples : BatchWeight.Sum,
            Notes =
            [
                .. head.Notes,
                $"The loss '{name}' is the cross-entropy of '{logits.Name}' that {node} "
                    + $"computes{(form == "none" ? "" : $", as a {form}")}.",
            ],
        };
    }
}
