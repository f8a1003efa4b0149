using Google.Protobuf;
using Google.Protobuf.Reflection;
using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Fuzz;

/// <summary>Makes an input small that shows a fault: whatever can go without the fault going, goes.</summary>
internal static class Minimizer
{
    /// <summary>A smaller input for which <paramref name="shows"/> still holds, or the input itself.</summary>
    public static byte[] Minimize(byte[] input, bool isModel, Func<byte[], bool> shows)
    {
        if (!isModel)
            return input;
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException)
        {
            return input;
        }
        if (!shows(model.ToByteArray()))
            return input;
        while (Shrink(model, shows)) { }
        return model.ToByteArray();
    }

    /// <summary>One pass over all fields. Returns whether anything went.</summary>
    private static bool Shrink(ModelProto model, Func<byte[], bool> shows)
    {
        var shrank = false;
        foreach (var message in Fields.All(model))
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
            shrank |= field.IsRepeated ? ShrinkList(model, message, field, shows) : Clear(model, message, field, shows);
        return shrank;
    }

    private static bool ShrinkList(ModelProto model, IMessage message, FieldDescriptor field, Func<byte[], bool> shows)
    {
        var list = Fields.List(message, field);
        var shrank = false;
        for (var at = list.Count - 1; at >= 0; at--)
        {
            var entry = list[at];
            list.RemoveAt(at);
            if (shows(model.ToByteArray()))
                shrank = true;
            else
                list.Insert(at, entry);
        }
        return shrank;
    }

    private static bool Clear(ModelProto model, IMessage message, FieldDescriptor field, Func<byte[], bool> shows)
    {
        if (!Fields.Has(message, field))
            return false;
        var value = field.Accessor.GetValue(message);
        field.Accessor.Clear(message);
        if (shows(model.ToByteArray()))
            return true;
        field.Accessor.SetValue(message, value);
        return false;
    }
}
