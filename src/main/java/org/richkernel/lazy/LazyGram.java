package org.richkernel.lazy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.metrics.LayerSites;

/** The kernels among P points: the feature kernel of every hidden layer, and the readout kernel. */
public final class LazyGram {
  private final int points;
  private final List<double[]> features;
  private final double[] readout;
  private final double truncation;
  private final List<LayerSites> sites;

  private LazyGram(
      int points,
      List<double[]> features,
      double[] readout,
      double truncation,
      List<LayerSites> sites) {
    this.sites = sites;
    this.points = points;
    this.features = features;
    this.readout = readout;
    this.truncation = truncation;
  }

  /** Kernels that were not kept. */
  static LazyGram notKept(int points, double truncation) {
    return new LazyGram(points, List.of(), new double[0], truncation, List.of());
  }

  /** Whether the kernels were kept; without them there are none of the layers either. */
  public boolean isKept() {
    return readout.length > 0;
  }

  /** P. */
  public int points() {
    return points;
  }

  /** L, the number of feature kernels; 0 if they were not kept. */
  public int layers() {
    return features.size();
  }

  /** Phi^l, l = 1..L, P x P, row-major; not a copy. */
  public double[] feature(int layer) {
    return features.get(layer - 1);
  }

  /** The kernel of the predictor, NNGP or NTK, P x P, row-major; not a copy. */
  public double[] readout() {
    return readout;
  }

  /**
   * The largest mass that a truncated activation series leaves out, relative to the whole; 0 for a
   * closed form.
   */
  public double truncation() {
    return truncation;
  }

  /** Sites of layers 1..L of a convolutional network; empty for others, and without targets. */
  public List<LayerSites> sites() {
    return sites;
  }

  /** The same kernels with sites that were computed apart. */
  LazyGram withSites(List<LayerSites> layers) {
    return new LazyGram(points, features, readout, truncation, List.copyOf(layers));
  }

  static long bytes(int points, int layers) {
    return 8L * points * points * (layers + 1);
  }

  /** Copies the kernels off the device while they exist. */
  static final class Collector implements KernelRecursion.FeatureSink {
    private final Backend backend;
    private final int points;
    private final List<double[]> features = new ArrayList<>();
    private final Optional<SiteSums> sums;

    Collector(Backend backend, int points) {
      this(backend, points, Optional.empty());
    }

    /**
     * A collector for kernels with sites.
     *
     * @param sums want the kernels of equal sites
     */
    Collector(Backend backend, int points, Optional<SiteSums> sums) {
      this.backend = backend;
      this.points = points;
      this.sums = sums;
    }

    @Override
    public Optional<SiteSums> sites() {
      return sums;
    }

    @Override
    public void accept(int layer, double[] feature) {
      features.add(feature);
    }

    LazyGram finish(Matrix readout, double truncation) {
      return new LazyGram(
          points,
          List.copyOf(features),
          download(readout),
          truncation,
          sums.map(SiteSums::layers).orElse(List.of()));
    }

    private double[] download(Matrix kernel) {
      double[] values = new double[Math.multiplyExact(points, points)];
      backend.download(kernel, values);
      return values;
    }
  }
}
