using System.Text.RegularExpressions;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>The outcome of one quantity in one way of running.</summary>
internal enum OutcomeKind
{
    /// <summary>It is right.</summary>
    Right,

    /// <summary>It was refused, in a sentence.</summary>
    Refused,

    /// <summary>It has other elements than it should.</summary>
    Wrong,

    /// <summary>It has another shape than it should.</summary>
    Misshapen,

    /// <summary>An exception that is no refusal.</summary>
    Crash,
}

/// <summary>The outcome of one quantity in one way of running.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Way">How it was run: <c>managed</c>, <c>engine</c>, <c>single-run</c>, <c>portable</c>.</param>
/// <param name="Quantity">The quantity; null where what failed is all of the run.</param>
/// <param name="Text">The reason of a refusal, the error, or by how much it is off.</param>
internal sealed record Outcome(OutcomeKind Kind, string Way, Quantity? Quantity, string Text)
{
    /// <summary>Whether it is a finding.</summary>
    public bool IsFault => Kind is OutcomeKind.Wrong or OutcomeKind.Misshapen or OutcomeKind.Crash;

    /// <summary>The key that outcomes of the same kind have in common.</summary>
    public string Key => $"{Kind} {Way} {Quantity?.Name() ?? "all"}{(Kind is OutcomeKind.Crash ? " " + Pattern(Text) : "")}";

    /// <summary>A sentence without the names and numbers in it.</summary>
    public static string Pattern(string text) => Regex.Replace(Regex.Replace(text, "'[^']*'", "'…'"), @"\[[^\]]*\]|\d+", "#");
}
