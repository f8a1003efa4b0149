using System.Runtime.InteropServices;
using System.Text;
using OnnxCurvature.Cli;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var cancellation = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
var terminal = new Terminal(Console.Out, Console.Error, interactive: !Console.IsOutputRedirected);
return await new CommandLine(new CurvatureService(), terminal).Run(args, cancellation.Token);

// The first signal lets the command stop and remove what it has half written; the second ends the process at once.
void Cancel(PosixSignalContext context)
{
    context.Cancel = !cancellation.IsCancellationRequested;
    cancellation.Cancel();
}
