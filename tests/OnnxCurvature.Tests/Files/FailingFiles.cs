using OnnxCurvature.Files;

namespace OnnxCurvature.Tests.Files;

/// <summary>
/// The file system of the machine, at one step of which something happens: that of a number, counted from 0. Memory that is allocated is
/// a step, too.
/// </summary>
/// <param name="number">The step.</param>
/// <param name="happens">Done before it.</param>
internal sealed class FailingFiles(int number, Action happens) : IFileSystem
{
    private int _step;

    /// <summary>Lets the step fail, and one that takes memory for lack of it.</summary>
    public FailingFiles(int number, Exception failure)
        : this(number, () => throw failure) => HappensToMemory = bytes => throw new InsufficientMemoryException($"{bytes} bytes");

    /// <summary>Whether the step has been reached.</summary>
    public bool IsReached { get; private set; }

    private Action<long> HappensToMemory { get; } = _ => happens();

    public Stream Create(string path)
    {
        Step();
        return new FailingStream(this, SystemFiles.Instance.Create(path));
    }

    public void Flush(Stream file)
    {
        Step();
        SystemFiles.Instance.Flush(((FailingStream)file).Inner);
    }

    public void Move(string from, string to)
    {
        Step();
        SystemFiles.Instance.Move(from, to);
    }

    public void FlushFolder(string folder)
    {
        Step();
        SystemFiles.Instance.FlushFolder(folder);
    }

    public void Delete(string path)
    {
        Step();
        SystemFiles.Instance.Delete(path);
    }

    /// <summary>A step that takes memory.</summary>
    public void Allocate(long bytes)
    {
        if (IsNext())
            HappensToMemory(bytes);
    }

    private void Step()
    {
        if (IsNext())
            happens();
    }

    private bool IsNext()
    {
        // Data are read on a thread of their own.
        if (Interlocked.Increment(ref _step) - 1 != number)
            return false;
        return IsReached = true;
    }

    private sealed class FailingStream(FailingFiles files, Stream inner) : Stream
    {
        public Stream Inner => inner;

        public override bool CanRead => inner.CanRead;

        public override bool CanSeek => inner.CanSeek;

        public override bool CanWrite => inner.CanWrite;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => inner.Position = value;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            files.Step();
            inner.Write(buffer);
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void SetLength(long value) => inner.SetLength(value);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
