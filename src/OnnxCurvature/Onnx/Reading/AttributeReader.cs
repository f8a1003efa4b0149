using System.Collections.Immutable;
using System.Text;
using Google.Protobuf;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Ops;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>Turns the attributes of a node into ours.</summary>
internal static class AttributeReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The most attributes of a node; operators have a few dozen, and each is looked up among all.</summary>
    private const int MostAttributes = 1000;

    /// <summary>The attributes. Throws <see cref="UnsupportedOperatorException"/> for kinds that are not supported.</summary>
    /// <param name="node">The node.</param>
    /// <param name="scope">Where the node stands.</param>
    /// <param name="number">Reads a number.</param>
    /// <param name="tensor">Reads a tensor.</param>
    /// <param name="body">Reads the body of a loop or branch.</param>
    public static Attributes Read(
        NodeProto node,
        Scope scope,
        Func<float, double> number,
        Func<TensorProto, Tensor> tensor,
        Func<GraphProto, Program> body
    )
    {
        if (node.Attribute.Count > MostAttributes)
            throw new UnsupportedOperatorException($"it has {node.Attribute.Count} attributes, and {MostAttributes} are the most.");
        var attributes = Attributes.Empty;
        foreach (var given in node.Attribute)
        {
            if (Resolve(given, scope) is not { } attribute)
                continue;
            if (attributes.Has(given.Name))
                throw new UnsupportedOperatorException($"the attribute '{given.Name}' is there twice.");
            attributes = attributes.With(given.Name, Value(attribute, number, tensor, body));
        }
        return attributes;
    }

    /// <summary>The attribute itself, or the argument of a function that it refers to; null where the call does not give that.</summary>
    public static AttributeProto? Resolve(AttributeProto given, Scope scope)
    {
        if (given.RefAttrName.Length == 0)
            return given;
        if (scope.Arguments is not { } arguments)
            throw new UnsupportedOperatorException($"the attribute '{given.Name}' refers to one of a function, but the node is in none.");
        return arguments.GetValueOrDefault(given.RefAttrName);
    }

    /// <summary>An integer, or the default.</summary>
    public static long Int(NodeProto node, Scope scope, string name, long fallback)
    {
        var attribute = node.Attribute.FirstOrDefault(attribute => attribute.Name == name);
        if (attribute is { RefAttrName.Length: > 0 })
            attribute = scope.Arguments?.GetValueOrDefault(attribute.RefAttrName);
        return attribute?.I ?? fallback;
    }

    private static object Value(
        AttributeProto attribute,
        Func<float, double> number,
        Func<TensorProto, Tensor> tensor,
        Func<GraphProto, Program> body
    ) =>
        KindOf(attribute) switch
        {
            Kind.Float => number(attribute.F),
            Kind.Int => attribute.I,
            Kind.String => Text(attribute.Name, attribute.S),
            Kind.Tensor when attribute.T is not null => tensor(attribute.T),
            Kind.Graph when attribute.G is not null => body(attribute.G),
            Kind.Floats => attribute.Floats.Select(number).ToImmutableArray(),
            Kind.Ints => attribute.Ints.ToImmutableArray(),
            Kind.Strings => attribute.Strings.Select(text => Text(attribute.Name, text)).ToImmutableArray(),
            var kind => throw new UnsupportedOperatorException(
                $"the attribute '{attribute.Name}' is of kind {kind}, which is not supported."
            ),
        };

    /// <summary>Old files leave the kind out.</summary>
    public static Kind KindOf(AttributeProto attribute) =>
        attribute.Type != Kind.Undefined ? attribute.Type
        : attribute.HasF ? Kind.Float
        : attribute.HasI ? Kind.Int
        : attribute.HasS ? Kind.String
        : attribute.T is not null ? Kind.Tensor
        : attribute.G is not null ? Kind.Graph
        : attribute.Floats.Count > 0 ? Kind.Floats
        : attribute.Strings.Count > 0 ? Kind.Strings
        : Kind.Ints;

    private static string Text(string name, ByteString bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes.Span);
        }
        catch (DecoderFallbackException)
        {
            throw new UnsupportedOperatorException($"the attribute '{name}' holds bytes that are no text.");
        }
    }
}
