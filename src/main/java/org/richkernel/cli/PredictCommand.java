package org.richkernel.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Placeholder. */
@Command(name = "predict")
final class PredictCommand implements Callable<Integer> {
  PredictCommand(Console console) {}

  @Override
  public Integer call() {
    return 0;
  }
}
