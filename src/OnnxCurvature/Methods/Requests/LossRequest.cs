using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Requests;

/// <summary>The kinds of loss.</summary>
public enum LossKind
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
/// <param name="Kind">The kind.</param>
/// <param name="Value">The name of the value that it is taken of; null for the model's first output.</param>
public sealed record LossRequest(LossKind Kind, string? Value = null)
{
    /// <summary>The names of the losses.</summary>
    public static IEnumerable<string> Kinds => Enum.GetValues<LossKind>().Select(Name);

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

    /// <summary>The options of classes and labels that cross-entropy takes; the defaults for any other loss.</summary>
    public ClassOptions Classes { get; init; } = new();

    /// <summary>
    /// The factors of −t log σ(z) in binary cross-entropy: finite numbers of at least 0, of a shape that broadcasts to that of z, as
    /// [C] does to [N, C]. Null where all are 1.
    /// </summary>
    public Tensor? PositiveWeights { get; init; }

    /// <summary>Throws <see cref="UserErrorException"/> for options that do not fit the loss or each other.</summary>
    internal void Check()
    {
        if (PositiveWeights is not null && Kind != LossKind.BinaryCrossEntropy)
            throw new UserErrorException($"--pos-weight is of binary-cross-entropy, and the loss is {Name(Kind)}; leave it out.");
        if (PositiveWeights?.Floats.Any(weight => !(weight >= 0 && double.IsFinite(weight))) == true)
            throw new UserErrorException("--pos-weight holds a number that is negative or not finite; give numbers of at least 0.");
        if (Classes is null)
            throw new ArgumentException($"{nameof(Classes)} is null.");
        if (Kind != LossKind.CrossEntropy && Classes.IsGiven)
            throw new UserErrorException(
                $"--class-axis, --ignore-index, --label-smoothing, --class-weights and --soft-labels are of cross-entropy, and the loss is "
                    + $"{Name(Kind)}; leave them out."
            );
        Classes.Check();
    }

    /// <summary>The name of the kind on the command line.</summary>
    public static string Name(LossKind kind) =>
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
