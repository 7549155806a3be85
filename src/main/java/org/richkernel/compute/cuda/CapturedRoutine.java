package org.richkernel.compute.cuda;

import jcuda.driver.CUgraphExec;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Routine;

/**
 * Work that is captured as a CUDA graph, which the host launches by one call. The first run is
 * plain: it loads modules and takes scratch memory, which a capture could not. A launch's
 * parameters and a library's factors are copied into the graph, addresses with them, so it is
 * captured anew where scratch memory has moved.
 */
final class CapturedRoutine implements Routine {
  private static final long NEVER = -1;

  private final String name;
  private final Runnable work;
  private final CudaSession session;
  private final StreamCapture capture;
  private final Scratch scratch;
  private @Nullable CUgraphExec graph;
  private long moves = NEVER; // of scratch memory, as they were after the last plain run
  private boolean closed;

  CapturedRoutine(
      String name, Runnable work, CudaSession session, StreamCapture capture, Scratch scratch) {
    this.name = name;
    this.work = work;
    this.session = session;
    this.capture = capture;
    this.scratch = scratch;
  }

  @Override
  public void run() {
    session.begin(name);
    if (closed) {
      throw new IllegalStateException(name + " is closed");
    }
    if (moves != scratch.moves()) {
      forget();
    } else if (graph == null && capture.isAllowed()) {
      graph = capture.of(name, work);
      session.begin(name);
    }
    if (graph == null) {
      work.run();
      moves = scratch.moves();
    } else {
      session.check(JCudaDriver.cuGraphLaunch(graph, session.compute()), "cuGraphLaunch");
    }
  }

  private void forget() {
    if (graph != null) {
      int code = JCudaDriver.cuGraphExecDestroy(graph);
      graph = null;
      if (!session.isLost()) {
        session.check(code, "cuGraphExecDestroy");
      }
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      capture.forget(this);
      if (graph != null && !session.isLost()) {
        session.begin("closing " + name);
      }
      forget();
    }
  }
}
