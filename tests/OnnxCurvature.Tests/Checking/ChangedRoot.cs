using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Tests.Checking;

/// <summary>A square root of the output Hessian with a fault: its weight is scaled, and its directions are changed.</summary>
internal sealed class ChangedRoot(OutputHessianRoot root, double scale, Func<GraphBuilder, Value, Value> change) : OutputHessianRoot
{
    public override Dim Directions(SampleLayout samples) => root.Directions(samples);

    public override string Formula => root.Formula;

    public override Value Weight =>
        scale == 1 ? root.Weight
        : root.Weight.Constant is { } constant ? new GraphBuilder().Scalar(root.Weight.Type.Element, scale * constant.Read().Floats[0])
        : throw new InvalidOperationException("The number of samples is not known.");

    public override Value DirectionsAt(GraphBuilder outer, GraphBuilder b, Value indices, SampleLayout samples) =>
        change(b, root.DirectionsAt(outer, b, indices, samples));

    public override Value Project(GraphBuilder outer, GraphBuilder b, Value tangents) => change(b, root.Project(outer, b, tangents));
}
