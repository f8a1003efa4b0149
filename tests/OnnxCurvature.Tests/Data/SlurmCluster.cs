using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using OnnxCurvature.Tests.Files;

namespace OnnxCurvature.Tests.Data;

/// <summary>A Slurm of one node on the loopback: munged, slurmctld and slurmd, with their files in a folder of their own.</summary>
internal sealed class SlurmCluster : IDisposable
{
    private static readonly string[] Daemons = ["munged", "slurmctld", "slurmd"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private readonly string _node = Environment.MachineName.Split('.')[0];

    /// <summary>Starts the daemons, and waits until the node takes jobs.</summary>
    public SlurmCluster()
    {
        foreach (var name in new[] { "state", "spool" })
            Directory.CreateDirectory(this[name]);
        File.WriteAllBytes(this["munge.key"], RandomNumberGenerator.GetBytes(128));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(this["munge.key"], UnixFileMode.UserRead);
        File.WriteAllText(this["slurm.conf"], Configuration());
        Start(
            "munged",
            $"--key-file={this["munge.key"]}",
            $"--socket={this["munge.socket"]}",
            $"--pid-file={this["munged.pid"]}",
            $"--log-file={this["munged.log"]}",
            $"--seed-file={this["munged.seed"]}",
            "--force"
        );
        Start("slurmctld", "-f", this["slurm.conf"]);
        Start("slurmd", "-f", this["slurm.conf"]);
        WaitFor("the node to take jobs", () => Call("sinfo", "--noheader", "--format=%T").StartsWith("idle", StringComparison.Ordinal));
    }

    /// <summary>Why there can be no such cluster here; null where there can.</summary>
    public static string? Obstacle
    {
        get
        {
            var missing = Daemons.Where(name => !File.Exists($"/usr/sbin/{name}")).ToArray();
            if (missing.Length > 0)
                return $"{string.Join(", ", missing)} are not installed; Debian's packages slurm-wlm and munge have them.";
            return Environment.IsPrivilegedProcess ? null : "Only root can start a Slurm of its own.";
        }
    }

    /// <summary>The path of a file of the cluster.</summary>
    public string this[string name] => _folder.File(name);

    /// <summary>Runs a program of Slurm and gives what it prints.</summary>
    public string Call(string name, params string[] arguments)
    {
        var (code, output, errors) = Runtimes.Programs.Run("env", [$"SLURM_CONF={this["slurm.conf"]}", name, .. arguments], Patience);
        return code == 0 ? output : throw new InvalidOperationException($"{name}: {errors}");
    }

    /// <summary>Waits until something is so.</summary>
    public static void WaitFor(string what, Func<bool> isSo, TimeSpan? limit = null)
    {
        var clock = Stopwatch.StartNew();
        while (!isSo())
        {
            if (clock.Elapsed > (limit ?? Patience))
                throw new TimeoutException($"It took too long for {what}.");
            Thread.Sleep(2);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var name in Daemons.Reverse())
            if (File.Exists(this[$"{name}.pid"]) && int.TryParse(File.ReadAllText(this[$"{name}.pid"]), out var id))
                Runtimes.Programs.Run("kill", [$"{id}"], Patience);
        WaitFor("the daemons to end", () => Daemons.All(name => !File.Exists(this[$"{name}.pid"])));
        _folder.Dispose();
    }

    private void Start(string name, params string[] arguments)
    {
        var (code, output, errors) = Runtimes.Programs.Run($"/usr/sbin/{name}", arguments, Patience);
        if (code != 0)
            throw new InvalidOperationException($"{name} does not start: {output}{errors}");
    }

    /// <summary>Ports that nobody listens on, so that several test runs may go on at the same time.</summary>
    private static (int First, int Second) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }

    private string Configuration()
    {
        var (controller, node) = FreePorts();
        return $"""
            ClusterName=local
            SlurmctldHost={_node}(127.0.0.1)
            SlurmctldPort={controller}
            SlurmdPort={node}
            AuthType=auth/munge
            AuthInfo=socket={this["munge.socket"]},cred_expire=5
            CredType=cred/munge
            SlurmUser=root
            SlurmdUser=root
            StateSaveLocation={this["state"]}
            SlurmdSpoolDir={this["spool"]}
            SlurmctldPidFile={this["slurmctld.pid"]}
            SlurmdPidFile={this["slurmd.pid"]}
            SlurmctldLogFile={this["slurmctld.log"]}
            SlurmdLogFile={this["slurmd.log"]}
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU
            SlurmdParameters=config_overrides
            SwitchType=switch/none
            MpiDefault=none
            ReturnToService=2
            SchedulerParameters=sched_interval=1,batch_sched_delay=0
            KillWait=30
            NodeName={_node} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
            PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP

            """;
    }
}
