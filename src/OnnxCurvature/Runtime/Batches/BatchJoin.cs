using System.Collections.Immutable;
using System.Numerics.Tensors;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>How the results of several batches become one, in double precision.</summary>
/// <param name="Averages">Whether each batch weighs by its share of the samples; else results are added.</param>
/// <param name="PerSample">The outputs that hold something for each sample along the first axis: these are laid one after the
/// other.</param>
/// <param name="Unweighted">The outputs that are not weighed.</param>
internal sealed record BatchJoin(bool Averages, ImmutableHashSet<string> PerSample, ImmutableHashSet<string> Unweighted)
{
    /// <summary>What a batch's part of an output is multiplied by.</summary>
    /// <param name="name">The output.</param>
    /// <param name="share">The batch's share of the samples.</param>
    public double Weight(string name, double share) => Averages && !Unweighted.Contains(name) ? share : 1;

    /// <summary>
    /// Whether batches are estimated with random numbers of their own, so that the squares of standard errors add up; else the errors
    /// themselves do, which bounds that of the sum.
    /// </summary>
    public bool Independent { get; init; }

    /// <summary>A result to which batches are joined one by one.</summary>
    public sealed class Result
    {
        private double[] _values = [];
        private long[]? _shape;

        /// <summary>The elements so far.</summary>
        public double[] Values => _values;

        /// <summary>The shape so far.</summary>
        public long[] Shape => _shape ?? [];

        /// <summary>Joins a batch.</summary>
        /// <param name="values">The batch's elements, which are overwritten.</param>
        /// <param name="shape">Their shape.</param>
        /// <param name="weight">The batch's weight.</param>
        /// <param name="perSample">Whether the batch's elements come after those so far.</param>
        /// <param name="squares">Whether squares are added, and the root of the sum is taken.</param>
        public void Join(double[] values, long[] shape, double weight, bool perSample, bool squares)
        {
            if (weight != 1)
                TensorPrimitives.Multiply(values, weight, values);
            if (_shape is null)
                (_values, _shape) = (values, [.. shape]);
            else if (perSample)
            {
                _values = [.. _values, .. values];
                _shape[0] += shape[0];
            }
            else if (squares)
                TensorPrimitives.Hypot(_values, values, _values);
            else
                TensorPrimitives.Add(_values, values, _values);
        }
    }
}
