using Google.Protobuf;
using Google.Protobuf.Reflection;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Fuzz;

/// <summary>
/// Changes models where readers of models look: names become other names of the model, operators other operators, numbers those at which
/// arithmetic breaks, and messages are taken out, doubled, or replaced by ones of another model.
/// </summary>
internal sealed class ModelMutator(Random random, IReadOnlyList<byte[]> seeds)
{
    private static readonly long[] Numbers =
    [
        0,
        1,
        -1,
        2,
        3,
        4,
        7,
        8,
        16,
        64,
        100,
        1 << 20,
        int.MaxValue,
        int.MinValue,
        1L << 31,
        1L << 40,
        long.MaxValue,
        long.MinValue,
        -2,
        -7,
    ];
    private static readonly float[] Floats =
    [
        0,
        1,
        -1,
        0.5f,
        float.NaN,
        float.PositiveInfinity,
        float.NegativeInfinity,
        float.Epsilon,
        float.MaxValue,
    ];
    private static readonly string[] Operators =
    [
        .. Catalogue.All.Select(op => op.Name),
        "Constant",
        "SequenceConstruct",
        "SplitToSequence",
        "SequenceAt",
        "Optional",
        "ConcatFromSequence",
        "SequenceMap",
    ];
    private const int LongestList = 64;

    /// <summary>A changed model; bytes that are none are left to <see cref="ByteMutator"/>.</summary>
    public byte[] Mutate(byte[] input)
    {
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException)
        {
            return ByteMutator.Mutate(random, input);
        }
        if (random.Next(50) == 0)
            return ByteMutator.Mutate(random, input);
        for (var changes = 1 + random.Next(4); changes > 0; changes--)
            Change(model);
        return model.ToByteArray();
    }

    private void Change(ModelProto model)
    {
        var messages = Fields.All(model);
        var message = messages[random.Next(messages.Count)];
        switch (random.Next(10))
        {
            case < 2 when model.Graph?.Node is { Count: > 0 } nodes:
                ChangeNode(model, nodes[random.Next(nodes.Count)]);
                return;
            case 2:
                Graft(message);
                return;
        }
        var fields = message.Descriptor.Fields.InDeclarationOrder();
        var field = fields[random.Next(fields.Count)];
        if (field.IsRepeated)
            ChangeList(model, message, field);
        else if (field.FieldType != FieldType.Message)
            field.Accessor.SetValue(message, Scalar(model, field));
        else if (random.Next(4) == 0 && message is not ModelProto)
            field.Accessor.Clear(message);
    }

    private void ChangeNode(ModelProto model, NodeProto node)
    {
        switch (random.Next(6))
        {
            case 0:
                node.OpType = Operators[random.Next(Operators.Length)];
                break;
            case 1 when node.Input.Count > 0:
                node.Input[random.Next(node.Input.Count)] = Name(model);
                break;
            case 2:
                node.Input.Add(random.Next(4) == 0 ? "" : Name(model));
                break;
            case 3 when node.Attribute.Count > 0:
                var attribute = node.Attribute[random.Next(node.Attribute.Count)];
                attribute.I = Numbers[random.Next(Numbers.Length)];
                if (attribute.Ints.Count > 0)
                    attribute.Ints[random.Next(attribute.Ints.Count)] = Numbers[random.Next(Numbers.Length)];
                break;
            case 4 when node.Input.Count > 0:
                node.Input.RemoveAt(random.Next(node.Input.Count));
                break;
            default:
                foreach (var import in model.OpsetImport)
                    import.Version = random.Next(1, 24);
                break;
        }
    }

    /// <summary>Takes fields of a message of the same kind from another model.</summary>
    private void Graft(IMessage message)
    {
        if (message is ModelProto)
            return;
        ModelProto other;
        try
        {
            other = ModelProto.Parser.ParseFrom(seeds[random.Next(seeds.Count)]);
        }
        catch (InvalidProtocolBufferException)
        {
            return;
        }
        var donors = Fields.All(other).Where(candidate => candidate.Descriptor == message.Descriptor).ToArray();
        if (donors.Length == 0)
            return;
        if (random.Next(2) == 0)
            foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
                field.Accessor.Clear(message);
        message.MergeFrom(donors[random.Next(donors.Length)].ToByteArray());
    }

    private void ChangeList(ModelProto model, IMessage message, FieldDescriptor field)
    {
        var list = Fields.List(message, field);
        var at = list.Count == 0 ? 0 : random.Next(list.Count);
        switch (random.Next(5))
        {
            case 0 when list.Count > 0:
                list.RemoveAt(at);
                break;
            case 1 when list.Count is > 0 and < LongestList && field.FieldType == FieldType.Message:
                list.Insert(at, Copy((IMessage)list[at]!));
                break;
            case 2 when list.Count > 1:
                var other = random.Next(list.Count);
                (list[at], list[other]) = (list[other], list[at]);
                break;
            case 3 when field.FieldType != FieldType.Message && list.Count < LongestList:
                list.Insert(at, Scalar(model, field));
                break;
            default:
                if (list.Count > 0 && field.FieldType != FieldType.Message)
                    list[at] = Scalar(model, field);
                break;
        }
    }

    private static IMessage Copy(IMessage message) => message.Descriptor.Parser.ParseFrom(message.ToByteArray());

    private object Scalar(ModelProto model, FieldDescriptor field) =>
        field.FieldType switch
        {
            FieldType.String => random.Next(12) == 0 ? "" : Name(model),
            FieldType.Bytes => ByteString.CopyFrom(Bytes(random.Next(4) * 4)),
            FieldType.Float => Floats[random.Next(Floats.Length)],
            FieldType.Double => (double)Floats[random.Next(Floats.Length)],
            FieldType.Int32 => (int)Math.Clamp(Numbers[random.Next(Numbers.Length)], int.MinValue, int.MaxValue),
            FieldType.Int64 => Numbers[random.Next(Numbers.Length)],
            FieldType.UInt64 => unchecked((ulong)Numbers[random.Next(Numbers.Length)]),
            FieldType.Enum => field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Number,
            _ => throw new InvalidOperationException($"ONNX has no field of {field.FieldType}."),
        };

    /// <summary>A name that the model has, so that the change leads somewhere.</summary>
    private string Name(ModelProto model)
    {
        if (model.Graph is not { } graph)
            return "x";
        var names = graph
            .Input.Select(input => input.Name)
            .Concat(graph.Initializer.Select(tensor => tensor.Name))
            .Concat(graph.Node.SelectMany(node => node.Output))
            .ToArray();
        return names.Length == 0 ? "x" : names[random.Next(names.Length)];
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
