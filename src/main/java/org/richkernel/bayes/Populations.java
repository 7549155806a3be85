package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.network.InvalidProblemException;

/**
 * Whitened fields that the chains of a solve have kept, from which predictions at new inputs are
 * made and other solves start.
 *
 * @param gamma richness of the solve
 * @param kappa noise of the solve
 * @param width columns of the fields, r + (L - 1) P
 * @param samples rows of each population: those of the chains at S, oldest first, then those of the
 *     chains at S/4
 * @param steps step of each chain, radians; as many as there are chains
 * @param fields all populations one after the other, row-major
 */
@SuppressWarnings("ArrayRecordComponent")
public record Populations(
    double gamma, double kappa, int width, int[] samples, double[] steps, float[] fields) {
  /**
   * @throws InvalidProblemException if the arrays do not fit each other
   */
  public Populations {
    long rows = Arrays.stream(samples).asLongStream().sum();
    if (width < 1
        || steps.length == 0
        || samples.length % steps.length != 0
        || fields.length != rows * width) {
      throw new InvalidProblemException(
          "saved populations", "of inconsistent shapes", "fit again, or restore the whole folder");
    }
  }

  /** Populations that each chain has kept. */
  private int kept() {
    return samples.length / steps.length;
  }

  /**
   * Number of independent estimates: populations of chains at S, each with the one that its
   * companion at S/4 kept at the same time.
   */
  int estimates() {
    return Math.min(steps.length, ChainEnsemble.CHAINS) * kept();
  }

  /** Which of the independent estimates a population belongs to. */
  int estimate(int index) {
    return index / kept() % ChainEnsemble.CHAINS * kept() + index % kept();
  }

  /** Fields of one population, row-major. */
  float[] population(int index) {
    long first = 0;
    for (int i = 0; i < index; i++) {
      first += samples[i];
    }
    int from = Math.toIntExact(first * width);
    return Arrays.copyOfRange(fields, from, from + samples[index] * width);
  }

  /** Fields of the newest population of the first chain at S, row-major. */
  public float[] newest() {
    return population(kept() - 1);
  }

  /**
   * The newest population of each chain, with rows repeated or left out where the numbers of
   * samples differ.
   *
   * @param fieldWidth r + (L - 1) P of the solve that will start
   * @throws InvalidProblemException if these are populations of another data set or network
   */
  WarmStart start(SaddleOptions options, int fieldWidth) {
    if (fieldWidth != width) {
      throw new InvalidProblemException(
          "warm-start",
          "a result whose fields have " + width + " columns",
          "this problem has "
              + fieldWidth
              + "; name a result of the same training inputs and number of hidden layers");
    }
    int chains = steps.length;
    int wanted = options.extrapolates() ? 2 * ChainEnsemble.CHAINS : ChainEnsemble.CHAINS;
    List<float[]> starts = new ArrayList<>();
    double[] firstSteps = new double[wanted];
    for (int c = 0; c < wanted; c++) {
      int from = c % chains;
      int count = c < ChainEnsemble.CHAINS ? options.samples() : options.samples() / 4;
      float[] source = population((from + 1) * kept() - 1);
      float[] target = new float[count * width];
      for (int at = 0; at < target.length; at += source.length) {
        System.arraycopy(source, 0, target, at, Math.min(source.length, target.length - at));
      }
      starts.add(target);
      firstSteps[c] = steps[from];
    }
    return new WarmStart(gamma, kappa, starts, firstSteps);
  }

  /** The populations that the chains of a sampler have kept. */
  static Populations harvest(SaddleOptions options, ChainEnsemble chains) {
    List<SamplingChain> all = new ArrayList<>();
    chains.forEach(all::add);
    int width = all.get(0).population().xi().columns();
    int kept = all.get(0).snapshots().size();
    int[] samples = new int[all.size() * kept];
    double[] steps = new double[all.size()];
    int rows = 0;
    for (int c = 0; c < steps.length; c++) {
      steps[c] = all.get(c).step();
      for (int i = 0; i < kept; i++) {
        samples[c * kept + i] = all.get(c).samples();
        rows += all.get(c).samples();
      }
    }
    float[] fields = new float[Math.multiplyExact(rows, width)];
    int at = 0;
    for (SamplingChain chain : all) {
      for (SamplingChain.Snapshot snapshot : chain.snapshots()) {
        System.arraycopy(snapshot.xi(), 0, fields, at, snapshot.xi().length);
        at += snapshot.xi().length;
      }
    }
    return new Populations(options.gamma(), options.kappa(), width, samples, steps, fields);
  }
}
