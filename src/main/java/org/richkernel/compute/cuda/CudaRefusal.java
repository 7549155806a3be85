package org.richkernel.compute.cuda;

/** What stands in the way of using CUDA on this machine, and what to do about it. */
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
