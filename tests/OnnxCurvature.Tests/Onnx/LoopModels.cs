using OnnxCurvature.Onnx.Proto;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Models with loops, for tests of loops that are written out and of those that stay.</summary>
internal static class LoopModels
{
    /// <summary>
    /// A Loop of as many iterations as the value "trips" says, which the caller adds: y = tanh(w y + (i + 1) v) from x on, or that and the
    /// rows -w y.
    /// </summary>
    public static ModelProto Counted(bool stacks)
    {
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("i", 7), Info("go", 9), Info("state", 1, "N", 3) },
            Node =
            {
                Node("Identity", "go", "on"),
                Node("Cast", "i", "number", Int("to", 1)),
                Node("Add", "number v", "shift"),
                Node("Mul", "state w", "scaled"),
                Node("Add", "scaled shift", "sum"),
                Node("Tanh", "sum", "next"),
            },
            Initializer = { Floats("v", 3) },
            Output = { Info("on", 9), Info("next", 1, "N", 3) },
        };
        if (stacks)
        {
            body.Node.Add(Node("Neg", "scaled", "row"));
            body.Output.Add(Info("row", 1, "N", 3));
        }
        var loop = Node("Loop", "trips  x", stacks ? "y rows" : "y", Body("body", body));
        loop.Input.Insert(1, "");
        var model = Model(Graph(loop));
        model.Graph.Initializer.Add(Floats("w", 3));
        return model;
    }

    /// <summary>A Scan with a state over the columns of x [2, T] and the rows of z [T, 4].</summary>
    /// <param name="steps">T, a number or a name.</param>
    /// <param name="taken">The axis of the rows of z, and whether the columns of x are taken backwards.</param>
    /// <param name="stacked">The axis of the rows that are stacked, and whether they are stacked backwards.</param>
    public static ModelProto TwoSequences(object steps, (long Axis, long Backwards) taken, (long Axis, long Backwards) stacked)
    {
        var body = new GraphProto
        {
            Name = "body",
            Input = { Info("state", 1, 2), Info("column", 1, 2), Info("row", 1, 4) },
            Node =
            {
                Node("ReduceSum", "row", "s", Int("keepdims", 0)),
                Node("Mul", "column s", "p"),
                Node("Add", "state p", "q"),
                Node("Tanh", "q", "next"),
                Node("Mul", "next w", "out"),
                Node("Mul", "row row", "square"),
            },
            Output = { Info("next", 1, 2), Info("out", 1, 2), Info("square", 1, 4) },
        };
        return Model(
            new GraphProto
            {
                Name = "graph",
                Input = { Info("a", 1, 2), Info("x", 1, 2, steps), Info("z", 1, steps, 4) },
                Output = { Info("last", 1, 2), Info("outs", 1, 2, steps), Info("squares", 1, steps, 4) },
                Node =
                {
                    Node(
                        "Scan",
                        "a x z",
                        "last outs squares",
                        Body("body", body),
                        Int("num_scan_inputs", 2),
                        Ints("scan_input_axes", 1, taken.Axis),
                        Ints("scan_input_directions", taken.Backwards, 0),
                        Ints("scan_output_axes", 1, stacked.Axis),
                        Ints("scan_output_directions", 0, stacked.Backwards)
                    ),
                },
                Initializer = { Floats("w", 2) },
            }
        );
    }
}
