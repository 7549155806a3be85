package org.richkernel.compute.cuda;

import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;

/** Time that work takes on the compute stream, by the device's own clock. */
final class DeviceTimer implements AutoCloseable {
  private final CudaSession session;
  private final CUevent start;
  private final CUevent stop;

  DeviceTimer(CudaSession session) {
    this.session = session;
    session.begin("creating a timer");
    start = session.timingEvent();
    stop = session.timingEvent();
  }

  void start() {
    session.begin("starting a timer");
    session.check(JCudaDriver.cuEventRecord(start, session.compute()), "cuEventRecord");
  }

  /** Milliseconds of device time since {@link #start()}; waits for the work in between. */
  float stopMillis() {
    session.begin("stopping a timer");
    session.check(JCudaDriver.cuEventRecord(stop, session.compute()), "cuEventRecord");
    session.check(JCudaDriver.cuEventSynchronize(stop), "cuEventSynchronize");
    float[] millis = new float[1];
    session.check(JCudaDriver.cuEventElapsedTime(millis, start, stop), "cuEventElapsedTime");
    return millis[0];
  }

  @Override
  public void close() {
    JCudaDriver.cuEventDestroy(start);
    JCudaDriver.cuEventDestroy(stop);
  }
}
