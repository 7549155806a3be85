package org.richkernel.network;

import java.util.Arrays;

/**
 * Table of the input sites that a convolution reads at each output site, with two linear maps: F,
 * from the covariance of features to that of the next preactivations, and its adjoint F*.
 *
 * <p>Sites are numbered row-major; an input is height x width, a sequence has height 1. With k
 * offsets d, {@code nb[a,d]} is the input site that output a reads at offset d and {@code inv[b,d]}
 * the output that reads input b there; -1 stands for none, which contributes 0:
 *
 * <pre>
 *   (F M)[a,a']  = (1/k) sum_d M[nb[a,d], nb[a',d]]
 *   (F* B)[b,b'] = (1/k) sum_d B[inv[b,d], inv[b',d]],      &lt;F M, B&gt; = &lt;M, F* B&gt;
 * </pre>
 *
 * Zero padding keeps the full k in the denominator, so that sites at the border have a smaller
 * variance (equation of the weight-shared Gaussian process: Novak et al. 2019, arXiv:1810.05148;
 * Garriga-Alonso et al. 2019, arXiv:1808.05587). Sites of several images are indexed (image, site).
 */
public final class SiteMap {
  /** Values that a kernel reads beyond the edges of its input. */
  public enum Padding {
    /** Zeros; a stride of 1 keeps the size. */
    SAME,
    /** Nothing: the kernel stays inside. */
    VALID,
    /** The opposite edge; a stride of 1 keeps the size. */
    CIRCULAR
  }

  private static final int NONE = -1;

  private final int inputHeight;
  private final int inputWidth;
  private final int kernelHeight;
  private final int kernelWidth;
  private final int stride;
  private final Padding padding;
  private final int outputHeight;
  private final int outputWidth;
  private final int[][] inputs; // [d][a], nb
  private final int[][] outputs; // [d][b], inv

  private SiteMap(
      int inputHeight,
      int inputWidth,
      int kernelHeight,
      int kernelWidth,
      int stride,
      Padding padding) {
    this.inputHeight = inputHeight;
    this.inputWidth = inputWidth;
    this.kernelHeight = kernelHeight;
    this.kernelWidth = kernelWidth;
    this.stride = stride;
    this.padding = padding;
    outputHeight = outputLength(inputHeight, kernelHeight);
    outputWidth = outputLength(inputWidth, kernelWidth);
    inputs = new int[kernelHeight * kernelWidth][outputHeight * outputWidth];
    outputs = new int[kernelHeight * kernelWidth][inputHeight * inputWidth];
    fillTables();
  }

  /**
   * The map of one convolution.
   *
   * @param inputHeight rows of sites, 1 for a sequence
   * @param inputWidth columns of sites
   * @param kernelHeight rows of the kernel, 1 for a sequence
   * @param kernelWidth columns of the kernel
   * @param stride input sites from one output to the next, in both directions, at least 1
   * @throws InvalidProblemException if a number is below 1, or if rows or columns of the kernel
   *     would never see the input
   */
  public static SiteMap of(
      int inputHeight,
      int inputWidth,
      int kernelHeight,
      int kernelWidth,
      int stride,
      Padding padding) {
    if (inputHeight < 1 || inputWidth < 1) {
      throw new InvalidProblemException(
          "image-shape", inputHeight + "x" + inputWidth, "use at least 1x1");
    }
    String kernel = kernelHeight + "x" + kernelWidth;
    if (kernelHeight < 1 || kernelWidth < 1) {
      throw new InvalidProblemException("convolutions", kernel, "use kernels of at least 1x1");
    }
    if (stride < 1) {
      throw new InvalidProblemException(
          "convolutions", kernel + "/" + stride, "use a stride of at least 1");
    }
    int mostRows = largestKernel(inputHeight, padding);
    int mostColumns = largestKernel(inputWidth, padding);
    if (kernelHeight > mostRows || kernelWidth > mostColumns) {
      throw new InvalidProblemException(
          "convolutions",
          kernel,
          String.format(
              "its input has %dx%d sites; use at most %dx%d there, or smaller strides before",
              inputHeight, inputWidth, mostRows, mostColumns));
    }
    return new SiteMap(inputHeight, inputWidth, kernelHeight, kernelWidth, stride, padding);
  }

