using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Transforms;
using Xunit;
using Tensor = OnnxCurvature.Ir.Tensor;

namespace OnnxCurvature.Tests.Laws;

/// <summary>Runs programs in ONNX Runtime, with its optimizations off, so that each node's own kernel runs.</summary>
internal static class RuntimeProgram
{
    /// <summary>
    /// The outputs for parameters as they are bound, or null where ONNX Runtime has no kernel for a node in its element type.
    /// </summary>
    internal static Tensor[]? Run(Ir.Program program, int opset, IReadOnlyDictionary<Value, Tensor> values)
    {
        var types = program.Outputs.Select(output => output.Value.Type.Element).ToArray();
        program = WithoutNarrowTypes(program, values);
        byte[] model;
        try
        {
            model = OnnxWriter.Serialize(program, Path.GetTempPath(), new WriteOptions { Opset = opset, Weights = WeightPlacement.Embed });
        }
        catch (UserErrorException exception) when (exception.Message.Contains("cannot be computed in float64", StringComparison.Ordinal))
        {
            return null;
        }
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            IntraOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        using var session = Load(model, options);
        if (session is null)
            return null;
        Assert.Empty(OnnxChecker.Check(ModelProto.Parser.ParseFrom(model)));
        try
        {
            return
            [
                .. Run(session, program, values)
                    .Zip(types, (tensor, type) => type >= ElementType.Float8E4M3FN ? tensor.CastTo(type, saturated: false) : tensor),
            ];
        }
        catch (OnnxRuntimeException exception) when (exception.Message.Contains("does not support double yet", StringComparison.Ordinal))
        {
            // The kernels of LSTM and GRU say so only when they run.
            return null;
        }
    }

    /// <summary>
    /// The API of ONNX Runtime takes and gives no numbers of eight bits or less but integers of eight, so such parameters become constants,
    /// and such outputs are cast to what it gives.
    /// </summary>
    private static Ir.Program WithoutNarrowTypes(Ir.Program program, IReadOnlyDictionary<Value, Tensor> values)
    {
        static bool IsNarrow(Value value) => value.Type.Element is >= ElementType.Float8E4M3FN and <= ElementType.Int2;
        if (program.Nodes.IsEmpty || !program.Parameters.Any(IsNarrow) && !program.Outputs.Any(output => IsNarrow(output.Value)))
            return program;
        var b = program.Nodes[0].Scope;
        var constants = program.Parameters.Where(IsNarrow).ToDictionary(parameter => parameter, parameter => b.Constant(values[parameter]));
        var outputs = b.Substitute([.. program.Outputs.Select(output => output.Value)], constants);
        return b.Build(
            program.Parameters.Where(parameter => !IsNarrow(parameter)),
            program.Outputs.Zip(
                outputs,
                (output, value) =>
                    output with
                    {
                        Value = !IsNarrow(value)
                            ? value
                            : Cast.Of(b, value, value.Type.Element.HoldsFloats() ? ElementType.Float32 : ElementType.Int32),
                    }
            )
        );
    }

    private static InferenceSession? Load(byte[] model, SessionOptions options)
    {
        try
        {
            return new InferenceSession(model, options);
        }
        catch (OnnxRuntimeException exception)
            when (exception.Message.Contains("Type 'tensor(double)' of input", StringComparison.Ordinal)
                || exception.Message.Contains("Could not find an implementation", StringComparison.Ordinal)
            )
        {
            return null;
        }
    }

    /// <summary>The outputs that a session gives for values of the program's parameters, in the order of both.</summary>
    public static Tensor[] Run(InferenceSession session, Ir.Program program, IReadOnlyDictionary<Value, Tensor> values)
    {
        var feeds = session
            .InputNames.Zip(program.Parameters)
            .ToDictionary(pair => pair.First, pair => Feed(values[pair.Second].CastTo(pair.Second.Type.Element)));
        try
        {
            using var run = new RunOptions();
            using var results = session.Run(run, feeds, [.. program.Outputs.Select(output => output.Name)]);
            return [.. results.Select(Read)];
        }
        finally
        {
            foreach (var feed in feeds.Values)
                feed.Dispose();
        }
    }

    /// <summary>A tensor as ONNX Runtime takes it.</summary>
    public static OrtValue Feed(Tensor tensor)
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (TensorElementType)tensor.Element, [.. tensor.Shape]);
        TensorEncoder.Encode(tensor).CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    /// <summary>A tensor that ONNX Runtime gave.</summary>
    public static Tensor Read(OrtValue value)
    {
        var info = value.GetTensorTypeAndShape();
        var decoder = new TensorDecoder(new TensorType((ElementType)info.ElementDataType, TensorShape.Of(info.Shape)));
        decoder.Decode(value.GetTensorMutableRawData(), 0);
        return decoder.Tensor;
    }
}
