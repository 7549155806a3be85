package org.richkernel.bayes;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldWidths;

/**
 * Kept fields of the chains of a solve, for predictions at new inputs and as starts of other
 * solves: whitened fields, or weights, whose number depends on that of the samples.
 *
 * @param gamma richness of the solve
 * @param kappa noise of the solve
 * @param form of the layers above the first
 * @param widths columns of the fields of each population
 * @param samples rows of each population: populations of the chains at S, oldest first, then of the
 *     chains at S/4
 * @param steps step of each chain, radians
 * @param fields all populations one after the other, row-major
 */
@SuppressWarnings("ArrayRecordComponent")
public record Populations(
    double gamma,
    double kappa,
    FieldForm form,
    int[] widths,
    int[] samples,
    double[] steps,
    float[] fields) {
  /**
   * @throws InvalidProblemException if the arrays do not fit each other
   */
  public Populations {
    boolean fits = widths.length == samples.length && steps.length > 0;
    if (!fits
        || Arrays.stream(widths).anyMatch(width -> width < 1)
        || samples.length % steps.length != 0
        || fields.length != length(widths, samples)) {
      throw new InvalidProblemException(
          "saved populations", "of inconsistent shapes", "fit again, or restore the whole folder");
    }
  }

  /**
   * Populations of whitened fields, which have equal numbers of columns.
   *
   * @param width columns of the fields, r + (L - 1) P
   */
  public Populations(
      double gamma, double kappa, int width, int[] samples, double[] steps, float[] fields) {
    this(gamma, kappa, FieldForm.WHITENED, filled(width, samples.length), samples, steps, fields);
  }

  private static int[] filled(int width, int count) {
    int[] widths = new int[count];
    Arrays.fill(widths, width);
    return widths;
  }

  private static long length(int[] widths, int[] samples) {
    long sum = 0;
    for (int i = 0; i < samples.length; i++) {
      sum += (long) widths[i] * samples[i];
    }
    return sum;
  }

  /** Columns of the fields of the first population, at S samples. */
  public int width() {
    return widths[0];
  }

  /** Number of populations kept by each chain. */
  private int kept() {
    return samples.length / steps.length;
  }

  /**
   * Number of independent estimates: populations of chains at S, each with the population of its
   * companion at S/4 of the same time.
   */
  int estimates() {
    return Math.min(steps.length, ChainEnsemble.CHAINS) * kept();
  }

  /** Index of the independent estimate of a population. */
  int estimate(int index) {
    return index / kept() % ChainEnsemble.CHAINS * kept() + index % kept();
  }

  /**
   * Weight of a population in the extrapolation (4 q_S - q_{S/4}) / 3 of its own independent
   * estimate.
   */
  double weight(int index) {
    int largest = Arrays.stream(samples).max().orElse(0);
    long large = Arrays.stream(samples).filter(s -> s == largest).count();
    long small = samples.length - large;
    if (small == 0) {
      return (double) estimates() / large;
    }
    return samples[index] == largest
        ? 4.0 / 3 * estimates() / large
        : -1.0 / 3 * estimates() / small;
  }

  /** Fields of one population, row-major. */
  float[] population(int index) {
    long first = 0;
    for (int i = 0; i < index; i++) {
      first += (long) samples[i] * widths[i];
    }
    int from = Math.toIntExact(first);
    return Arrays.copyOfRange(fields, from, from + samples[index] * widths[index]);
  }

  /** Fields of the newest population of the first chain at S, row-major. */
  public float[] newest() {
    return population(kept() - 1);
  }

  /**
   * The newest population of each chain. If the numbers of samples differ, rows are repeated or
   * dropped; weights, whose columns are samples too, need equal numbers.
   *
   * @param wantedForm of the solve that will start
   * @param wantedWidths columns of its fields
   * @throws InvalidProblemException if the populations have another form or number of columns, or
   *     weights another number of samples
   */
  WarmStart start(SaddleOptions options, FieldForm wantedForm, FieldWidths wantedWidths) {
    if (form != wantedForm) {
      throw new InvalidProblemException(
          "warm-start", "a result with --fields " + form.id(), "use --fields " + form.id());
    }
    if (form == FieldForm.WEIGHTS && samples[0] != options.samples()) {
      throw new InvalidProblemException(
          "samples",
          options.samples(),
          "weights start as many samples as they had; use " + samples[0]);
    }
    int fieldWidth = wantedWidths.width(options.samples());
    if (fieldWidth != width()) {
      throw new InvalidProblemException(
          "warm-start",
          "a result whose fields have " + width() + " columns",
          "this problem has "
              + fieldWidth
              + "; fields whitened by training points start from these same points alone");
    }
    int chains = steps.length;
    int wanted = options.extrapolates() ? 2 * ChainEnsemble.CHAINS : ChainEnsemble.CHAINS;
    List<float[]> starts = new ArrayList<>();
    double[] firstSteps = new double[wanted];
    for (int c = 0; c < wanted; c++) {
      int from = c % chains;
      int count = c < ChainEnsemble.CHAINS ? options.samples() : options.samples() / 4;
      int newest = (from + 1) * kept() - 1;
      float[] source = population(newest);
      float[] target = new float[count * widths[newest]];
      for (int at = 0; at < target.length; at += source.length) {
        System.arraycopy(source, 0, target, at, Math.min(source.length, target.length - at));
      }
      starts.add(target);
      firstSteps[c] = steps[from];
    }
    return new WarmStart(gamma, kappa, starts, firstSteps);
  }

  /** The kept populations of the chains of a sampler. */
  static Populations harvest(SaddleOptions options, ChainEnsemble chains) {
    List<float[]> fields = new ArrayList<>();
    chains.forEach(chain -> chain.snapshots().forEach(kept -> fields.add(kept.xi())));
    return of(options, chains, chains.form().fields(), fields);
  }

  /**
   * Kept populations of the chains of a sampler, equally many of each chain.
   *
   * @param form of their layers above the first
   * @param fields of each, row-major, in the order of the chains
   */
  static Populations of(
      SaddleOptions options, ChainEnsemble chains, FieldForm form, List<float[]> fields) {
    List<SamplingChain> all = new ArrayList<>();
    chains.forEach(all::add);
    int kept = fields.size() / all.size();
    int[] samples = new int[fields.size()];
    int[] widths = new int[samples.length];
    for (int p = 0; p < samples.length; p++) {
      samples[p] = all.get(p / kept).samples();
      widths[p] = fields.get(p).length / samples[p];
    }
    double[] steps = all.stream().mapToDouble(SamplingChain::step).toArray();
    return new Populations(
        options.gamma(), options.kappa(), form, widths, samples, steps, concatenated(fields));
  }

  /** Arrays one after the other. */
  static float[] concatenated(List<float[]> parts) {
    long length = parts.stream().mapToLong(part -> part.length).sum();
    float[] all = new float[Math.toIntExact(length)];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