  /** Largest kernel each of whose rows reads an input: 2 n - 1 with zero padding. */
  private static int largestKernel(int sites, Padding padding) {
    return padding == Padding.SAME ? 2 * sites - 1 : sites;
  }

  private int outputLength(int length, int kernel) {
    return (padding == Padding.VALID ? length - kernel : length - 1) / stride + 1;
  }

  private void fillTables() {
    for (int[] row : outputs) {
      Arrays.fill(row, NONE);
    }
    for (int d = 0; d < inputs.length; d++) {
      for (int a = 0; a < inputs[d].length; a++) {
        int i = place(a / outputWidth, d / kernelWidth, kernelHeight, inputHeight);
        int j = place(a % outputWidth, d % kernelWidth, kernelWidth, inputWidth);
        int b = i == NONE || j == NONE ? NONE : i * inputWidth + j;
        inputs[d][a] = b;
        if (b != NONE) {
          outputs[d][b] = a;
        }
      }
    }
  }

  /** Coordinate read by an output coordinate at an offset, or none. */
  private int place(int output, int offset, int kernel, int length) {
    int before = padding == Padding.VALID ? 0 : (kernel - 1) / 2;
    int at = output * stride + offset - before;
    if (padding == Padding.CIRCULAR) {
      return Math.floorMod(at, length);
    }
    return at < 0 || at >= length ? NONE : at;
  }

  /** Rows of input sites. */
  public int inputHeight() {
    return inputHeight;
  }

  /** Columns of input sites. */
  public int inputWidth() {
    return inputWidth;
  }

  /** Rows of the kernel. */
  public int kernelHeight() {
    return kernelHeight;
  }

  /** Columns of the kernel. */
  public int kernelWidth() {
    return kernelWidth;
  }

  /** Input sites from one output to the next. */
  public int stride() {
    return stride;
  }

  /** Values beyond the edges of the input. */
  public Padding padding() {
    return padding;
  }

  /** Rows of output sites. */
  public int outputHeight() {
    return outputHeight;
  }

  /** Columns of output sites. */
  public int outputWidth() {
    return outputWidth;
  }

  /** Sites of the input. */
  public int inputSites() {
    return inputHeight * inputWidth;
  }

  /** Sites of the output. */
  public int outputSites() {
    return outputHeight * outputWidth;
  }

  /** k, the entries of the kernel. */
  public int offsets() {
    return inputs.length;
  }

  /** nb[a,d]: the input site that output site a reads at offset d; -1 for padding. */
  public int input(int a, int d) {
    return inputs[d][a];
  }

  /** inv[b,d]: the output site that reads input site b at offset d; -1 for none. */
  public int output(int b, int d) {
    return outputs[d][b];
  }

  /** For each offset, the number of output sites whose input there is not padding. */
  public int[] sitesOfOffsets() {
    return Arrays.stream(inputs)
        .mapToInt(row -> (int) Arrays.stream(row).filter(site -> site != NONE).count())
        .toArray();
  }

  /** nb as one new array, entry a k + d. */
  public int[] inputTable() {
    return transposed(inputs);
  }

  /** inv as one new array, entry b k + d. */
  public int[] outputTable() {
    return transposed(outputs);
  }

  private static int[] transposed(int[][] table) {
    int offsets = table.length;
    int[] all = new int[Math.multiplyExact(table[0].length, offsets)];
    for (int i = 0; i < all.length; i++) {
      all[i] = table[i % offsets][i / offsets];
    }
    return all;
  }

