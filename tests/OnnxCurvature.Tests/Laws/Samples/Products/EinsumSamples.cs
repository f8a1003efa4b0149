namespace OnnxCurvature.Tests.Laws.Samples.Products;

/// <summary>Samples of Einsum.</summary>
internal sealed class EinsumSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Equation("a product of matrices", "ij,jk->ik", Any(2, 3), Any(3, 4));
        yield return Equation("implicit order", "ba,cb", Any(3, 2), Any(4, 3));
        yield return Equation("batches", "bhqd,bhkd->bhqk", Any(2, 2, 3, 2), Any(2, 2, 4, 2));
        yield return Equation("an ellipsis", "...ij,...jk->...ik", Any(2, 3, 2, 3), Any(1, 3, 3, 2));
        yield return Equation("an ellipsis that repeats", "i...,j...->...ij", Any(2, 1, 3), Any(3, 4, 1));
        yield return Equation("an outer product", "i,j->ji", Any(3), Any(2));
        yield return Equation("a diagonal", "iij->ji", Any(3, 3, 2));
        yield return Equation("a trace", "ii", Any(3, 3));
        yield return Equation("sums within operands", "abc,bd->a", Any(2, 3, 2), Any(3, 4));
        yield return Equation("three operands", "ij,jk,kl->il", Any(2, 3), Any(3, 2), Any(2, 4));
        yield return Equation("a label of three operands", "bi,bij,bj->b", Any(2, 3), Any(2, 3, 2), Any(2, 2));
        yield return Equation("a transpose", "ijk->kij", Any(2, 3, 4));
        yield return Equation("a scalar", "...,i->...i", Any(), Any(3));
        yield return Equation("entrywise", "ij,ij->ij", Any(2, 3), Fixed(Any(2, 3)));
    }

    private OperatorSample Equation(string name, string equation, params SampleInput[] operands) =>
        Sample(name, operands).With("equation", equation);
}
