using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>
/// Resolves the operators on sequences and optional values when a model is loaded: what is left of them are tensors. Sequences that
/// depend on values known only at run time are refused.
/// </summary>
internal sealed class SequenceLoader(NodeLoader loader)
{
    /// <summary>Whether a node is of an operator on sequences or optional values.</summary>
    public static bool Resolves(NodeProto node) =>
        node.Domain is "" or "ai.onnx"
        && node.OpType
            is "ConcatFromSequence"
                or "Optional"
                or "OptionalGetElement"
                or "OptionalHasElement"
                or "SequenceAt"
                or "SequenceConstruct"
                or "SequenceEmpty"
                or "SequenceErase"
                or "SequenceInsert"
                or "SequenceLength"
                or "SequenceMap"
                or "SplitToSequence";

    /// <summary>Resolves a node. False for a node of an operator on tensors, which must not take a sequence.</summary>
    public bool Load(NodeProto node, Scope scope, ImmutableArray<Value?> inputs)
    {
        switch (node.Domain is "" or "ai.onnx" ? node.OpType : "")
        {
            case "SequenceEmpty":
                Give(new ListValue([]));
                break;
            case "SequenceConstruct":
                Give(new ListValue([.. inputs.Select(input => input ?? throw Lacks(node))]));
                break;
            case "SequenceInsert":
                Give(new ListValue(List(0).Items.Insert(At(2, List(0).Items.Length, List(0).Items.Length), Tensor(1))));
                break;
            case "SequenceErase":
                Give(new ListValue(List(0).Items.RemoveAt(At(1, -1, List(0).Items.Length - 1))));
                break;
            case "SequenceAt":
                Define(List(0).Items[At(1, -1, List(0).Items.Length - 1)]);
                break;
            case "SequenceLength":
                Define(scope.Builder.Constant(Ir.Tensor.Scalar(ElementType.Int64, List(0).Items.Length)));
                break;
            case "SplitToSequence":
                Give(new ListValue(Parts(node, scope, Tensor(0), inputs.ElementAtOrDefault(1))));
                break;
            case "ConcatFromSequence":
                Define(Joined(node, scope, List(0).Items));
                break;
            case "SequenceMap":
                Map(node, scope, inputs);
                break;
            case "Optional":
                Give(ListAt(0) is { } inner ? new ListValue([], true, inner) : new ListValue(inputs is [{ } value] ? [value] : [], true));
                break;
            case "OptionalHasElement":
                Define(scope.Builder.Constant(Ir.Tensor.Scalar(ElementType.Bool, ListAt(0)?.HasElement ?? inputs is [{ }] ? 1 : 0)));
                break;
            case "OptionalGetElement" when ListAt(0) is { IsOptional: true, HasElement: false }:
                throw new UnsupportedOperatorException("the optional value that it takes is empty.");
            case "OptionalGetElement" or "Identity" when ListAt(0) is { } list:
                var found = node.OpType == "Identity" || !list.IsOptional ? list : list.Sequence;
                if (found is null)
                    Define(list.Items[0]);
                else
                    Give(found);
                break;
            case "OptionalGetElement":
                Define(Tensor(0));
                break;
            default:
                return node.Input.FirstOrDefault(name => scope.FindList(name) is not null) is not { } taken
                    ? false
                    : throw new UnsupportedOperatorException(
                        $"it takes '{taken}', which is {(scope.FindList(taken)!.IsOptional ? "an optional value" : "a sequence")} and "
                            + $"no tensor; only operators on sequences may take it."
                    );
        }
        return true;

        ListValue? ListAt(int index) => index < node.Input.Count ? scope.FindList(node.Input[index]) : null;

        ListValue List(int index) =>
            ListAt(index) is { IsOptional: false } list
                ? list
                : throw new UnsupportedOperatorException($"its input {index} is no sequence that is known when the model is loaded.");

        Value Tensor(int index) => inputs.ElementAtOrDefault(index) ?? throw Lacks(node);

        int At(int index, long otherwise, int last) =>
            List(0).Position(inputs.ElementAtOrDefault(index) is { } position ? Number(position) : otherwise, last);

        void Define(Value value) => loader.Define(scope, node.Output[0], value);

        void Give(ListValue list)
        {
            loader.Budget.TakeBytes((long)IntPtr.Size * list.Items.Length);
            loader.DefineList(scope, node.Output[0], list);
        }
    }

    private static long Number(Value value) =>
        KnownTensor.Integer(value)
        ?? throw new UnsupportedOperatorException(
            "the position in a sequence is computed at run time, and only a constant is supported there.",
            value
        );

    private static UnsupportedOperatorException Lacks(NodeProto node) =>
        new($"{node.OpType} lacks an input, or takes a sequence for a tensor.");