  /**
   * F: the covariance of the next preactivations from that of features, between all sites of all
   * pairs of images.
   *
   * @param features (rowImages inputSites) x (columnImages inputSites), row-major
   * @param covariance (rowImages outputSites) x (columnImages outputSites), overwritten
   */
  public void covariance(double[] features, int rowImages, int columnImages, double[] covariance) {
    requireLength(features, rowImages, columnImages, inputSites());
    requireLength(covariance, rowImages, columnImages, outputSites());
    gather(inputs, features, inputSites(), rowImages, columnImages, covariance);
  }

  /**
   * F*, the adjoint of {@link #covariance}.
   *
   * @param field (rowImages outputSites) x (columnImages outputSites), row-major
   * @param pulled (rowImages inputSites) x (columnImages inputSites), overwritten
   */
  public void adjoint(double[] field, int rowImages, int columnImages, double[] pulled) {
    requireLength(field, rowImages, columnImages, outputSites());
    requireLength(pulled, rowImages, columnImages, inputSites());
    gather(outputs, field, outputSites(), rowImages, columnImages, pulled);
  }

  /**
   * F restricted to entries of equal sites, which F maps among themselves: out[p,a] = (1/k) sum_d
   * M[p, nb[a,d]].
   *
   * @param features pairs x inputSites, row-major
   * @param covariance pairs x outputSites, overwritten
   */
  public void sameSiteCovariance(double[] features, int pairs, double[] covariance) {
    gatherSameSite(inputs, features, inputSites(), pairs, covariance);
  }

  private static void requireLength(double[] array, int rowImages, int columnImages, int sites) {
    int rows = Math.multiplyExact(rowImages, sites);
    if (array.length != Math.multiplyExact(rows, Math.multiplyExact(columnImages, sites))) {
      throw new IllegalArgumentException(
          array.length + " numbers for " + rows + " x " + columnImages * sites);
    }
  }

  private static void gather(
      int[][] table, double[] from, int sites, int rowImages, int columnImages, double[] to) {
    int targets = table[0].length;
    int columns = columnImages * targets;
    Arrays.fill(to, 0);
    for (int mu = 0; mu < rowImages; mu++) {
      for (int a = 0; a < targets; a++) {
        int row = (mu * targets + a) * columns;
        for (int[] sourceOf : table) {
          if (sourceOf[a] == NONE) {
            continue;
          }
          int source = (mu * sites + sourceOf[a]) * columnImages * sites;
          for (int nu = 0; nu < columnImages; nu++) {
            int first = row + nu * targets;
            for (int b = 0; b < targets; b++) {
              if (sourceOf[b] != NONE) {
                to[first + b] += from[source + nu * sites + sourceOf[b]];
              }
            }
          }
        }
      }
    }
    divide(to, table.length);
  }

  private static void gatherSameSite(
      int[][] table, double[] from, int sites, int pairs, double[] to) {
    int targets = table[0].length;
    if (from.length != Math.multiplyExact(pairs, sites)
        || to.length != Math.multiplyExact(pairs, targets)) {
      throw new IllegalArgumentException(
          from.length + " and " + to.length + " numbers for " + pairs + " pairs");
    }
    Arrays.fill(to, 0);
    for (int p = 0; p < pairs; p++) {
      for (int[] sourceOf : table) {
        for (int a = 0; a < targets; a++) {
          if (sourceOf[a] != NONE) {
            to[p * targets + a] += from[p * sites + sourceOf[a]];
          }
        }
      }
    }
    divide(to, table.length);
  }

  /** Divides by the full k, at borders too. */
  private static void divide(double[] sums, int offsets) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] /= offsets;
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SiteMap map && Arrays.equals(key(), map.key());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(key());
  }

  private int[] key() {
    return new int[] {
      inputHeight, inputWidth, kernelHeight, kernelWidth, stride, padding.ordinal()
    };
  }

  /** For instance "3x3/2 same, 28x28 to 14x14". */
  @Override
  public String toString() {
    return String.format(
        "%dx%d/%d %s, %dx%d to %dx%d",
        kernelHeight,
        kernelWidth,
        stride,
        padding.name().toLowerCase(java.util.Locale.ROOT),
        inputHeight,
        inputWidth,
        outputHeight,
        outputWidth);
  }
}
