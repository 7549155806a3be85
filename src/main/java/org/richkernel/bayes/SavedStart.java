package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldWidths;

/**
 * Populations of a saved solve with the basis of its training inputs, or of the patches of its
 * training images. Solves of other inputs can start from them if all layers have weights: with one
 * hidden layer, or deep with explicit weights.
 *
 * @param network of the solve
 * @param projector W of its inputs, row-major (D, or D + 1 with biases) x r
 * @param rank r
 * @param populations kept by its chains
 */
@SuppressWarnings("ArrayRecordComponent")
public record SavedStart(
    NetworkSpec network, double[] projector, int rank, Populations populations) {
  /**
   * Refuses another network.
   *
   * @throws InvalidProblemException that names both
   */
  public void requireNetwork(NetworkSpec own) {
    if (!network.toString().equals(own.toString())) {
      throw new InvalidProblemException(
          "warm-start", "a result of " + network, "this network has " + own);
    }
  }

  /**
   * The newest population of each chain as a start. In the basis of other inputs it starts at the
   * noise of the new solve, as the noise of equilibrium depends on the number of points.
   *
   * @param input of the solve that will start
   * @param form of its fields
   * @param widths of its fields
   * @throws InvalidProblemException if the solve is of another network, or its inputs are of
   *     another dimension, or its fields are tied to the training points and these have changed
   */
  WarmStart start(
      Backend backend,
      AdaptiveProblem problem,
      InputFactor input,
      FieldForm form,
      FieldWidths widths) {
    requireNetwork(problem.network());
    int width = projector.length / rank;
    int wanted = input.projector().length / input.rank();
    if (width != wanted) {
      int bias = network.biasVariance() > 0 ? 1 : 0;
      String saved =
          network.convolutions().isPresent()
              ? "patches of " + (width - bias) + " numbers"
              : "inputs of " + (width - bias) + " columns";
      throw new InvalidProblemException(
          "warm-start", "a result of " + saved, "this problem has " + (wanted - bias));
    }
    return basis(backend, problem, input).start(problem.options(), form, widths);
  }

  /** The populations in the basis of some inputs: as they are if it is their own. */
  private Populations basis(Backend backend, AdaptiveProblem problem, InputFactor input) {
    if (Arrays.equals(projector, input.projector())) {
      return populations;
    }
    BasisChange change = new BasisChange(projector, rank, input);
    if (change.isIdentity()) {
      return populations;
    }
    if (network.hiddenLayers() > 1 && populations.form() != FieldForm.WEIGHTS) {
      throw new InvalidProblemException(
          "warm-start",
          "a result of other training points, and layers above the first are whitened by these",
          "start from a result with --fields weights, or from the same points");
    }
    return moved(backend, problem.options(), change);
  }

  private Populations moved(Backend backend, SaddleOptions options, BasisChange change) {
    int chains = populations.steps().length;
    int kept = populations.samples().length / chains;
    int[] samples = new int[chains];
    int[] widths = new int[chains];
    List<float[]> fields = new ArrayList<>();
    for (int c = 0; c < chains; c++) {
      int newest = (c + 1) * kept - 1;
      samples[c] = populations.samples()[newest];
      widths[c] = populations.widths()[newest] - rank + change.rank();
      fields.add(change.of(backend, options.seed(), c, populations.population(newest), samples[c]));
    }
    return new Populations(
        populations.gamma(),
        options.kappa(),
        populations.form(),
        widths,
        samples,
        populations.steps(),
        Populations.concatenated(fields));
  }
}
