namespace OnnxCurvature.Methods.Requests;

/// <summary>Lets a token end planning. What is planned later, while a run goes on, is ended by the token of the run.</summary>
internal sealed class PlanInterrupt(CancellationToken cancellation)
{
    private volatile bool _isOver;

    /// <summary>Throws <see cref="OperationCanceledException"/> where planning is to end.</summary>
    public void Check()
    {
        if (!_isOver)
            cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Planning is done, and the token ends nothing any more.</summary>
    public void Finish() => _isOver = true;
}
