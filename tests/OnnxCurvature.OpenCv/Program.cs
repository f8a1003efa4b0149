// Runs models on OpenCV's DNN module, whose crashes then are those of a process of its own: MODEL OUTPUT,... INPUT=FILE.npy ...
// Writes the outputs as JSON: {"name": {"dims": [...], "data": [...]}, ...}. Ends with 3 where OpenCV cannot be loaded.

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using OnnxCurvature.Files;
using OpenCvSharp;
using OpenCvSharp.Dnn;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    Cv2.GetVersionString();
}
catch (TypeInitializationException exception)
{
    Console.Error.WriteLine($"OpenCV cannot be loaded: {exception.InnerException?.Message.Split('\n')[0]}");
    return 3;
}
try
{
    using var net = CvDnn.ReadNetFromOnnx(args[0]) ?? throw new InvalidDataException("The file holds no network.");
    foreach (var argument in args.Skip(2))
    {
        var (name, file) = (argument.Split('=', 2)[0], argument.Split('=', 2)[1]);
        using var blob = Blob(NpyReader.Read(file));
        net.SetInput(blob, name);
    }
    var names = args[1].Split(',');
    Mat[] outputs = [.. names.Select(_ => new Mat())];
    net.Forward(outputs, names);
    Console.WriteLine(
        JsonSerializer.Serialize(
            names.Zip(outputs).ToDictionary(pair => pair.First, pair => new { dims = Sizes(pair.Second), data = Data(pair.Second) })
        )
    );
    return 0;
}
catch (Exception exception) when (exception is OpenCVException or OpenCvSharpException or InvalidDataException)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

// OpenCV's tensors are of float32, and have an axis at least.
static Mat Blob(NpyArray array)
{
    var shape = array.Shape.Length == 0 ? [1] : array.Shape.Select(size => (int)size).ToArray();
    var blob = new Mat(shape, MatType.CV_32FC1);
    float[] elements = [.. array.ToDoubles().Select(element => (float)element)];
    Marshal.Copy(elements, 0, blob.Data, elements.Length);
    return blob;
}

static int[] Sizes(Mat mat) => [.. Enumerable.Range(0, mat.Dims).Select(mat.Size)];

static float[] Data(Mat mat)
{
    var elements = new float[mat.Total()];
    Marshal.Copy(mat.Data, elements, 0, elements.Length);
    return elements;
}
