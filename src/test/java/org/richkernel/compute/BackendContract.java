package org.richkernel.compute;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What every backend must do: each operation against plain float64 loops, odd shapes, windows, NaN,
 * closed handles, threads and the random streams. A backend's test extends this class.
 */
public abstract class BackendContract
    implements MemoryContract,
        ProductContract,
        FactorizationContract,
        ElementwiseContract,
        SlidingActivationContract,
        SmoothedActivationContract,
        DualKernelContract,
        PatchContract,
        RandomContract,
        BagContract,
        OwnershipContract {
  private Backend backend;

  /** Opens the backend under test. */
  protected abstract Backend open(BackendOptions options);

  /** Opens the backend under test with what its machine allows. */
  @Override
  public Backend open(int threads) {
    return open(new BackendOptions(threads, Long.MAX_VALUE));
  }

  @Override
  public Backend open(int threads, long memoryLimitBytes) {
    return open(new BackendOptions(threads, memoryLimitBytes));
  }

  @Override
  public Backend backend() {
    return backend;
  }

  @BeforeEach
  void openBackend() {
    backend = open(2);
  }

  /** Closing throws if the test left a matrix open. */
  @AfterEach
  void closeBackend() {
    backend.close();
  }
}
