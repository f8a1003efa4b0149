using System.CommandLine;
using System.Globalization;
using OnnxCurvature.RandomGraphs.Checking;
using OnnxCurvature.Runtime.Sessions;

var seed = new Option<long>("--seed") { Description = "The first seed; each seed is a graph.", DefaultValueFactory = _ => 1 };
var count = new Option<long>("--count") { Description = "The number of seeds.", DefaultValueFactory = _ => 1000 };
var threads = new Option<int>("--threads") { Description = "How many graphs are checked at once.", DefaultValueFactory = _ => 1 };
var findings = new Option<DirectoryInfo>("--findings") { Description = "A folder for the first fault of each kind." };
var minutes = new Option<double?>("--minutes") { Description = "For how long at most." };
var choices = new Option<string>("--choices") { Description = "The choices of one graph, as a finding reports them." };
const string About =
    "Compiles and runs random graphs in all ways, and compares with dense derivatives that share no code with "
    + "the compiler. The exit code is 1 where a fault was found.";
var root = new RootCommand(About) { seed, count, minutes, threads, findings, choices };
root.SetAction(parsed =>
{
    OrtEnvironment.Start(null);
    using var stop = parsed.GetValue(minutes) is { } time
        ? new CancellationTokenSource(TimeSpan.FromMinutes(time))
        : new CancellationTokenSource();
    Console.CancelKeyPress += (_, pressed) =>
    {
        pressed.Cancel = true;
        stop.Cancel();
    };
    var campaign = new Campaign(Console.Out, parsed.GetValue(findings)?.FullName);
    if (parsed.GetValue(choices) is { } given)
        campaign.Replay(parsed.GetValue(seed), [.. given.Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture))]);
    else
        campaign.Run(parsed.GetValue(seed), parsed.GetValue(count), parsed.GetValue(threads), stop.Token);
    return campaign.Statistics.Faults > 0 ? 1 : 0;
});
return root.Parse(args).Invoke();
