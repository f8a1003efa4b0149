using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;

namespace OnnxCurvature.Methods.Planning;

/// <summary>The beginning of all plans for one loss of a model, however many weights are planned for, each by itself.</summary>
/// <param name="model">The model.</param>
/// <param name="head">The loss.</param>
internal sealed class SharedLoss(ModelGraph model, LossHead head)
{
    /// <summary>The loss.</summary>
    public LossHead Head => head;

    /// <summary>Where samples lie.</summary>
    public SampleProof Proof { get; } = new(model, head);
}
