using System.Globalization;
using OnnxCurvature.Fuzz;

const string Usage = """
    Usage: OnnxCurvature.Fuzz run TARGET|all MINUTES SEED SEEDS... [--out FOLDER]
           OnnxCurvature.Fuzz replay FILE...

    run mutates the files of the folders SEEDS and gives them to a target for some minutes, each target in a process of its own.
    An input that fails is kept in FOLDER (default: findings), as small as it can be made. replay takes files as all targets of their kind
    do.
    """;

switch (args)
{
    case ["run", var name, var minutes, var seed, .. var seeds]
        when double.TryParse(minutes, CultureInfo.InvariantCulture, out var time)
            && int.TryParse(seed, CultureInfo.InvariantCulture, out var start):
        return Supervisor.Run(name, TimeSpan.FromMinutes(time), start, seeds);
    case ["worker", var name, var seconds, var seed, var output, var work, .. var seeds]:
        var target = FuzzTargets.All.Single(target => target.Name == name);
        new FuzzLoop(target, Seeds.Of(target, seeds), new Findings(output), work).Run(
            TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)),
            int.Parse(seed, CultureInfo.InvariantCulture)
        );
        return 0;
    case ["replay", .. var files]:
        return Replay.Run(files);
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
