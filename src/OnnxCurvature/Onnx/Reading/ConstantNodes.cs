using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Wire;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>The constants that nodes Constant and ConstantOfShape make; loaded, they are constants and no nodes.</summary>
internal static class ConstantNodes
{
    /// <summary>The constant of a node Constant.</summary>
    public static Constant Read(NodeProto node, Scope scope, TensorReader tensors, string path, WorkBudget budget)
    {
        if (node.Attribute is not [var attribute])
            throw new UnsupportedOperatorException($"Constant has {node.Attribute.Count} attributes where one is expected.");
        var name = attribute.Name;
        if (attribute.RefAttrName.Length > 0 && scope.Arguments?.TryGetValue(attribute.RefAttrName, out attribute) != true)
            throw new UnsupportedOperatorException($"the function's attribute '{node.Attribute[0].RefAttrName}' was not given.");
        return name switch
        {
            "value" when attribute!.T is not null => tensors.Read(attribute.T),
            "sparse_value" when attribute!.SparseTensor is not null => SparseTensors.Dense(attribute.SparseTensor, tensors, path, budget),
            "value_float" => new InlineConstant(Tensor.Scalar(ElementType.Float32, attribute!.F)),
            "value_floats" => new InlineConstant(
                Tensor.Of(ElementType.Float32, [attribute!.Floats.Count], [.. attribute.Floats.Select(value => (double)value)])
            ),
            "value_int" => new InlineConstant(Tensor.Of(ElementType.Int64, [], [attribute!.I])),
            "value_ints" => new InlineConstant(Tensor.Vector([.. attribute!.Ints])),
            "value_string" => new StringConstant(
                new TensorType(ElementType.String, TensorShape.Scalar),
                new TensorProto { StringData = { attribute!.S } }
            ),
            "value_strings" => new StringConstant(
                new TensorType(ElementType.String, TensorShape.Of(attribute!.Strings.Count)),
                new TensorProto { StringData = { attribute.Strings } }
            ),
            _ => throw new UnsupportedOperatorException($"the attribute '{name}' of Constant is not supported."),
        };
    }

    /// <summary>The constant of a node ConstantOfShape whose shape is known; by default of zeros in float32.</summary>
    public static Constant Filled(OperatorCall call, ImmutableArray<Dim> sizes)
    {
        var value = call.Attributes.Tensor("value");
        var type = new TensorType(value?.Element ?? ElementType.Float32, [.. sizes]);
        var element = value is { Count: > 0 } ? value.At(0) : 0;
        return type.Shape.Elements.Factor * type.Element.Size() > ModelReader.LargestInline
            ? new FilledConstant(type, element)
            : new InlineConstant(Tensor.Filled(type.Element, type.Shape.Sizes, element));
    }
}
