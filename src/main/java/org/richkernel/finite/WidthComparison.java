package org.richkernel.finite;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSites;
import org.richkernel.solver.Progress;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.SolverState;

/**
 * Gradient descent of networks of several widths on the same batches, recorded on the test points:
 * loss, accuracy, movement of the last layer's feature kernel and its alignment with the labels.
 * With the same richness at every width (mean field) the curves approach those of infinite width;
 * with a richness that falls like 1 / sqrt(N) wide networks become lazy (Yang and Hu,
 * arXiv:2011.14522; Bordelon and Pehlevan, arXiv:2205.09653).
 *
 * <p>The cost of a step depends on the batch and not on the number of training points. A resumed
 * run gives the bits of the uninterrupted run.
 */
public final class WidthComparison {
  private final DynamicsProblem problem;
  private final WidthOptions options;

  /**
   * The networks of one width.
   *
   * @param gamma their richness
   * @param records loss, accuracy, movement and alignment at the recorded times, of each network;
   *     row-major times x 4
   * @param trained mean of the outputs at the training points after the last step, P x K
   * @param tested the same at the test points
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Networks(
      int width, double gamma, List<double[]> records, double[] trained, double[] tested) {
    public Networks {
      records = List.copyOf(records);
    }
  }

  /**
   * Result of a comparison.
   *
   * @param steps recorded times
   * @param networks ascending by width; the last widths are missing after a divergence
   * @param divergence width of the networks that diverged, if any did
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Outcome(int[] steps, List<Networks> networks, Optional<Integer> divergence) {
    public Outcome {
      networks = List.copyOf(networks);
    }
  }

  /**
   * A comparison.
   *
   * @param problem with the richness of the smallest width
   * @throws InvalidProblemException if there are no test points or their targets are not known, or
   *     the targets do not suit the criterion
   */
  public WidthComparison(DynamicsProblem problem, WidthOptions options) {
    if (problem.testPoints() == 0 || problem.testTargets().rows() == 0) {
      throw new InvalidProblemException(
          "test-x", "missing", "networks of several widths are watched on test points; name some");
    }
    NetworkSites sites = NetworkSites.of(problem.network(), problem.trainInputs().shape());
    int widest = options.widths().get(options.widths().size() - 1);
    int points = Math.max(problem.batches().size(), problem.testPoints());
    PointFields.requireFit("widths", widest, sites, widest, points);
    options.criterion().check(problem.trainTargets());
    options.criterion().check(problem.testTargets());
    this.problem = problem;
    this.options = options;
  }

  /** Peak memory of a run. */
  public MemoryPlan plan() {
    return plan(options.widths().get(options.widths().size() - 1));
  }

  private MemoryPlan plan(int width) {
    MemoryPlan plan = new MemoryPlan();
    ProbedTraining.plan(plan, problem, width);
    return plan;
  }

  /**
   * Trains the networks one after the other; a divergence ends the run.
   *
   * @return empty if a stop was requested; the checkpoint then holds the state
   * @throws org.richkernel.compute.OutOfDeviceMemoryException before any work, if it would not fit
   */
  public Optional<Outcome> run(Backend backend, RunControl control) {
    plan()
        .requireFits(backend, "lower the largest width, --batch-size or the number of test points");
    return new Run(backend, control).all();
  }

  private final class Run {
    private final Backend backend;
    private final RunControl control;
    private final List<double[]> records = new ArrayList<>(); // of every finished network
    private final List<double[]> outputs = new ArrayList<>(); // trained then tested, by width
    private Optional<SolverState> resumed;

    Run(Backend backend, RunControl control) {
      this.backend = backend;
      this.control = control;
      resumed = control.checkpoints().load();
    }

    Optional<Outcome> all() {
      resumed.ifPresent(this::restore);
      for (int w = 0; w < options.widths().size(); w++) {
        int width = options.widths().get(w);
        if (records.size() >= (w + 1) * options.repeats()) {
          continue;
        }
        try (Workspace memory = new Workspace(backend, plan(width))) {
          while (records.size() < (w + 1) * options.repeats()) {
            int repeat = records.size() - w * options.repeats();
            ProbedTraining training =
                new ProbedTraining(at(width), options.criterion(), backend, memory, width, repeat);
            resumed.ifPresent(training::restore);
            resumed = Optional.empty();
            if (!train(training, width)) {
              return Optional.empty();
            }
            if (training.diverged()) {
              return Optional.of(outcome(Optional.of(width)));
            }
            finish(training, w);
          }
        }
      }
      return Optional.of(outcome(Optional.empty()));
    }

    private DynamicsProblem at(int width) {
      double gamma = options.gamma(problem.options().gamma(), width);
      return problem.withOptions(problem.options().withGamma(gamma));
    }

    /** Trains to the end or to a divergence; false after a stop. */
    private boolean train(ProbedTraining training, int width) {
      boolean goesOn = true;
      while (goesOn) {
        if (control.stop().isRaised()) {
          control.checkpoints().save(done(training), state(training));
          return false;
        }
        goesOn = training.advance();
        control
            .listener()
            .progress(
                new Progress(
                    "width " + width,
                    training(width),
                    done(training),
                    (long) networks() * problem.options().steps(),
                    Double.NaN,
                    Double.NaN));
        if (goesOn && control.checkpoints().due()) {
          control.checkpoints().save(done(training), state(training));
        }
      }
      return true;
    }

    private double training(int width) {
      return options.gamma(problem.options().gamma(), width);
    }

    private int networks() {
      return options.widths().size() * options.repeats();
    }

    private long done(ProbedTraining training) {
      return (long) records.size() * problem.options().steps() + training.step();
    }

    private void finish(ProbedTraining training, int w) {
      records.add(training.records());
      double[] trained = training.trained();
      double[] tested = training.tested();
      if (outputs.size() <= w) {
        outputs.add(new double[trained.length + tested.length]);
      }
      double[] mean = outputs.get(w);
      for (int i = 0; i < mean.length; i++) {
        double f = i < trained.length ? trained[i] : tested[i - trained.length];
        mean[i] += f / options.repeats();
      }
    }

    private SolverState state(ProbedTraining training) {
      SolverState state = new SolverState();
      training.save(state);
      state.put("finished", records.size(), outputs.size());
      for (int i = 0; i < records.size(); i++) {
        state.put("records_" + i, records.get(i));
      }
      for (int w = 0; w < outputs.size(); w++) {
        state.put("outputs_" + w, outputs.get(w).clone());
      }
      return state;
    }

    private void restore(SolverState state) {
      double[] counts = state.doubles("finished");
      for (int i = 0; i < (int) counts[0]; i++) {
        records.add(state.doubles("records_" + i));
      }
      for (int w = 0; w < (int) counts[1]; w++) {
        outputs.add(state.doubles("outputs_" + w).clone());
      }
    }

    private Outcome outcome(Optional<Integer> divergence) {
      List<Networks> all = new ArrayList<>();
      int train = problem.trainPoints() * problem.outputs();
      for (int w = 0; (w + 1) * options.repeats() <= records.size(); w++) {
        int width = options.widths().get(w);
        double[] f = outputs.get(w);
        all.add(
            new Networks(
                width,
                training(width),
                records.subList(w * options.repeats(), (w + 1) * options.repeats()),
                java.util.Arrays.copyOf(f, train),
                java.util.Arrays.copyOfRange(f, train, f.length)));
      }
      return new Outcome(ProbedTraining.recorded(problem.options()), all, divergence);
    }
  }
}
