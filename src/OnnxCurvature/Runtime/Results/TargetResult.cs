using System.Collections.Immutable;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Runtime.Results;

/// <summary>The results of a run for one target.</summary>
public sealed class TargetResult
{
    private readonly CurvatureResult _result;

    internal TargetResult(CurvatureResult result, string target)
    {
        _result = result;
        Name = target;
    }

    /// <summary>The target's name.</summary>
    public string Name { get; }

    /// <summary>∂L/∂w, of w's shape.</summary>
    /// <exception cref="KeyNotFoundException">It was not asked for.</exception>
    public ResultTensor Gradient => this[Quantity.Gradient];

    /// <summary>∂²L/∂wᵢ², of w's shape; exact.</summary>
    /// <exception cref="KeyNotFoundException">It was not asked for.</exception>
    public ResultTensor HessianDiagonal => this[Quantity.HessianDiagonal];

    /// <summary>The diagonal of the generalized Gauss–Newton matrix, of w's shape; exact.</summary>
    /// <exception cref="KeyNotFoundException">It was not asked for.</exception>
    public ResultTensor GgnDiagonal => this[Quantity.GgnDiagonal];

    /// <summary>The mean or sum over samples of the squares of their gradients, of w's shape.</summary>
    /// <exception cref="KeyNotFoundException">It was not asked for.</exception>
    public ResultTensor FisherDiagonal => this[Quantity.FisherDiagonal];

    /// <summary>One of the quantities, by what it is.</summary>
    /// <exception cref="KeyNotFoundException">It was not asked for.</exception>
    public ResultTensor this[Quantity quantity] =>
        _result.Find(quantity.OutputName(Name)) ?? throw _result.Missing(quantity.OutputName(Name));

    /// <summary>The entries of its results that were computed a second time, in another way.</summary>
    public ImmutableArray<VerifyEntry> Checks => [.. _result.Check.Entries.Where(entry => Quantities.OfOutput(entry.Name)?.Target == Name)];
}
