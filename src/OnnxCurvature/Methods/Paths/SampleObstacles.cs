using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Paths;

/// <summary>
/// Where on a way from a target to the loss samples are coupled. The nodes are looked at once, however many cuts are asked about.
/// </summary>
internal sealed class SampleObstacles
{
    private readonly SampleProof _proof;
    private readonly int _firstCoupling;
    private readonly Node? _coupling;
    private readonly Node?[] _mixing;

    /// <summary>Looks at the nodes of a way, which are in order.</summary>
    public SampleObstacles(SampleProof proof, ImmutableArray<(Node Node, Curvature Curvature)> nodes)
    {
        _proof = proof;
        _firstCoupling = nodes.Length;
        _mixing = new Node?[nodes.Length + 1];
        for (var index = nodes.Length - 1; index >= 0; index--)
        {
            var (node, curvature) = nodes[index];
            if (node.Outputs.Any(output => proof.Of(output).IsCoupled))
                (_firstCoupling, _coupling) = (index, node);
            _mixing[index] =
                curvature == Curvature.Curved && !node.Outputs.All(output => proof.Of(output).IsSeparate) ? node : _mixing[index + 1];
        }
    }

    /// <summary>
    /// Why the samples of a value are not proven to be independent and to have come there separately; null where they are.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <param name="before">The number of nodes up to it.</param>
    public string? Before(Value value, int before)
    {
        if (_proof.IsSingle)
            return null;
        if (!_proof.Of(value).IsSeparate)
            return $"the samples of '{value.Name}' are not proven to be independent";
        return _firstCoupling < before ? $"{_coupling} may couple samples across the batch" : null;
    }

    /// <summary>
    /// Why the loss is not proven to be a sum over samples as far as second derivatives go; null where it is. That is so where no curvature
    /// source couples samples: nodes that couple them before or after are linear on pieces, and add no mixed second derivative.
    /// </summary>
    /// <param name="before">The number of nodes up to the cut.</param>
    public string? After(int before) =>
        !_proof.IsSingle && _mixing[before] is { } node ? $"{node} may couple samples " + $"across the batch" : null;
}
