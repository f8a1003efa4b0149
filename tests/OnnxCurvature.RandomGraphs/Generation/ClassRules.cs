using System.Collections.Immutable;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>The options of a cross-entropy for classes and labels.</summary>
/// <param name="Axis">The axis of classes in z.</param>
internal sealed record ClassRules(int Axis)
{
    /// <summary>The label of rows that do not count.</summary>
    public long? Ignored { get; init; }

    /// <summary>The share of each label that all classes get evenly.</summary>
    public double Smoothing { get; init; }

    /// <summary>A weight for each class; empty where all are 1.</summary>
    public ImmutableArray<double> Weights { get; init; } = [];

    /// <summary>Probabilities in place of labels, of z's shape; empty where there are labels.</summary>
    public ImmutableArray<double> Soft { get; init; } = [];

    /// <summary>As the compiler takes them.</summary>
    public ClassOptions Options =>
        new()
        {
            Axis = Axis,
            IgnoreIndex = Ignored,
            LabelSmoothing = Smoothing,
            ClassWeights = Weights,
            SoftLabels = !Soft.IsEmpty,
        };

    /// <summary>The coefficient of the logarithm of a class's probability, with the opposite sign, in a row.</summary>
    /// <param name="label">The row's label.</param>
    /// <param name="c">The class.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="place">Where the class of the row lies in z.</param>
    public double Coefficient(long label, int c, int classes, int place)
    {
        if (label == Ignored)
            return 0;
        var share = Soft.IsEmpty ? (c == label ? 1 : 0) : Soft[place];
        return (Weights.IsEmpty ? 1 : Weights[c]) * ((1 - Smoothing) * share + Smoothing / classes);
    }

    /// <summary>The weight of a row in the mean.</summary>
    public double WeightOf(long label) =>
        label == Ignored ? 0
        : Weights.IsEmpty || !Soft.IsEmpty ? 1
        : Weights[(int)label];
}
