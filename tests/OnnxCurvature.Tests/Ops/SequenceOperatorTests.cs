using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Tests.Laws;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>Operators of opset 27, which ONNX Runtime has no kernels of, against their definitions, position by position.</summary>
public sealed class SequenceOperatorTests
{
    public static TheoryData<string> LinearAttentions => Samples("LinearAttention");

    public static TheoryData<string> CausalConvolutions => Samples("CausalConvWithState");

    [Theory, MemberData(nameof(LinearAttentions))]
    public void LinearAttention_is_its_recurrence(string name)
    {
        var sample = SampleTable.Get(name);
        var (heads, groups, rule) = (
            (int)sample.Attributes.Int("q_num_heads", 0),
            (int)sample.Attributes.Int("kv_num_heads", 0),
            sample.Attributes.Text("update_rule", "gated_delta")
        );
        var (q, k, v) = (sample.Inputs[0].Value, sample.Inputs[1].Value, sample.Inputs[2].Value);
        var (past, decay, rate) = (Given(sample, 3), Given(sample, 4), Given(sample, 5));
        var samples = (int)q.Shape[0];
        var steps = (int)q.Shape[1];
        var d = (int)q.Shape[2] / heads;
        var e = (int)v.Shape[2] / groups;
        var scale = sample.Attributes.Float("scale", 0) is var given && given != 0 ? given : 1 / Math.Sqrt(d);
        var outputs = Outputs(sample);
        for (var n = 0; n < samples; n++)
        for (var head = 0; head < heads; head++)
        {
            var group = head / (heads / groups);
            var state = new double[d, e];
            for (var i = 0; i < d; i++)
            for (var j = 0; j < e; j++)
                state[i, j] = past?.Floats[((n * groups + group) * d + i) * e + j] ?? 0;
            for (var t = 0; t < steps; t++)
            {
                var row = n * steps + t;
                for (var i = 0; i < d; i++)
                for (var j = 0; j < e; j++)
                    if (decay is not null)
                        state[i, j] *= Math.Exp(
                            decay.Shape[2] == groups ? decay.Floats[row * groups + group] : decay.Floats[(row * groups + group) * d + i]
                        );
                var written = new double[e];
                for (var j = 0; j < e; j++)
                {
                    written[j] = v.Floats[(row * groups + group) * e + j];
                    if (!rule.Contains("delta", StringComparison.Ordinal))
                        continue;
                    for (var i = 0; i < d; i++)
                        written[j] -= state[i, j] * k.Floats[(row * groups + group) * d + i];
                    written[j] *= rate!.Shape[2] == 1 ? rate.Floats[row] : rate.Floats[row * groups + group];
                }
                for (var j = 0; j < e; j++)
                {
                    double y = 0;
                    for (var i = 0; i < d; i++)
                    {
                        state[i, j] += k.Floats[(row * groups + group) * d + i] * written[j];
                        y += scale * q.Floats[(row * heads + head) * d + i] * state[i, j];
                    }
                    Assert.Equal(y, outputs[0].Floats[(row * heads + head) * e + j], 1e-12);
                }
            }
            for (var i = 0; i < d; i++)
            for (var j = 0; j < e; j++)
                Assert.Equal(state[i, j], outputs[1].Floats[((n * groups + group) * d + i) * e + j], 1e-12);
        }
    }

    [Theory, MemberData(nameof(CausalConvolutions))]
    public void CausalConvWithState_sums_up_what_its_kernel_has_behind_each_position(string name)
    {
        var sample = SampleTable.Get(name);
        var x = sample.Inputs[0].Value;
        var w = sample.Inputs[1].Value;
        var bias = Given(sample, 2);
        var past = Given(sample, 3);
        var samples = (int)x.Shape[0];
        var channels = (int)x.Shape[1];
        var positions = (int)x.Shape[2];
        var size = (int)w.Shape[2];
        var outputs = Outputs(sample);
        for (var n = 0; n < samples; n++)
        for (var c = 0; c < channels; c++)
        {
            var row = n * channels + c;
            for (var t = 0; t < positions; t++)
            {
                var y = bias?.Floats[c] ?? 0;
                for (var j = 0; j < size; j++)
                    y += w.Floats[c * size + j] * At(t - size + 1 + j);
                Assert.Equal(
                    sample.Attributes.Has("activation") ? y / (1 + Math.Exp(-y)) : y,
                    outputs[0].Floats[row * positions + t],
                    1e-12
                );
            }
            for (var j = 0; j < size - 1 && outputs.Length > 1; j++)
                Assert.Equal(At(positions - size + 1 + j), outputs[1].Floats[row * (size - 1) + j]);

            double At(int t) => t >= 0 ? x.Floats[row * positions + t] : past?.Floats[row * (size - 1) + size - 1 + t] ?? 0;
        }
    }

    private static TheoryData<string> Samples(string name) =>
        [
            .. SampleTable
                .All.Select(row => row.Data)
                .Where(sample => SampleTable.Get(sample) is { Domain: "" } found && found.Operator == name),
        ];

    private static Tensor? Given(OperatorSample sample, int index) =>
        index < sample.Inputs.Length && sample.Inputs[index].Role != InputRole.Absent ? sample.Inputs[index].Value : null;

    private static Tensor[] Outputs(OperatorSample sample)
    {
        var program = new SampleProgram(sample);
        return [.. program.Node.Rules().Evaluate(program.Node, program.Inputs)];
    }
}
