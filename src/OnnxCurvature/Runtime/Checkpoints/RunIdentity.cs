using System.Collections.Immutable;

namespace OnnxCurvature.Runtime.Checkpoints;

/// <summary>
/// The origin of a result: the model, the data, the request and all that changes the bits of a result, as pairs of what something is called
/// and what it is. Runs of which all are the same give the same bits on the same kind of machine.
/// </summary>
/// <param name="Entries">The pairs.</param>
internal sealed record RunIdentity(ImmutableArray<IdentityEntry> Entries)
{
    /// <summary>The first pair of another identity that differs, as a clause; null where there is none.</summary>
    /// <param name="other">The other identity.</param>
    /// <param name="here">The name of this one.</param>
    /// <param name="there">The name of the other one.</param>
    public string? DifferenceTo(RunIdentity other, string here, string there)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (var name in Entries.Concat(other.Entries).Select(entry => entry.Name).Distinct())
        {
            var (own, theirs) = (Of(name), other.Of(name));
            if (own != theirs)
                return $"{name} is {theirs ?? "not given"} {there} and {own ?? "not given"} {here}";
        }
        return null;
    }

    private string? Of(string name) => Entries.FirstOrDefault(entry => entry.Name == name)?.Value;
}

/// <summary>Something that a result is of.</summary>
/// <param name="Name">Its name: <c>--loss</c>.</param>
/// <param name="Value">Its value: <c>cross-entropy</c>.</param>
internal sealed record IdentityEntry(string Name, string Value);
