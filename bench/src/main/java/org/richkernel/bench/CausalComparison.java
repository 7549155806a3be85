package org.richkernel.bench;

import java.nio.file.Path;
import java.util.Map;
import org.richkernel.compute.Activation;
import org.richkernel.data.DatasetReader;
import org.richkernel.data.Datasets;
import org.richkernel.dynamics.CausalOptions;
import org.richkernel.dynamics.CausalSolver;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/**
 * A whole causal solve of a tanh network with two hidden layers on digits, on a backend: {@code
 * CausalComparison cuda|cpu FOLDER P SAMPLES STEPS}. It is solved twice, and the second one counts;
 * the train loss of the last step shows whether backends agree.
 */
public final class CausalComparison {
  private static final double GAMMA = 1;
  private static final double STEP_SIZE = 0.02;

  private CausalComparison() {}

  /** Prints the rows of both solves. */
  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[1]);
    int points = Integer.parseInt(arguments[2]);
    int samples = Integer.parseInt(arguments[3]);
    int steps = Integer.parseInt(arguments[4]);
    Datasets digits =
        DatasetReader.train(
                folder.resolve("mnist01-train-images-idx3-ubyte.gz").toString(),
                folder.resolve("mnist01-train-labels-idx1-ubyte.gz").toString())
            .classes(0, 1)
            .trainSize(points)
            .read();
    DynamicsProblem problem =
        DynamicsProblem.of(
            NetworkSpec.of(2, Activation.TANH),
            DynamicsOptions.of(GAMMA, steps, STEP_SIZE).withSamples(samples),
            Inputs.of(digits.train().inputs(), points, digits.train().inputDimension()),
            Targets.of(digits.train().targets()));
    DeviceRun.on(
        arguments[0],
        run -> {
          for (int solve = 1; solve <= 2; solve++) {
            FlopCount count = new FlopCount(run.backend());
            long start = System.nanoTime();
            DynamicsSolution solution =
                new CausalSolver(CausalOptions.defaults())
                    .solve(problem, count.backend(), RunControl.silent());
            double seconds = (System.nanoTime() - start) * 1e-9;
            int last = solution.times() - 1;
            Map<String, Object> row = run.row("causal");
            row.put("P", points);
            row.put("S", samples);
            row.put("steps", steps);
            row.put("solve", solve);
            row.put("outcome", solution.outcome().toString());
            row.put("trainLoss", solution.trainLoss()[last]);
            row.put("trainLossStandardError", solution.trainLossStandardError()[last]);
            row.put("peakBytes", run.backend().peakBytes());
            run.print(row, seconds, new DeviceRun.Work(count.single(), count.twice(), 0));
          }
        });
  }
}
