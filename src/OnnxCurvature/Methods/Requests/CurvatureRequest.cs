using System.Collections.Immutable;
using System.Numerics.Tensors;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Requests;

/// <summary>A request to a model: the results that it is to give.</summary>
public sealed record CurvatureRequest
{
    /// <summary>
    /// With respect to what: names of initializers, inputs or intermediate values; globs (<c>*</c>, <c>?</c>) stand for all
    /// matching weights; <c>name[7]</c> and <c>name[3:9]</c> take indices of the first axis.
    /// </summary>
    public required ImmutableArray<string> WithRespectTo { get; init; }

    /// <summary>The loss.</summary>
    public required LossRequest Loss { get; init; }

    /// <summary>How losses of single samples become one.</summary>
    public Reduction Reduction { get; init; } = Reduction.Mean;

    /// <summary>In which type everything is computed: the model, the loss, and the derivatives.</summary>
    public Precision Precision { get; init; }

    /// <summary>
    /// Whether quantization within the model counts as the identity in derivatives: where it is rounding its derivative is zero, so without
    /// this none passes through it.
    /// </summary>
    public bool StraightThrough { get; init; }

    /// <summary>
    /// Values of inputs, by name, that become constants: shapes, axes and counts that must be known before anything can be derived.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor<double>> Fixed
    {
        get => FixedTensors.ToImmutableDictionary(entry => entry.Key, entry => entry.Value.ToNumbers());
        init => FixedTensors = Tensors(value);
    }

    /// <summary><see cref="Fixed"/>, in the types that were given.</summary>
    internal IReadOnlyDictionary<string, Ir.Tensor> FixedTensors { get; init; } = ImmutableDictionary<string, Ir.Tensor>.Empty;

    /// <summary>
    /// Along which axis of inputs, by name, the samples lie, where that is not to be found out: null for an input that holds no samples.
    /// </summary>
    public IReadOnlyDictionary<string, int?> SampleAxes { get; init; } = ImmutableDictionary<string, int?>.Empty;

    /// <summary>The quantities that are computed.</summary>
    public ImmutableArray<Quantity> Quantities { get; init; } = [Quantity.Loss, Quantity.Gradient, Quantity.HessianDiagonal];

    /// <summary>How a diagonal is estimated; by default it is not, but exact.</summary>
    public Estimator Estimator { get; init; }

    /// <summary>The number of random directions of an estimate, at least 2.</summary>
    public int Probes { get; init; } = 32;

    /// <summary>
    /// The relative error, ‖standard error‖ / ‖estimate‖, up to which a run takes more probes than <see cref="Probes"/>; null for no more.
    /// </summary>
    public double? TargetError { get; init; }

    /// <summary>
    /// The share of probability, above 0 and below 1, of the least likely classes that may be left out of a factor of cross-entropy: what
    /// is kept is a lower bound, and the remainder is sampled. Null for none.
    /// </summary>
    public double? Tolerance { get; init; }

    /// <summary>How many classes of each sample <see cref="Tolerance"/> keeps; a run finds it from the data where it is null.</summary>
    public int? KeptClasses { get; init; }

    /// <summary>The seed of the random numbers.</summary>
    public int Seed { get; init; }

    /// <summary>Whether random numbers take part in what is asked for.</summary>
    public bool IsRandom =>
        Estimator != Estimator.None && !Estimator.IsOnePass()
        || Tolerance is not null
        || Quantities.Contains(Quantity.FisherDiagonalMonteCarlo);

    /// <summary>
    /// Throws <see cref="ArgumentException"/> for a member that is null, a default that holds nothing, or a value that its type does not
    /// have.
    /// </summary>
    internal void Check()
    {
        if (WithRespectTo.IsDefault || WithRespectTo.Any(name => name is null))
            throw new ArgumentException($"{nameof(WithRespectTo)} names no values, or one of them is null.");
        if (Quantities.IsDefault)
            throw new ArgumentException($"{nameof(Quantities)} has no value.");
        if (Loss is null)
            throw new ArgumentException($"{nameof(Loss)} is null.");
        foreach (var quantity in Quantities)
            DefinedValue.Check(quantity, nameof(Quantities));
        DefinedValue.Check(Reduction, nameof(Reduction));
        DefinedValue.Check(Precision, nameof(Precision));
        DefinedValue.Check(Estimator, nameof(Estimator));
        Loss.Check();
    }

    private static ImmutableDictionary<string, Ir.Tensor> Tensors(IReadOnlyDictionary<string, Tensor<double>> numbers)
    {
        if (numbers is null || numbers.Values.Any(tensor => tensor is null))
            throw new ArgumentException($"{nameof(Fixed)} is null, or one of its tensors is.");
        return numbers.ToImmutableDictionary(entry => entry.Key, entry => Ir.Tensor.Of(entry.Value), StringComparer.Ordinal);
    }
}
