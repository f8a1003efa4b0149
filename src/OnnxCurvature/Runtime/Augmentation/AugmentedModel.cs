using System.Collections.Immutable;

namespace OnnxCurvature.Runtime.Augmentation;

/// <summary>The description that an augmented model holds of itself.</summary>
/// <param name="Source">The file that it was made of.</param>
/// <param name="SourceSha256">The SHA-256 of that file.</param>
/// <param name="Version">The version that wrote it.</param>
/// <param name="Profile">Its profile.</param>
/// <param name="CallingConvention">How it is run: a sentence.</param>
/// <param name="Loss">The loss, with its reduction: <c>cross-entropy:logits</c>, <c>mean</c>.</param>
/// <param name="Reduction">The reduction.</param>
/// <param name="WithRespectTo">The weights, inputs and values that derivatives are taken by.</param>
/// <param name="Results">The outputs that hold results.</param>
/// <param name="Methods">How each second-order result is computed: a sentence each.</param>
internal sealed record AugmentedModel(
    string Source,
    string SourceSha256,
    string Version,
    string Profile,
    string CallingConvention,
    string Loss,
    string Reduction,
    ImmutableArray<string> WithRespectTo,
    ImmutableArray<string> Results,
    ImmutableArray<string> Methods
);
