using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Onnx.Tensors;

/// <summary>Turns our types into those of a file.</summary>
internal static class TypeWriter
{
    /// <summary>A name with its type; a dimension that is not known is named by its expression.</summary>
    public static ValueInfoProto Info(string name, TensorType type)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(
            type.Shape.Select(dim =>
                dim.Known is { } size
                    ? new TensorShapeProto.Types.Dimension { DimValue = size }
                    : new TensorShapeProto.Types.Dimension { DimParam = dim.ToString() }
            )
        );
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor { ElemType = (int)type.Element, Shape = shape },
            },
        };
    }
}
