// Runs an augmented model on ONNX Runtime, and prints the norm of each output: MODEL INPUT=FILE.npy ...
// Of the compiler's library it uses the reader of NumPy's files only.

using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Files;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
using var session = new InferenceSession(args[0]);
var feeds = args.Skip(1).Select(argument => Feed(session, argument.Split('=', 2))).ToList();
using var results = session.Run(feeds);
foreach (var result in results)
{
    var tensor = result.AsTensor<float>();
    var norm = Math.Sqrt(tensor.Sum(entry => (double)entry * entry));
    Console.WriteLine($"{result.Name} [{string.Join(',', tensor.Dimensions.ToArray())}] norm {norm:G6}");
}

static NamedOnnxValue Feed(InferenceSession session, string[] pair)
{
    var array = NpyReader.Read(pair[1]);
    int[] shape = [.. array.Shape.Select(size => (int)size)];
    return session.InputMetadata[pair[0]].ElementDataType == TensorElementType.Int64
        ? NamedOnnxValue.CreateFromTensor(pair[0], new DenseTensor<long>(array.ToInt64s(), shape))
        : NamedOnnxValue.CreateFromTensor(
            pair[0],
            new DenseTensor<float>(Array.ConvertAll(array.ToDoubles(), entry => (float)entry), shape)
        );
}
