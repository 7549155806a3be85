package org.richkernel.compute.cuda;

import java.util.LinkedHashSet;
import java.util.Set;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.DeviceLostException;
import org.richkernel.compute.Routine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures work of a lane as CUDA graphs. Where a capture is refused, by the driver or by a library
 * that waits or allocates, the lane makes no other.
 */
final class StreamCapture implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamCapture.class);

  private final CudaSession session;
  private final Scratch scratch;
  private final Set<CapturedRoutine> open = new LinkedHashSet<>();
  private boolean allowed = true;
  private boolean underWay;

  StreamCapture(CudaSession session, Scratch scratch) {
    this.session = session;
    this.scratch = scratch;
  }

  /** A routine, to be closed with the lane at the latest. */
  Routine routine(String name, Runnable work) {
    CapturedRoutine made = new CapturedRoutine(name, work, session, this, scratch);
    open.add(made);
    return made;
  }

  void forget(CapturedRoutine closed) {
    open.remove(closed);
  }

  /** Closes all routines. */
  @Override
  public void close() {
    for (CapturedRoutine routine : Set.copyOf(open)) {
      routine.close();
    }
  }

  /** Whether work may be captured: not within other work that is. */
  boolean isAllowed() {
    return allowed && !underWay;
  }

  /**
   * Captures work without executing it.
   *
   * @return null if the capture is refused
   */
  @Nullable CUgraphExec of(String name, Runnable work) {
    // a lane that is short of memory would wait for this stream, which no one may while it is
    // captured
    synchronized (session.context().budget()) {
      underWay = true;
      try {
        return captured(work);
      } catch (DeviceLostException e) {
        throw e;
      } catch (RuntimeException e) {
        allowed = false;
        LOG.debug("{} is launched operation by operation: {}", name, e.getMessage());
        return null;
      } finally {
        underWay = false;
      }
    }
  }

  private CUgraphExec captured(Runnable work) {
    // calls of other threads are no business of this capture
    session.check(
        JCudaDriver.cuStreamBeginCapture(
            session.compute(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "cuStreamBeginCapture");
    CUgraph graph = new CUgraph();
    int end = CUresult.CUDA_SUCCESS;
    boolean whole = false;
    try {
      work.run();
      whole = true;
    } finally {
      end = JCudaDriver.cuStreamEndCapture(session.compute(), graph);
      if (!whole && end == CUresult.CUDA_SUCCESS) {
        JCudaDriver.cuGraphDestroy(graph);
      }
    }
    session.check(end, "cuStreamEndCapture");
    CUgraphExec made = new CUgraphExec();
    int code = JCudaDriver.cuGraphInstantiate(made, graph, 0);
    int destroyed = JCudaDriver.cuGraphDestroy(graph);
    session.check(code, "cuGraphInstantiate");
    session.check(destroyed, "cuGraphDestroy");
    return made;
  }
}
