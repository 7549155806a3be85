package org.richkernel.data;

/** The MNIST digits 0 and 1 of test-data, as many as a test asks for. */
public final class ZerosAndOnes {
  private ZerosAndOnes() {}

  /** The first training points, as many of both classes. */
  public static Datasets of(int train) {
    return digits().trainSize(train).read();
  }

  /** The same with test points. */
  public static Datasets of(int train, int test) {
    return digits()
        .test(
            "test-data/mnist01-test-images-idx3-ubyte.gz",
            "test-data/mnist01-test-labels-idx1-ubyte.gz")
        .trainSize(train)
        .testSize(test)
        .read();
  }

  private static DatasetReader digits() {
    return DatasetReader.train(
            "test-data/mnist01-train-images-idx3-ubyte.gz",
            "test-data/mnist01-train-labels-idx1-ubyte.gz")
        .classes(0, 1);
  }
}
