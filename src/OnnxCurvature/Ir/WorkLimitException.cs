using System.Globalization;

namespace OnnxCurvature.Ir;

/// <summary>Says that a model takes more than its <see cref="WorkLimits"/>.</summary>
/// <param name="unit">The limit: nodes, bytes or steps.</param>
/// <param name="limit">How many it allows.</param>
internal sealed class WorkLimitException(string unit, long limit)
    : Exception(
        string.Create(
            CultureInfo.InvariantCulture,
            $"more than {limit} {unit} would be taken, which is the limit; allow more with --load-limit {unit}=NUMBER"
        )
    );
