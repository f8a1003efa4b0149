using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>The activation that is fused to a product.</summary>
internal static class FusedActivation
{
    /// <summary>
    /// An activation of a value. Its parameters are those of the standard's operator, in the order in which this lists them.
    /// </summary>
    public static Value Of(GraphBuilder b, Value x, string name, IReadOnlyList<double> parameters)
    {
        if (name.Length == 0)
            return x;
        if (name == nameof(Clip))
            return Catalogue
                .Get<Clip>()
                .Apply(b, [x, b.Scalar(x.Type.Element, Parameter(0)), b.Scalar(x.Type.Element, Parameter(1))])
                .Output;
        string[] names = name switch
        {
            nameof(Relu) or nameof(Tanh) or nameof(Sigmoid) or nameof(Softplus) or nameof(Softsign) => [],
            nameof(LeakyRelu) or nameof(Elu) or nameof(ThresholdedRelu) => ["alpha"],
            nameof(HardSigmoid) => ["alpha", "beta"],
            _ => throw new UnsupportedOperatorException($"the fused activation '{name}' is not known."),
        };
        var attributes = Attributes.Empty;
        for (var index = 0; index < names.Length; index++)
            attributes = attributes.With(names[index], (object)Parameter(index));
        return Catalogue.Find("", name)!.Apply(b, [x], attributes).Output;

        double Parameter(int index) =>
            index < parameters.Count
                ? parameters[index]
                : throw new UnsupportedOperatorException($"the fused activation {name} lacks parameters.");
    }
}
