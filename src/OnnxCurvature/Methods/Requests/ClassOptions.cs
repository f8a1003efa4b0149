using System.Collections.Immutable;
using System.Globalization;

namespace OnnxCurvature.Methods.Requests;

/// <summary>
/// The options of classes and labels that cross-entropy takes. With p = softmax(z) along the classes, a row n of labels adds −Σ_c a[n, c]
/// log p[n, c]. For a label t, a[c] = w[c] ((1 − ε) [c = t] + ε / C); for soft labels, a[c] = w[c] ((1 − ε) t[c] + ε / C). Here w are
/// <see cref="ClassWeights"/> and ε is <see cref="LabelSmoothing"/>. A row whose label is ignored has a = 0. The mean divides by the sum of
/// w[t] over the labels t that are not ignored, and for soft labels by the number of rows.
/// </summary>
public sealed record ClassOptions
{
    /// <summary>The label that is ignored in a run where nothing says another.</summary>
    public const long DefaultIgnoreIndex = -100;

    /// <summary>
    /// The axis of classes in the loss's value; negative ones count from the last. Null for that of a final Softmax, else the one that
    /// leaves the shape of the labels, else 1.
    /// </summary>
    public int? Axis { get; init; }

    /// <summary>
    /// The label of rows that do not count. Null for <see cref="DefaultIgnoreIndex"/> in a run, and for none in an augmented file.
    /// </summary>
    public long? IgnoreIndex { get; init; }

    /// <summary>ε, from 0 up to and including 1: the share of each label that is spread evenly over all classes.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>w, a weight of at least 0 for each class; empty where all are 1.</summary>
    public ImmutableArray<double> ClassWeights { get; init; } = [];

    /// <summary>Whether labels are probabilities of the shape of the logits. A run finds that from its data, too.</summary>
    public bool SoftLabels { get; init; }

    /// <summary>The total weight of the labels of all batches of a run, where its mean depends on that; else null.</summary>
    internal LabelTotals? Totals { get; init; }

    /// <summary>Whether something is asked for that only cross-entropy has.</summary>
    internal bool IsGiven => Axis is not null || IgnoreIndex is not null || LabelSmoothing != 0 || !ClassWeights.IsEmpty || SoftLabels;

    /// <summary>The options in words for programs, one <c>name=value</c> on each line.</summary>
    /// <param name="axis">The axis of classes.</param>
    internal string Text(int axis)
    {
        var lines = new List<string> { $"class_axis={axis}" };
        if (IgnoreIndex is { } ignored)
            lines.Add($"ignore_index={ignored}");
        if (LabelSmoothing != 0)
            lines.Add($"label_smoothing={LabelSmoothing.ToString("R", CultureInfo.InvariantCulture)}");
        if (!ClassWeights.IsEmpty)
            lines.Add(
                $"class_weights={string.Join(",", ClassWeights.Select(weight => weight.ToString("R", CultureInfo.InvariantCulture)))}"
            );
        if (SoftLabels)
            lines.Add("soft_labels=true");
        return string.Join('\n', lines);
    }

    /// <summary>Throws <see cref="UserErrorException"/> for options that do not fit each other.</summary>
    internal void Check()
    {
        if (!(LabelSmoothing is >= 0 and <= 1))
            throw new UserErrorException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"--label-smoothing {LabelSmoothing} is no share of a label; give a number from 0 to 1."
                )
            );
        if (ClassWeights.IsDefault)
            throw new ArgumentException($"{nameof(ClassWeights)} has no value.");
        foreach (var (index, weight) in ClassWeights.Index())
            if (!(weight >= 0 && double.IsFinite(weight)))
                throw new UserErrorException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"--class-weights gives class {index} the weight {weight}; give a finite number of at least 0 for every class."
                    )
                );
        if (SoftLabels && IgnoreIndex is not null)
            throw new UserErrorException("--ignore-index is of labels that are integers; leave it out, or leave out --soft-labels.");
    }
}

/// <summary>The total weight of the labels of a whole data set.</summary>
/// <param name="Weight">The sum of the class weights of all labels that are not ignored.</param>
/// <param name="Samples">The number of samples with at least one label that is not ignored.</param>
internal sealed record LabelTotals(double Weight, long Samples);
