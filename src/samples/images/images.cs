#:package SkiaSharp@3.119.0
#:package SkiaSharp.NativeAssets.Linux.NoDependencies@3.119.0

// Turns folders of images, one for each class, into .npy files: dotnet run images.cs PHOTOS ARRAYS
using System.Text;
using SkiaSharp;

const int Size = 224,
    ImagesPerFile = 256;
Directory.CreateDirectory(args[1]);
var classes = Directory.GetDirectories(args[0]).Order(StringComparer.Ordinal).ToArray();
var files = classes.SelectMany((folder, label) => Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(path => (path, label)));
foreach (var (number, part) in files.Chunk(ImagesPerFile).Index())
{
    Write($"image-{number}.npy", "|u1", [part.Length, 3, Size, Size], [.. part.SelectMany(file => Bytes(file.path))]);
    Write($"labels-{number}.npy", "<i8", [part.Length], [.. part.SelectMany(file => BitConverter.GetBytes((long)file.label))]);
}

// The image, cut to a square and scaled, as channel, height, width.
static byte[] Bytes(string path)
{
    using var image = SKBitmap.Decode(path);
    var side = Math.Min(image.Width, image.Height);
    using var square = new SKBitmap(side, side);
    image.ExtractSubset(square, SKRectI.Create((image.Width - side) / 2, (image.Height - side) / 2, side, side));
    using var small = square.Resize(new SKImageInfo(Size, Size), new SKSamplingOptions(SKCubicResampler.Mitchell));
    var pixels = small.Pixels;
    return [.. pixels.Select(pixel => pixel.Red), .. pixels.Select(pixel => pixel.Green), .. pixels.Select(pixel => pixel.Blue)];
}

void Write(string name, string type, int[] shape, byte[] bytes)
{
    var sizes = string.Concat(shape.Select(size => $"{size},"));
    var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({sizes}), }}".PadRight(117) + "\n";
    using var file = File.Create(Path.Combine(args[1], name));
    file.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. bytes]);
}
