using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Rules;

/// <summary>Finds along which axis of each input the samples of a batch lie: the first, unless only another one is proven to lead to the model's output.</summary>
public static class InputSamples
{
    /// <summary>
    /// A model that knows the axes of its inputs. Recurrent nets take steps first and samples second, [T, N, …], and give [N, …]; what is read off is proven: with the
    /// samples along the axes that are found, sample n of the output depends on sample n of the inputs alone.
    /// </summary>
    public static ModelGraph Found(ModelGraph model)
    {
        if (model.Outputs.FirstOrDefault(output => output.Value.Type.Rank > 0 && output.Value.Type.Element.IsFloat()) is not { Value: var output })
            return model;
        var nodes = GraphWalk.Ancestors([output]);
        if (LeadsTo(ImmutableDictionary<Value, int>.Empty))
            return model;
        var samples = output.Type.Shape[0];
        var inputs = model.Inputs.Where(input => input.Type.Rank > 1).ToArray();
        var byShape = inputs.Where(input => input.Type.Shape[0] != samples && Fitting(input).Count() == 1).ToImmutableDictionary(input => input, input => Fitting(input).Single());
        var single = inputs.SelectMany(input => Fitting(input).Select(axis => ImmutableDictionary<Value, int>.Empty.Add(input, axis)));
        return single.Prepend(byShape).FirstOrDefault(axes => !axes.IsEmpty && LeadsTo(axes)) is { } found ? model with { SampleAxes = found } : model;

        IEnumerable<int> Fitting(Value input) => Enumerable.Range(1, input.Type.Rank - 1).Where(axis => input.Type.Shape[axis] == samples);

        bool LeadsTo(ImmutableDictionary<Value, int> axes)
        {
            var of = Of(model with { SampleAxes = axes });
            try
            {
                SampleAnalysis.Run(nodes, of);
            }
            catch (Exception exception) when (exception is UnsupportedOperatorException or ArithmeticException or ShapeException)
            {
                // Nothing is proven; derivatives through the node, should they be asked for, are refused with their own words.
                return false;
            }
            return of.GetValueOrDefault(output) == SampleAxis.At(0);
        }
    }

    /// <summary>How the inputs depend on the samples.</summary>
    public static Dictionary<Value, SampleAxis> Of(ModelGraph model) =>
        model.Inputs.Where(input => input.Type.Rank > 0).ToDictionary(input => input, input => SampleAxis.At(model.SampleAxes.GetValueOrDefault(input)));
}
