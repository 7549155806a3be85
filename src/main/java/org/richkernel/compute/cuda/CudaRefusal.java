package org.richkernel.compute.cuda;

/** Obstacle to the use of CUDA on this machine, with advice. */
final class CudaRefusal extends Exception {
  private static final long serialVersionUID = 1L;
  private final String mend;

  CudaRefusal(String finding, String mend) {
    super(finding);
    this.mend = mend;
  }

  String mend() {
    return mend;
  }
}
