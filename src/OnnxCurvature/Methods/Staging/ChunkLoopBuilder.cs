using System.Numerics;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Sparsity;
using OnnxCurvature.Methods.Terms;
using OnnxCurvature.Ops;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Methods.Staging;

/// <summary>Builds one chunk loop for terms that share directions, in chunks that fit the memory.</summary>
internal sealed class ChunkLoopBuilder(GraphBuilder builder, CostModel costs, PlanLimits limits)
{
    private const int MostDirectionsAtOnce = 256;

    /// <summary>A device has no such cache, and convolutions of more directions come closer to what it can do.</summary>
    private const int MostDirectionsAtOnceOnDevice = 1024;

    /// <summary>With fewer directions at once what each chunk costs by itself counts for more than the cache.</summary>
    private const int FewestDirectionsAtOnce = 8;

    /// <summary>The most directions of masked products: the entries gathered for a position serve all directions at once.</summary>
    private const int MostMaskedDirectionsAtOnce = 1024;

    private const int Attempts = 3;

    /// <summary>A chunk writes what it adds; the sum is read and written.</summary>
    private const int PassesOfASum = 3;

    /// <summary>The share of the memory limit above which no more is looked for.</summary>
    private const double Enough = 0.9;

    /// <summary>
    /// On a processor, a convolution whose output does not fit the cache writes to memory, and more directions at once are slower.
    /// </summary>
    private double ConvolutionBytes =>
        limits.Provider == ExecutionProvider.Cpu ? limits.Machine.SharedCacheBytes : limits.Machine.Device.ConvolutionBytes;

    private int FewestAtOnce => limits.Provider == ExecutionProvider.Cpu ? FewestDirectionsAtOnce : 1;

    private int MostAtOnce => limits.Provider == ExecutionProvider.Cpu ? MostDirectionsAtOnce : MostDirectionsAtOnceOnDevice;

    /// <summary>The share of the memory that may be kept for entries of a weight that are gathered once for all chunks.</summary>
    private const double ShareOfGatheredWeights = 0.25;

    /// <summary>Builds the chunk loop.</summary>
    public BuiltChunkLoop Build(IReadOnlyList<ITerm> terms)
    {
        // Mostly as many directions as are ever taken at once fit, and then nothing else need be built.
        var dense = Try(terms, Even(terms, MostAtOnce, masked: false), masked: false);
        // It takes several trial bodies, and is asked for to decide and to build.
        var masked = new Lazy<TrialLoop>(() =>
            Fitted(terms, Try(terms, Even(terms, MostMaskedDirectionsAtOnce, masked: true), masked: true))
        );
        var isMasked = limits.MasksProducts ?? (!limits.OneRunForEachChunk && IsMasked(terms, dense.Loop, masked));
        var chosen = isMasked ? masked.Value : Fitted(terms, dense);
        chosen.Loop.Close();
        return new BuiltChunkLoop(chosen.Loop.ChunkSize, chosen.Bytes, [.. chosen.Finish.Select(result => result())]);
    }

    /// <summary>
    /// The most directions at once whose values are still in the cache of a core when the next node takes them; at least so many that
    /// weights, which every chunk reads anew, and running sums, to which every chunk adds, are not most of what is read and written.
    /// Convolutions have a rule of their own, and devices no such cache.
    /// </summary>
    private double MostNearCore(Program body, ChunkLoop loop)
    {
        var chunk = loop.ChunkSize;
        if (limits.Provider != ExecutionProvider.Cpu || costs.WidestConvolution(body) > 0)
            return MostAtOnce;
        var (typical, written) = (costs.TypicalValue(body) / chunk, costs.Written(body) / chunk);
        // A derivative that is zero leaves nothing to do in the body.
        if (written == 0)
            return MostAtOnce;
        return Math.Clamp(
            Math.Max(
                Math.Floor(limits.Machine.CoreCacheBytes / typical),
                Math.Ceiling((costs.ReadAnew(body) + PassesOfASum * loop.Sums.Sum(costs.Bytes)) / written)
            ),
            1,
            MostAtOnce
        );
    }

    /// <summary>A chunk loop to which no more is added, and what a chunk takes.</summary>
    private TrialLoop Try(IReadOnlyList<ITerm> terms, int chunk, bool masked)
    {
        var (chunkLoop, finish) = NewLoop(terms, chunk, masked);
        var body = Finished(chunkLoop.BuildBody());
        return new TrialLoop(chunkLoop, finish, body, masked, costs.PeakBytes(body));
    }

    /// <summary>
    /// The loop of the most directions whose values fit the memory limit, or of one where that does not, spread evenly over the chunks. On
    /// a processor it has no more than stay in its caches. The peak of a body is the largest of several linear functions of the
    /// directions, so it lies under the chord between two trial bodies: as many as fit by the chord do fit.
    /// </summary>
    /// <param name="terms">The terms that the loop computes.</param>
    /// <param name="most">The loop of as many directions as may ever be taken at once.</param>
    private TrialLoop Fitted(IReadOnlyList<ITerm> terms, TrialLoop most)
    {
        if (!most.IsMasked && Cached(most) is var cached && cached < most.Loop.ChunkSize)
            most = Try(terms, Even(terms, cached, masked: false), masked: false);
        if (most.Bytes <= limits.MemoryBytes || most.Loop.ChunkSize == 1)
            return most;
        var (least, upper) = (Try(terms, 1, most.IsMasked), most);
        for (var attempt = 0; attempt < Attempts && least.Bytes < Enough * limits.MemoryBytes; attempt++)
        {
            var share = (limits.MemoryBytes - least.Bytes) / (upper.Bytes - least.Bytes);
            var (from, to) = (least.Loop.ChunkSize, upper.Loop.ChunkSize);
            var between = Even(terms, Math.Clamp(from + (long)Math.Floor(share * (to - from)), from, to), most.IsMasked);
            if (between == from)
                break;
            var trial = Try(terms, between, most.IsMasked);
            // One loop of all directions is built in another way than several chunks, and may lie off the line of these.
            if (trial.Bytes > limits.MemoryBytes)
                upper = trial;
            else
                least = trial;
        }
        return least;
    }

