using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>Finds the first node of a program that makes NaN or infinity.</summary>
internal sealed class NonFiniteSearch(Program program, OrtSettings settings)
{
    /// <summary>One sentence about where a result that is not finite comes from.</summary>
    public string Describe(string result, IReadOnlyDictionary<Value, OrtValue> parameters, CancellationToken cancellation)
    {
        // Nodes before the loops, all values given out at once.
        var nodes = program.Nodes.Where(node => node.Outputs.All(value => value.Type.Element.IsFloat()) && !node.Bodies.Any()).ToArray();
        var straight = ProgramSchedule.Of(program).Steps.OfType<StraightStep>().FirstOrDefault();
        if (straight is not null)
        {
            var inside = straight.Program.Nodes.Intersect(nodes).ToArray();
            var values = inside.SelectMany(node => node.Outputs).ToArray();
            using var session = new OrtProgram(
                Program.Create(straight.Program.Parameters, values.Select((value, index) => new NamedValue($"value_{index}", value))),
                settings
            );
            var tensors = session.Run([.. straight.Program.Parameters.Select(value => parameters[value])], _ => true, cancellation);
            var first = Enumerable.Range(0, tensors.Count).FirstOrDefault(index => !OrtTensors.IsFinite(tensors[index]), -1);
            foreach (var tensor in tensors)
                tensor.Dispose();
            if (first >= 0 && values[first].Producer is { } culprit)
                return $"'{result}' holds NaN or infinity, first made by "
                    + $"{(culprit.Origin is null ? culprit : $"the derivative of {culprit.Origin}")}; check the data and the weights "
                    + $"before it.";
        }
        return $"'{result}' holds NaN or infinity, first made while directions were pushed through the network; check the data and "
            + $"the weights.";
    }
}
