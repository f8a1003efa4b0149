using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Runtime.Cuda;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>
/// The rows that a loop gives out iteration by iteration, stacked along a new first axis. On the host each part is copied to its place; on
/// a device the parts stay there, and are put together there at the end.
/// </summary>
internal sealed class IterationStack(long iterations, bool isOnDevice, bool wantedOnHost)
{
    /// <summary>Parts that one program puts together; more are put together in several steps.</summary>
    private const int MostParts = 256;

    private readonly List<OrtValue> _parts = [];
    private OrtValue? _whole;

    /// <summary>Takes the part of an iteration, and disposes of it when it is no longer needed.</summary>
    public void Add(OrtValue part, long iteration)
    {
        if (isOnDevice)
        {
            _parts.Add(part);
            return;
        }
        using (part)
        {
            _whole ??= Empty(part);
            var bytes = part.GetTensorMutableRawData();
            bytes.CopyTo(_whole.GetTensorMutableRawData()[(int)(iteration * bytes.Length)..]);
        }
    }

    /// <summary>Makes all parts zero, of the shape of one that is disposed of.</summary>
    public void AddNothing(OrtValue part)
    {
        using (part)
            _whole = Empty(part);
    }

    private OrtValue Empty(OrtValue part)
    {
        var type = part.GetTensorTypeAndShape();
        var whole = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type.ElementDataType, [iterations, .. type.Shape]);
        // Iterations that another run makes are zero here.
        whole.GetTensorMutableRawData().Clear();
        return whole;
    }

    /// <summary>The stack. The caller disposes of it.</summary>
    public OrtValue Finish(DeviceConcat device, CancellationToken cancellation)
    {
        if (!isOnDevice)
            return _whole!;
        // [*] to [1, *] at first, then along that axis.
        var (parts, stacked) = (_parts, true);
        while (true)
        {
            var next = new List<OrtValue>();
            var last = parts.Count <= MostParts;
            foreach (var group in parts.Chunk(MostParts))
            {
                next.Add(device.Join(group, stacked, last && wantedOnHost, cancellation));
                foreach (var part in group)
                    part.Dispose();
            }
            (parts, stacked) = (next, false);
            if (last)
                return parts[0];
        }
    }
}
