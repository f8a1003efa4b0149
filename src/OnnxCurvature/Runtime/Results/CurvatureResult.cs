using System.Collections.Immutable;
using System.Numerics.Tensors;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Runtime.Results;

/// <summary>One computed tensor.</summary>
public sealed record ResultTensor
{
    private RealArray _numbers;

    internal ResultTensor(string name, ElementType element, ImmutableArray<long> shape, RealArray numbers)
    {
        Name = name;
        CanonicalName = name;
        Element = element;
        Shape = shape;
        _numbers = numbers;
    }

    /// <summary>Its name in the result file: <c>loss</c>, <c>conv4_3.weight.hessian_diagonal</c>.</summary>
    public string Name { get; init; }

    /// <summary>The element type in the result file: float32, or float64 for a float64 model.</summary>
    public ElementType Element { get; }

    /// <summary>The sizes, outermost first.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>The elements, row-major: those of one batch in the precision of the run, sums over batches in double.</summary>
    internal RealArray Numbers => _numbers;

    /// <summary>The elements, row-major, in double; where they were float32, they are from the first call on.</summary>
    public double[] Values
    {
        get
        {
            var (numbers, doubles) = (_numbers, _numbers.ToDoubles());
            // All threads get one array.
            return Interlocked.CompareExchange(ref _numbers, doubles, numbers) is var seen && seen == numbers ? doubles : seen.ToDoubles();
        }
    }

    /// <summary>The quantity, by the name that results have where nothing renames them.</summary>
    public string CanonicalName { get; init; }

    /// <summary>Whether it has the opposite sign.</summary>
    public bool IsNegated { get; init; }

    /// <summary>Whether it is an estimate, its standard error or a bound, and so no exact result.</summary>
    public bool IsEstimate =>
        Quantities.OfOutput(CanonicalName) is { Quantity: var quantity } && (quantity.IsEstimate() || quantity.IsBound());

    /// <summary>The elements, row-major.</summary>
    public ReadOnlySpan<double> AsSpan() => Values;

    /// <summary>The elements, row-major, rounded to float32.</summary>
    public float[] ToSingles() => Numbers.ToSingles();

    /// <summary>The elements as a tensor, which shares them.</summary>
    public Tensor<double> ToTensor() => System.Numerics.Tensors.Tensor.Create(Values, [.. Shape.Select(size => (nint)size)]);
}

/// <summary>The results of a run.</summary>
/// <param name="Tensors">The tensors, in the order in which they were asked for.</param>
/// <param name="Samples">The number of samples.</param>
/// <param name="Batches">The number of batches.</param>
/// <param name="Seconds">Wall-clock time by phase: <c>compile</c>, <c>load</c>, <c>run</c>.</param>
/// <param name="PeakBytes">The peak of the process's resident memory.</param>
public sealed record CurvatureResult(
    ImmutableArray<ResultTensor> Tensors,
    long Samples,
    int Batches,
    ImmutableDictionary<string, double> Seconds,
    long PeakBytes
)
{
    /// <summary>The loss, the mean or the sum over all samples as was asked for; null where the loss itself was not.</summary>
    public double? Loss => Find(Quantity.Loss.OutputName("")) is { } loss ? loss.Numbers[0] : null;

    /// <summary>The results for one target: a weight, an input, or a part of one, by the name that it was asked for by.</summary>
    /// <exception cref="KeyNotFoundException">Nothing was computed for it.</exception>
    public TargetResult this[string target]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(target);
            return Enum.GetValues<Quantity>().Any(quantity => quantity != Quantity.Loss && Find(quantity.OutputName(target)) is not null)
                ? new TargetResult(this, target)
                : throw Missing(target);
        }
    }

    internal ResultTensor? Find(string name) => Tensors.FirstOrDefault(tensor => tensor.CanonicalName == name);

    internal KeyNotFoundException Missing(string name) =>
        new($"The result has no '{name}'; it has {string.Join(", ", Tensors.Select(tensor => tensor.Name))}.");

    /// <summary>Notes on how it was computed, with those of its plan, one sentence each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>
    /// The median of the times that the batches after the first took, in seconds: the first one waits for sessions to start; null where
    /// there are not at least three.
    /// </summary>
    public double? SecondsOfABatch { get; init; }

    /// <summary>The findings of the check of the first batch. A run whose check finds a disagreement gives no result.</summary>
    public CheckReport Check { get; init; } = CheckReport.None("", "the run was made without a check");

    /// <summary>How long the run waited for batches that were being read, in seconds: the first is read before anything can run.</summary>
    public double SecondsForData { get; init; }

    /// <summary>The origin of the result, by name: the model, the data, the request, and all that changes the bits of a result.</summary>
    public ImmutableArray<KeyValuePair<string, string>> About { get; init; } = [];

    /// <summary>The nodes that use the weights, by the name of the weight.</summary>
    public IReadOnlyDictionary<string, string> Nodes { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>How each second-order quantity was computed: one sentence each.</summary>
    public ImmutableArray<string> Methods { get; init; } = [];

    /// <summary>
    /// The number of random directions that an error took which was asked for; null where none was, or the first run reached it.
    /// </summary>
    public int? Probes { get; init; }
}
