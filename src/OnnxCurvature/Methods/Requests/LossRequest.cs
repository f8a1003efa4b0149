using System.Collections.Immutable;
using System.Numerics.Tensors;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Requests;

/// <summary>The kinds of loss.</summary>
internal enum LossKind
{
    /// <summary>−log softmax(z)[label] along an axis of classes; see <see cref="ClassOptions"/>.</summary>
    CrossEntropy,

    /// <summary>−t log σ(z) − (1−t) log(1−σ(z)), for logits z and targets t in [0, 1].</summary>
    BinaryCrossEntropy,

    /// <summary>(z − t)².</summary>
    Mse,

    /// <summary>The sum of all entries of a value.</summary>
    Sum,

    /// <summary>A value that the model computes; summed where it is no scalar.</summary>
    Value,
}

/// <summary>Which loss is differentiated.</summary>
public sealed record LossRequest
{
    internal LossRequest(LossKind kind, string? value = null) => (Kind, Value) = (kind, value);

    /// <summary>−log softmax(z)[label] along an axis of classes, of the model's first output.</summary>
    /// <remarks>
    /// With p = softmax(z) along the classes, a row n of labels adds −Σ_c a[n, c] log p[n, c]. For a label t,
    /// a[c] = w[c] ((1 − ε) [c = t] + ε / C); for soft labels, a[c] = w[c] ((1 − ε) t[c] + ε / C). Here w are <see cref="ClassWeights"/>
    /// and ε is <see cref="LabelSmoothing"/>. A row whose label is ignored has a = 0. The mean divides by the sum of w[t] over the labels t
    /// that are not ignored, and for soft labels by the number of rows.
    /// </remarks>
    public static LossRequest CrossEntropy { get; } = new(LossKind.CrossEntropy);

    /// <summary>−t log σ(z) − (1−t) log(1−σ(z)), for logits z and targets t in [0, 1], of the model's first output.</summary>
    public static LossRequest BinaryCrossEntropy { get; } = new(LossKind.BinaryCrossEntropy);

    /// <summary>(z − t)², of the model's first output.</summary>
    public static LossRequest MeanSquaredError { get; } = new(LossKind.Mse);

    /// <summary>The sum of all entries of the model's first output.</summary>
    public static LossRequest Sum { get; } = new(LossKind.Sum);

    /// <summary>A value that the model computes, or a part of one: <c>logits[:, 0]</c>. It is summed where it is no scalar.</summary>
    public static LossRequest Of(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new LossRequest(LossKind.Value, value);
    }

    /// <summary>The kind.</summary>
    internal LossKind Kind { get; }

    /// <summary>The name of the value that it is taken of; null for the model's first output.</summary>
    public string? Value { get; init; }

    /// <summary>The names of the losses.</summary>
    internal static IEnumerable<string> Kinds => Enum.GetValues<LossKind>().Select(Name);

