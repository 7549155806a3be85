package org.richkernel;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.data.Datasets;
import org.richkernel.fit.FitCost;
import org.richkernel.fit.LazyFit;
import org.richkernel.fit.Points;
import org.richkernel.lazy.InducingLazySolver;
import org.richkernel.lazy.InducingOptions;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyForm;
import org.richkernel.lazy.LazyProblem;
import org.richkernel.lazy.LazySolution;
import org.richkernel.lazy.LazySolver;
import org.richkernel.lazy.TiledLazySolver;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.InterruptedRunException;
import org.richkernel.solver.RunControl;

/**
 * Kernel ridge regression with the kernel of a network at initialisation: NNGP (the Gaussian
 * process of an infinitely wide network; Lee et al., arXiv:1711.00165) or NTK (Jacot et al.,
 * arXiv:1806.07572). Immutable; every setter returns a changed copy.
 */
public final class LazyRegression {
  private static final String SCRATCH = "factor.tiles";

  private final NetworkSpec network;
  private final KernelKind kernel;
  private final double kappa;
  private final Storage storage;

  /**
   * Storage of the kernels.
   *
   * @param form dense, in tiles or on inducing points
   * @param scratch file for tiles
   * @param kernelsUpTo most points whose kernels a result holds
   * @param inducing options of the form on inducing points
   * @param tiles precision of the factor in tiles
   */
  private record Storage(
      LazyForm form, Path scratch, int kernelsUpTo, InducingOptions inducing, Precision tiles) {}

  private LazyRegression(NetworkSpec network, KernelKind kernel, double kappa, Storage storage) {
    this.network = network;
    this.kernel = kernel;
    this.kappa = kappa;
    this.storage = storage;
  }

  /** NNGP regression with kappa = 0.01. */
  public static LazyRegression of(NetworkSpec network) {
    return new LazyRegression(
        network,
        KernelKind.NNGP,
        0.01,
        new Storage(
            LazyForm.DENSE,
            Path.of(SCRATCH),
            LazyProblem.MAX_TRAINING_POINTS,
            InducingOptions.SETTINGS.usual(),
            Precision.FLOAT64));
  }

  /** Chooses NNGP or NTK. */
  public LazyRegression kernel(KernelKind kind) {
    return new LazyRegression(network, kind, kappa, storage);
  }

  /** Sets the ridge, the noise variance of the Gaussian process; at least 0. */
  public LazyRegression kappa(double ridge) {
    return new LazyRegression(network, kernel, ridge, storage);
  }

  /**
   * Chooses how the system of P points is held: in memory, which is the default; in tiles in a
   * scratch file of 4 P^2 bytes, for which kappa must be above 0; or not at all, on {@link
   * #inducing inducing points}. AUTO takes tiles where memory does not suffice, and never the
   * approximation.
   *
   * @param folder for the scratch file, which a stopped fit leaves there for a resume
   */
  public LazyRegression form(LazyForm form, Path folder) {
    return new LazyRegression(
        network,
        kernel,
        kappa,
        new Storage(
            form,
            folder.resolve(SCRATCH),
            storage.kernelsUpTo(),
            storage.inducing(),
            storage.tiles()));
  }

  /**
   * Sets the precision of the Cholesky factor in tiles, FLOAT64 by default. FLOAT32 halves the disk
   * space; conjugate gradients then reach the same residual.
   */
  public LazyRegression tiles(Precision precision) {
    return new LazyRegression(
        network,
        kernel,
        kappa,
        new Storage(
            storage.form(),
            storage.scratch(),
            storage.kernelsUpTo(),
            storage.inducing(),
            precision));
  }

  /** Sets the inducing points and their iteration, and takes that form; kappa must be above 0. */
  public LazyRegression inducing(InducingOptions options) {
    return new LazyRegression(
        network,
        kernel,
        kappa,
        new Storage(
            LazyForm.INDUCING, storage.scratch(), storage.kernelsUpTo(), options, storage.tiles()));
  }

  /** Sets the largest P at which the result holds the P x P kernels. */
  public LazyRegression keepKernelsUpTo(int points) {
    if (points < 0) {
      throw new InvalidProblemException("save-kernels-up-to", points, "use at least 0");
    }
    return new LazyRegression(
        network,
        kernel,
        kappa,
        new Storage(
            storage.form(), storage.scratch(), points, storage.inducing(), storage.tiles()));
  }

  /** Peak memory of {@link #fit} in the first of its stages. */
  public MemoryPlan plan(Datasets data, Backend backend) {
    return plans(data, backend).get(0);
  }

  /** Peak memory of {@link #fit}, stage by stage. */
  public List<MemoryPlan> plans(Datasets data, Backend backend) {
    LazyProblem problem = problem(Points.of(data));
    return switch (form(problem, backend)) {
      case INDUCING -> onInducingPoints(problem, backend).plans();
      case TILED -> List.of(tiled(problem, backend).plan());
      default -> List.of(new LazySolver(backend, problem).plan());
    };
  }

  /**
   * Fits the training set and predicts the test set.
   *
   * @throws org.richkernel.compute.OutOfDeviceMemoryException if memory would not suffice
   * @throws org.richkernel.compute.NotPositiveDefiniteException if the kernel is indefinite
   * @throws InterruptedRunException if the thread is interrupted
   */
  public LazyFit fit(Datasets data, Backend backend) {
    return fit(data, backend, RunControl.silent()).orElseThrow(InterruptedRunException::new);
  }

  /**
   * The same with progress, checkpoints and an early stop; a dense kernel has no checkpoint.
   *
   * @return empty if a stop was requested
   */
  public Optional<LazyFit> fit(Datasets data, Backend backend, RunControl control) {
    long start = System.nanoTime();
    Points points = Points.of(data);
    LazyProblem problem = problem(points);
    Optional<LazySolution> solution =
        switch (form(problem, backend)) {
          case INDUCING -> onInducingPoints(problem, backend).solve(control);
          case TILED -> tiled(problem, backend).solve(control);
          default -> new LazySolver(backend, problem).solve(control.stop());
        };
    return solution.map(
        solved ->
            new LazyFit(
                solved,
                points,
                data,
                FitCost.of(backend, start, control),
                options(),
                storage.kernelsUpTo()));
  }

  /** The form, never AUTO, that {@link #fit} takes for these data on a backend. */
  public LazyForm chosenForm(Datasets data, Backend backend) {
    return form(problem(Points.of(data)), backend);
  }

  private LazyForm form(LazyProblem problem, Backend backend) {
    if (storage.form() != LazyForm.AUTO) {
      return storage.form();
    }
    boolean dense =
        problem.trainInputs().rows() <= LazyProblem.MAX_TRAINING_POINTS
            && new LazySolver(backend, problem).plan().fits(backend);
    return dense ? LazyForm.DENSE : LazyForm.TILED;
  }

  private InducingLazySolver onInducingPoints(LazyProblem problem, Backend backend) {
    return new InducingLazySolver(backend, problem, storage.inducing());
  }

  private TiledLazySolver tiled(LazyProblem problem, Backend backend) {
    return new TiledLazySolver(backend, problem, storage.scratch(), storage.tiles());
  }

  private LazyProblem problem(Points points) {
    return LazyProblem.of(network, kernel, kappa, points.trainInputs(), points.trainTargets())
        .withTestInputs(points.testInputs());
  }

  private Map<String, Object> options() {
    Map<String, Object> options = ModelSettings.describe(network);
    options.put("kernel", kernel.name().toLowerCase(java.util.Locale.ROOT));
    options.put("kappa", kappa);
    return options;
  }
}
