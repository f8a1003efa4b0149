using System.Collections.Immutable;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Verification;

/// <summary>The findings of a verification.</summary>
/// <param name="Entries">The comparisons.</param>
public sealed record VerifyReport(ImmutableArray<VerifyEntry> Entries)
{
    /// <summary>Whether all agree.</summary>
    public bool Agrees => Entries.All(entry => entry.Agrees);
}
