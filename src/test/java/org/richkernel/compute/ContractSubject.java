package org.richkernel.compute;

/** The backend that a contract speaks about. */
interface ContractSubject {
  /** Sizes at which blocked loops go wrong. */
  int[] ODD_SIZES = {0, 1, 31, 33, 64, 200, 257};

  /** Opened before each test with two threads and closed after it. */
  Backend backend();

  /** Opens another one; the test closes it. */
  Backend open(int threads);

  /** Opens another one with a memory limit; the test closes it. */
  Backend open(int threads, long memoryLimitBytes);
}
