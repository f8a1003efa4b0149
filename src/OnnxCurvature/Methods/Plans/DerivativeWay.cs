namespace OnnxCurvature.Methods.Plans;

/// <summary>Of what a second-order result is put together.</summary>
internal enum DerivativeWay
{
    /// <summary>Of several kinds of terms: closed forms, products at a cut, squares.</summary>
    Mixed,

    /// <summary>Of squares alone, by a square root of the output Hessian.</summary>
    Squares,

    /// <summary>Of Hessian-vector products at the target itself alone, one for each entry.</summary>
    Products,
}
