package org.richkernel.lazy;

import java.nio.file.Path;
import java.util.Arrays;
import org.richkernel.data.ArrayReader;
import org.richkernel.data.Table;
import org.richkernel.network.Inputs;
import org.richkernel.network.Targets;

/** The MNIST digits 0 and 1 that reference numbers were computed on. */
public final class ReferenceDigits {
  public static final int DIMENSION = 784;
  private static final Path FOLDER = Path.of("test-data", "reference");

  private ReferenceDigits() {}

  public static Inputs trainInputs(int points) {
    return inputs("mnist01_train40_u8.npy", points);
  }

  public static Targets trainTargets(int points) {
    return targets("mnist01_ytrain.npy", points);
  }

  public static Inputs testInputs() {
    return inputs("mnist01_test100_u8.npy", 100);
  }

  public static Targets testTargets() {
    return targets("mnist01_ytest.npy", 100);
  }

  private static Inputs inputs(String file, int points) {
    Table bytes = ArrayReader.read(FOLDER.resolve(file));
    double[] x = Arrays.copyOf(bytes.values(), points * DIMENSION);
    Arrays.setAll(x, i -> (x[i] / 255 - 0.1307) / 0.3081);
    return Inputs.of(x, points, DIMENSION);
  }

  private static Targets targets(String file, int points) {
    return Targets.of(Arrays.copyOf(ArrayReader.read(FOLDER.resolve(file)).values(), points));
  }
}