    /// <summary>The tensors side by side along an axis, or along a new one.</summary>
    private static Value Joined(NodeProto node, Scope scope, ImmutableArray<Value> items)
    {
        if (items.IsEmpty)
            throw new UnsupportedOperatorException("it joins the tensors of a sequence that is empty.");
        var isNew = AttributeReader.Int(node, scope, "new_axis", 0) != 0;
        var axis = Axes.Normalize(AttributeReader.Int(node, scope, "axis", 0), items[0].Type.Rank + (isNew ? 1 : 0));
        return Concat.Of(scope.Builder, isNew ? [.. items.Select(item => Reshape.InsertAxis(scope.Builder, item, axis))] : items, axis);
    }

    /// <summary>Slices of given sizes along an axis, of one size, or of single entries, from which the axis may be removed.</summary>
    private ImmutableArray<Value> Parts(NodeProto node, Scope scope, Value x, Value? split)
    {
        var b = scope.Builder;
        var axis = Axes.Normalize(AttributeReader.Int(node, scope, "axis", 0), x.Type.Rank);
        var given = split is null
            ? null
            : KnownTensor.Required(split, "the sizes of the parts are computed at run time, and only constants are supported there.");
        long[] sizes;
        if (given is { Rank: 1 })
            sizes = given.Integers;
        else
        {
            var size =
                x.Type.Shape[axis].Known
                ?? throw new UnsupportedOperatorException(
                    $"the size {x.Type.Shape[axis]} of the axis that is split is not known; give the sizes of symbolic dimensions."
                );
            var each = split is null ? 1 : Number(split);
            if (each < 1)
                throw new UnsupportedOperatorException($"parts of the size {each} cannot be made.");
            var count = size / each + (size % each > 0 ? 1 : 0);
            loader.Budget.TakeNodes(count);
            sizes = [.. Enumerable.Range(0, (int)count).Select(part => Math.Min(each, size - part * each))];
        }
        if (
            sizes.Any(size => size < 0)
            || x.Type.Shape[axis].Known is { } whole && sizes.Aggregate(0L, (sum, size) => checked(sum + size)) != whole
        )
            throw new UnsupportedOperatorException(
                $"the sizes of its parts do not add up to the size {x.Type.Shape[axis]} of the axis that is split."
            );
        var isSqueezed = split is null && AttributeReader.Int(node, scope, "keepdims", 1) == 0;
        var parts = ImmutableArray.CreateBuilder<Value>();
        long start = 0;
        foreach (var size in sizes)
        {
            var part = Slice.Of(b, x, axis, start, start += size);
            parts.Add(isSqueezed ? Reshape.To(b, part, part.Type.Shape.Remove(axis)) : part);
        }
        return parts.DrainToImmutable();
    }

    /// <summary>The body, once for each element of the sequences.</summary>
    private void Map(NodeProto node, Scope scope, ImmutableArray<Value?> inputs)
    {
        var body =
            node.Attribute.FirstOrDefault(attribute => attribute.Name == "body")?.G
            ?? throw new UnsupportedOperatorException("SequenceMap lacks its body.");
        var lists = node.Input.Select(scope.FindList).ToArray();
        var count =
            lists[0]?.Items.Length
            ?? throw new UnsupportedOperatorException("its first input is no sequence that is known when the model is loaded.");
        var results = node.Output.Select(_ => ImmutableArray.CreateBuilder<Value>()).ToArray();
        if (body.Input.Count != inputs.Length || body.Output.Count != results.Length)
            throw new UnsupportedOperatorException("its body does not fit its inputs and outputs.");
        for (var iteration = 0; iteration < count; iteration++)
        {
            var prefix = $"{NodeLoader.Describe(node)}/{iteration}";
            var inner = new Scope(scope.Builder, scope, scope.Opsets, loader.Deeper(scope))
            {
                FullName = local => scope.FullName($"{prefix}/{local}"),
                Arguments = scope.Arguments,
            };
            for (var index = 0; index < body.Input.Count; index++)
                loader.Define(
                    inner,
                    body.Input[index].Name,
                    lists[index] is { } list ? list.Items[list.Position(iteration, list.Items.Length - 1)] : inputs[index]
                );
            loader.LoadInitializers(body, inner);
            loader.Load(body.Node, inner);
            for (var index = 0; index < results.Length; index++)
                results[index]
                    .Add(
                        inner.Find(body.Output[index].Name, out var value) && value is not null
                            ? value
                            : throw new UnsupportedOperatorException($"the output '{body.Output[index].Name}' of its body is not known.")
                    );
        }
        for (var index = 0; index < results.Length; index++)
            if (node.Output[index].Length > 0)
                loader.DefineList(scope, node.Output[index], new ListValue(results[index].ToImmutable()));
    }
}
