using System.Runtime.InteropServices;
using System.Text;
using OnnxCurvature.Cli;

var encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
Console.OutputEncoding = encoding;
using var cancellation = new CancellationTokenSource();
var isTerminated = false;
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
var output = TextWriter.Synchronized(new StreamWriter(new StandardStream(Console.OpenStandardOutput()), encoding) { AutoFlush = true });

// Spectre.Console asks the console for its encoding and size, and nothing but these.
Console.SetOut(output);
var terminal = new Terminal(output, Console.Error, interactive: !Console.IsOutputRedirected, errorInteractive: !Console.IsErrorRedirected);
var code = await new CommandLine(new CurvatureService(), terminal).Run(args, cancellation.Token);
return code == ExitCodes.Interrupted && isTerminated ? ExitCodes.Terminated : code;

// The first signal lets the command stop and remove what it has half written; the second ends the process at once.
void Cancel(PosixSignalContext context)
{
    isTerminated = context.Signal == PosixSignal.SIGTERM;
    context.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
}
