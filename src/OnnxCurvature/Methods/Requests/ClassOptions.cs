using System.Collections.Immutable;
using System.Globalization;

namespace OnnxCurvature.Methods.Requests;

/// <summary>
/// The options of classes and labels that <see cref="LossRequest.CrossEntropy"/> takes, which gives their mathematics; each is a property
/// of <see cref="LossRequest"/>, too.
/// </summary>
internal sealed record ClassOptions
{
    /// <summary>The label that is ignored in a run where nothing says another.</summary>
    public const long DefaultIgnoreIndex = -100;

    /// <summary><see cref="LossRequest.ClassAxis"/>.</summary>
    public int? Axis { get; init; }

    /// <summary><see cref="LossRequest.IgnoreIndex"/>.</summary>
    public long? IgnoreIndex { get; init; }

    /// <summary>ε, <see cref="LossRequest.LabelSmoothing"/>.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>w, <see cref="LossRequest.ClassWeights"/>.</summary>
    public ImmutableArray<double> ClassWeights { get; init; } = [];

    /// <summary><see cref="LossRequest.SoftLabels"/>.</summary>
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