    /// <summary>The losses' names in other programs.</summary>
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["ce"] = Name(LossKind.CrossEntropy),
        ["crossentropyloss"] = Name(LossKind.CrossEntropy),
        ["softmaxcrossentropy"] = Name(LossKind.CrossEntropy),
        ["softmaxcrossentropyloss"] = Name(LossKind.CrossEntropy),
        ["categoricalcrossentropy"] = Name(LossKind.CrossEntropy),
        ["sparsecategoricalcrossentropy"] = Name(LossKind.CrossEntropy),
        ["nll"] = Name(LossKind.CrossEntropy),
        ["nllloss"] = Name(LossKind.CrossEntropy),
        ["bce"] = Name(LossKind.BinaryCrossEntropy),
        ["bceloss"] = Name(LossKind.BinaryCrossEntropy),
        ["bcewithlogits"] = Name(LossKind.BinaryCrossEntropy),
        ["bcewithlogitsloss"] = Name(LossKind.BinaryCrossEntropy),
        ["mseloss"] = Name(LossKind.Mse),
        ["l2"] = Name(LossKind.Mse),
        ["meansquarederror"] = Name(LossKind.Mse),
        ["squarederror"] = Name(LossKind.Mse),
    };

    /// <summary>
    /// The axis of classes of cross-entropy; negative ones count from the last. Null for that of a final Softmax, else the one that leaves
    /// the shape of the labels, else 1.
    /// </summary>
    public int? ClassAxis
    {
        get => Classes.Axis;
        init => Classes = Classes with { Axis = value };
    }

    /// <summary>
    /// The label of rows that do not count in cross-entropy. Null for −100 in a run, and for none in an augmented file.
    /// </summary>
    public long? IgnoreIndex
    {
        get => Classes.IgnoreIndex;
        init => Classes = Classes with { IgnoreIndex = value };
    }

    /// <summary>ε of cross-entropy, from 0 up to and including 1: the share of each label that is spread evenly over all classes.</summary>
    public double LabelSmoothing
    {
        get => Classes.LabelSmoothing;
        init => Classes = Classes with { LabelSmoothing = value };
    }

    /// <summary>w of cross-entropy, a weight of at least 0 for each class; empty where all are 1.</summary>
    public ImmutableArray<double> ClassWeights
    {
        get => Classes.ClassWeights;
        init => Classes = Classes with { ClassWeights = value };
    }

    /// <summary>
    /// Whether the labels of cross-entropy are probabilities of the shape of the logits. A run finds that from its data, too.
    /// </summary>
    public bool SoftLabels
    {
        get => Classes.SoftLabels;
        init => Classes = Classes with { SoftLabels = value };
    }

    /// <summary>
    /// The factors of −t log σ(z) in binary cross-entropy: finite numbers of at least 0, of a shape that broadcasts to that of z, as
    /// [C] does to [N, C]. Null where all are 1.
    /// </summary>
    public Tensor<double>? PositiveWeights
    {
        get => PositiveTensor?.ToNumbers();
        init => PositiveTensor = value is null ? null : Ir.Tensor.Of(value);
    }

    /// <summary>The options of classes and labels that cross-entropy takes; the defaults for any other loss.</summary>
    internal ClassOptions Classes { get; init; } = new();

    /// <summary><see cref="PositiveWeights"/>.</summary>
    internal Ir.Tensor? PositiveTensor { get; init; }

    /// <summary>Throws <see cref="UserErrorException"/> for options that do not fit the loss or each other.</summary>
    internal void Check()
    {
        if (PositiveTensor is not null && Kind != LossKind.BinaryCrossEntropy)
            throw new UserErrorException($"--pos-weight is of binary-cross-entropy, and the loss is {Name(Kind)}; leave it out.");
        if (PositiveTensor?.Floats.Any(weight => !(weight >= 0 && double.IsFinite(weight))) == true)
            throw new UserErrorException("--pos-weight holds a number that is negative or not finite; give numbers of at least 0.");
        if (Kind != LossKind.CrossEntropy && Classes.IsGiven)
            throw new UserErrorException(
                $"--class-axis, --ignore-index, --label-smoothing, --class-weights and --soft-labels are of cross-entropy, and the loss is "
                    + $"{Name(Kind)}; leave them out."
            );
        Classes.Check();
    }

    /// <summary>The name of the kind on the command line.</summary>
    internal static string Name(LossKind kind) =>
        kind switch
        {
            LossKind.CrossEntropy => "cross-entropy",
            LossKind.BinaryCrossEntropy => "binary-cross-entropy",
            LossKind.Mse => "mse",
            LossKind.Sum => "sum",
            LossKind.Value => "value",
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };

    /// <summary>Reads <c>KIND</c> or <c>KIND:VALUE</c>. Throws <see cref="UserErrorException"/> for an unknown kind.</summary>
    public static LossRequest Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? text : text[..colon];
        foreach (var kind in Enum.GetValues<LossKind>())
            if (Name(kind) == name)
                return new LossRequest(kind, colon < 0 || colon == text.Length - 1 ? null : text[(colon + 1)..]);
        throw new UserErrorException($"The loss '{name}' is unknown; {Suggestions.Among(name, [.. Kinds], Elsewhere)}.");
    }

    /// <inheritdoc/>
    public override string ToString() => Value is null ? Name(Kind) : $"{Name(Kind)}:{Value}";
}
