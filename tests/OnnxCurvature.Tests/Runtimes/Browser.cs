using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>A server of files on this machine, and a headless Chromium that opens a page of it.</summary>
internal static class Browser
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly string[] SoftwareGpu =
    [
        "--enable-unsafe-webgpu",
        "--use-webgpu-adapter=swiftshader",
        "--enable-features=Vulkan",
    ];

    /// <summary>The program, or null where none is installed.</summary>
    public static string? Program { get; } =
        new[] { "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome" }
            .SelectMany(name =>
                (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name))
            )
            .FirstOrDefault(File.Exists);

    /// <summary>
    /// Opens <paramref name="page"/> and gives what it posts to <c>/results</c>. An address <c>/NAME/…</c> is a file in the folder of that
    /// name. With <paramref name="webGpu"/> Chromium computes WebGPU's shaders in its own software, SwiftShader.
    /// </summary>
    public static JsonDocument Open(string page, IReadOnlyDictionary<string, string> folders, bool webGpu = false)
    {
        using var server = new HttpListener();
        var origin = $"http://127.0.0.1:{FreePort()}/";
        server.Prefixes.Add(origin);
        server.Start();
        var profile = Directory.CreateTempSubdirectory("onnx-curvature-chromium-").FullName;
        // A debugging port keeps it open; which one, it chooses itself. The sandbox needs rights that containers do not give.
        using var chromium = Process.Start(
            new ProcessStartInfo(
                Program!,
                [
                    "--headless",
                    "--no-sandbox",
                    .. webGpu ? SoftwareGpu : ["--disable-gpu"],
                    "--remote-debugging-port=0",
                    $"--user-data-dir={profile}",
                    origin + page,
                ]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var log = chromium.StandardError.ReadToEndAsync();
        _ = chromium.StandardOutput.ReadToEndAsync();
        try
        {
            var results = Task.Run(() => Serve(server, folders));
            return results.Wait(Limit)
                ? results.Result
                : throw new TimeoutException($"The page '{page}' reported nothing in {Limit.TotalMinutes} minutes.");
        }
        finally
        {
            chromium.Kill(entireProcessTree: true);
            chromium.WaitForExit();
            log.Wait(TimeSpan.FromSeconds(10));
            Directory.Delete(profile, recursive: true);
        }
    }

    private static JsonDocument Serve(HttpListener server, IReadOnlyDictionary<string, string> folders)
    {
        while (true)
        {
            var context = server.GetContext();
            using var response = context.Response;
            if (context.Request.HttpMethod == "POST")
                return JsonDocument.Parse(context.Request.InputStream);
            var parts = Uri.UnescapeDataString(context.Request.Url!.AbsolutePath).TrimStart('/').Split('/', 2);
            var path = parts.Length == 2 && folders.TryGetValue(parts[0], out var folder) ? Path.Combine(folder, parts[1]) : null;
            // The sample's page takes its packages from beside it.
            if (path is not null && !File.Exists(path) && parts[1].StartsWith("node_modules/", StringComparison.Ordinal))
                path = Path.Combine(folders["packages"], parts[1]);
            if (!File.Exists(path))
            {
                response.StatusCode = 404;
                continue;
            }
            response.ContentType = Path.GetExtension(path) switch
            {
                ".html" => "text/html",
                ".js" or ".mjs" => "text/javascript",
                ".wasm" => "application/wasm",
                _ => "application/octet-stream",
            };
            using var stream = File.OpenRead(path);
            response.ContentLength64 = stream.Length;
            stream.CopyTo(response.OutputStream);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
