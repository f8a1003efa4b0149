using OnnxCurvature.Files;

namespace OnnxCurvature.Tests.Files;

/// <summary>
/// The file system of the machine, of which one step fails: that of a number, counted from 0. Memory that is allocated is a step, too.
/// </summary>
internal sealed class FailingFiles(int failing, Exception failure) : IFileSystem
{
    private int _step;

    /// <summary>Whether the step that was to fail has been reached.</summary>
    public bool HasFailed { get; private set; }

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

    /// <summary>A step that takes memory, of which there is not enough where it fails.</summary>
    public void Allocate(long bytes) => Step(new InsufficientMemoryException($"{bytes} bytes"));

    private void Step(Exception? own = null)
    {
        // Data are read on a thread of their own.
        if (Interlocked.Increment(ref _step) - 1 != failing)
            return;
        HasFailed = true;
        throw own ?? failure;
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