    /// <summary>The most directions at once whose values stay in the caches of a processor, given a body of several.</summary>
    private long Cached(TrialLoop trial)
    {
        var chunk = trial.Loop.ChunkSize;
        var widest = costs.WidestConvolution(trial.Body) / chunk;
        return (long)(
            widest > 0 ? Math.Clamp(Math.Floor(ConvolutionBytes / widest), FewestAtOnce, MostAtOnce) : MostNearCore(trial.Body, trial.Loop)
        );
    }

    /// <summary>The body as it will run: what does not depend on the chunk is done once, before.</summary>
    private Program Finished(Program body)
    {
        var whole = Pipeline.For(limits.Provider).Run(body);
        costs.Learn(whole);
        return whole.Dependent();
    }

    private (ChunkLoop Loop, Func<Value>[] Finish) NewLoop(IReadOnlyList<ITerm> terms, int chunk, bool masked)
    {
        var chunkLoop = new ChunkLoop(builder, terms[0].Directions, chunk)
        {
            MasksProducts = masked && limits.Provider == ExecutionProvider.Cpu,
        };
        var directions = terms[0].MakeDirections(chunkLoop);
        Func<Value>[] finish = [.. terms.Select(term => term.Build(chunkLoop, directions))];
        chunkLoop.Rewrite(body => FewPositions.Replace(chunkLoop.Body, body));
        if (masked)
        {
            var known = new Dictionary<Node, MaskedLink?>();
            chunkLoop.Rewrite(body =>
                MaskedProducts.Replace(
                    chunkLoop.Body,
                    body,
                    part => Chains(part, chunk, known, chunkLoop.IsSingle).Where(chain => Pays(chain, MostMaskedAtOnce(terms)))
                )
            );
        }
        // Where each chunk is a run of its own, coefficients would be computed in every one.
        if (limits.Combines && !limits.OneRunForEachChunk)
            chunkLoop.Rewrite(body => LinearCombinations.Replace(chunkLoop.Body, body, chunk, costs));
        return (chunkLoop, finish);
    }

    /// <summary>
    /// Whether products are to be taken at nonzero channels only. That needs many directions at once, so it must still pay with as many as
    /// then fit the memory.
    /// </summary>
    private bool IsMasked(IReadOnlyList<ITerm> terms, ChunkLoop whole, Lazy<TrialLoop> masked)
    {
        MaskedChain[] chains = [.. Chains(whole.BuildBody(), whole.ChunkSize, [], atOnce: true)];
        return IsWorthwhile(MostMaskedAtOnce(terms)) && IsWorthwhile(masked.Value.Loop.ChunkSize);

        bool IsWorthwhile(long directions) => chains.Any(chain => Pays(chain, directions));
    }

    private bool Pays(MaskedChain chain, long directions) =>
        limits.MasksProducts
        ?? (
            limits.Provider == ExecutionProvider.Cpu
                ? MaskedProductCosts.IsWorthwhile(chain, directions, costs.Size, limits.Machine)
                : MaskedProductCosts.IsWorthwhileOnDevice(chain, directions, costs.Size, limits.Machine.Device)
        );

    /// <summary>
    /// The chains of products that there is memory for. Entries gathered from the weight of a single position, unless in blocks, do
    /// not depend on the directions, and are kept from chunk to chunk; others are gathered anew for each.
    /// </summary>
    private IEnumerable<MaskedChain> Chains(Program body, int chunk, Dictionary<Node, MaskedLink?> known, bool atOnce) =>
        MaskedProducts.In(
            body,
            chunk,
            limits,
            known,
            link =>
                atOnce
                || link is not { IsSingle: true, Blocks: 1 }
                || costs.Bytes(link.Node.Inputs[1]!) <= ShareOfGatheredWeights * limits.MemoryBytes
        );

    private static long MostMaskedAtOnce(IReadOnlyList<ITerm> terms) => Math.Min(terms[0].Directions, MostMaskedDirectionsAtOnce);

    /// <summary>
    /// Directions of a chunk, so that all chunks have about as many, and none more than <paramref name="most"/>. Chunks that run side by
    /// side on 2, 4, 8 or 16 cores end together where that many divide their number, so there are up to a quarter more of them. Masked
    /// products need many directions at once.
    /// </summary>
    private static int Even(IReadOnlyList<ITerm> terms, long most, bool masked)
    {
        var directions = Math.Max(1, terms[0].Directions);
        var chunks = WholeNumbers.DivideUp(directions, Math.Min(most, directions));
        if (chunks > 2 && !masked)
        {
            var together = Math.Clamp((long)BitOperations.RoundUpToPowerOf2((ulong)chunks / 8 + 1), 2, 16);
            chunks = Math.Min(WholeNumbers.DivideUp(chunks, together) * together, directions);
        }
        return (int)WholeNumbers.DivideUp(directions, chunks);
    }

    private sealed record TrialLoop(ChunkLoop Loop, Func<Value>[] Finish, Program Body, bool IsMasked, double Bytes);
}

/// <summary>A chunk loop that is closed.</summary>
/// <param name="ChunkSize">Directions at a time.</param>
/// <param name="MemoryBytes">Peak of one chunk's values.</param>
/// <param name="Results">The result of each term.</param>
internal sealed record BuiltChunkLoop(int ChunkSize, double MemoryBytes, IReadOnlyList<Value> Results);
