// Runs an augmented model on ONNX Runtime, and prints the norm of each output: MODEL INPUT=FILE.npy ...

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
using var session = new InferenceSession(args[0]);
var feeds = args.Skip(1).Select(argument => Feed(argument.Split('=', 2))).ToList();
using var results = session.Run(feeds);
foreach (var result in results)
{
    var tensor = result.AsTensor<float>();
    var norm = Math.Sqrt(tensor.Sum(entry => (double)entry * entry));
    Console.WriteLine($"{result.Name} [{string.Join(',', tensor.Dimensions.ToArray())}] norm {norm:G6}");
}

// An input from a .npy file of format 1, of float32 or int64, in C order.
static NamedOnnxValue Feed(string[] pair)
{
    const int Start = 10;
    var bytes = File.ReadAllBytes(pair[1]);
    var end = Start + BitConverter.ToUInt16(bytes, Start - sizeof(ushort));
    var header = Encoding.Latin1.GetString(bytes, Start, end - Start);
    if (header.Contains("'fortran_order': True", StringComparison.Ordinal))
        throw new InvalidDataException($"'{pair[1]}' is in Fortran order; save a C-contiguous copy.");
    int[] shape =
    [
        .. Regex.Matches(Regex.Match(header, @"'shape': \(([^)]*)\)").Groups[1].Value, @"\d+").Select(size => int.Parse(size.Value)),
    ];
    var elements = bytes.AsSpan(end);
    return Regex.Match(header, "'descr': '([^']+)'").Groups[1].Value switch
    {
        "<f4" => NamedOnnxValue.CreateFromTensor(
            pair[0],
            new DenseTensor<float>(MemoryMarshal.Cast<byte, float>(elements).ToArray(), shape)
        ),
        "<i8" => NamedOnnxValue.CreateFromTensor(pair[0], new DenseTensor<long>(MemoryMarshal.Cast<byte, long>(elements).ToArray(), shape)),
        var other => throw new InvalidDataException($"'{pair[1]}' holds '{other}'; save float32 or int64."),
    };
}
