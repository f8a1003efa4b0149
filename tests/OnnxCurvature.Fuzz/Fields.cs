using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace OnnxCurvature.Fuzz;

/// <summary>Walks over the messages of a message.</summary>
internal static class Fields
{
    /// <summary>A message and all messages within it.</summary>
    public static List<IMessage> All(IMessage root)
    {
        var found = new List<IMessage>();
        var pending = new Stack<IMessage>([root]);
        while (pending.TryPop(out var message))
        {
            found.Add(message);
            foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
                if (field.FieldType == FieldType.Message)
                    foreach (var child in Children(message, field))
                        pending.Push(child);
        }
        return found;
    }

    /// <summary>The entries of a repeated field.</summary>
    public static IList List(IMessage message, FieldDescriptor field) => (IList)field.Accessor.GetValue(message);

    /// <summary>Whether a field that is not repeated is there.</summary>
    public static bool Has(IMessage message, FieldDescriptor field) =>
        field.HasPresence ? field.Accessor.HasValue(message) : field.Accessor.GetValue(message) is not (null or "" or 0 or 0L);

    private static IEnumerable<IMessage> Children(IMessage message, FieldDescriptor field) =>
        field.IsRepeated ? List(message, field).Cast<IMessage>()
        : field.Accessor.GetValue(message) is IMessage child ? [child]
        : [];
}
