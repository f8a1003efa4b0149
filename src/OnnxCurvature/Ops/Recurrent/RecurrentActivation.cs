using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Ops.Recurrent;

/// <summary>An activation of a recurrent cell: a function by name, and its parameters α and β where it has such.</summary>
/// <param name="Name">The name in lower case.</param>
/// <param name="Alpha">α.</param>
/// <param name="Beta">β.</param>
internal sealed record RecurrentActivation(string Name, double Alpha, double Beta)
{
    /// <summary>
    /// The activations of a call, <paramref name="defaults"/> for each direction where it names none. Of the lists of α and β every
    /// function takes the next entry if it has that parameter; where a list has ended, the default of the standard's operator holds.
    /// </summary>
    public static RecurrentActivation[] Of(Attributes attributes, int directions, params ReadOnlySpan<string> defaults)
    {
        string[] names = attributes.Has("activations")
            ? [.. attributes.Texts("activations")!]
            : [.. Enumerable.Repeat(defaults.ToArray(), directions).SelectMany(name => name)];
        if (names.Length != directions * defaults.Length)
            throw new UnsupportedOperatorException(
                $"{names.Length} activations are given where {directions * defaults.Length} are needed."
            );
        var alphas = new Queue<double>(attributes.Floats("activation_alpha") ?? []);
        var betas = new Queue<double>(attributes.Floats("activation_beta") ?? []);
        return
        [
            .. names.Select(name =>
            {
                var (alpha, beta) = Defaults(name.ToLowerInvariant());
                return new RecurrentActivation(name.ToLowerInvariant(), Next(alphas, alpha), Next(betas, beta));
            }),
        ];

        static double Next(Queue<double> given, double? fallback) =>
            fallback is null ? 0
            : given.TryDequeue(out var value) ? value
            : fallback.Value;
    }

    /// <summary>The function of a value.</summary>
    public Expr Apply(Expr x) =>
        Name switch
        {
            "relu" => x.Through<Relu>(),
            "tanh" => x.Through<Tanh>(),
            "sigmoid" => x.Through<Sigmoid>(),
            "affine" => Alpha * x + Beta,
            "leakyrelu" => With<LeakyRelu>(x),
            "thresholdedrelu" => With<ThresholdedRelu>(x),
            "scaledtanh" => Alpha * (Beta * x).Through<Tanh>(),
            "hardsigmoid" => With<HardSigmoid>(x),
            "elu" => With<Elu>(x),
            "softsign" => x.Through<Softsign>(),
            _ => x.Through<Softplus>(),
        };

    private Expr With<T>(Expr x)
        where T : Operator
    {
        var attributes = Attributes.Empty.With("alpha", (object)Alpha);
        if (Name == "hardsigmoid")
            attributes = attributes.With("beta", (object)Beta);
        return x.With(Catalogue.Get<T>().Apply(x.Builder, [x], attributes).Output);
    }

    /// <summary>The default parameters; null for one that the function does not have.</summary>
    private static (double? Alpha, double? Beta) Defaults(string name) =>
        name switch
        {
            "relu" or "tanh" or "sigmoid" or "softsign" or "softplus" => (null, null),
            "affine" => (1, 0),
            "leakyrelu" => (0.01, null),
            "thresholdedrelu" or "elu" => (1, null),
            "scaledtanh" => (1, 1),
            "hardsigmoid" => (0.2, 0.5),
            _ => throw new UnsupportedOperatorException($"the activation '{name}' is not known."),
        };
}
