using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Runs;
using Xunit;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>How a run loads its model.</summary>
public sealed class ModelSourceTests
{
    [Fact]
    public void The_file_is_read_once_and_models_of_it_have_the_sizes_that_are_asked_for()
    {
        using var tool = new Tool();
        var request = new CurvatureRequest { WithRespectTo = ["w"], Loss = LossRequest.Parse("cross-entropy") };
        var source = new ModelSource(tool["model.onnx"], request);
        Assert.Null(source.Load().Inputs[0].Type.Shape[0].Known);
        File.Delete(tool["model.onnx"]);
        var sized = source with { Dimensions = ImmutableDictionary<string, long>.Empty.Add("N", 3) };
        Assert.Equal(TensorShape.Of([3, 3]), sized.Load().Inputs[0].Type.Shape);
    }
}
