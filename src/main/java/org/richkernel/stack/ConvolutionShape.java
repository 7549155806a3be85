package org.richkernel.stack;

import java.util.List;
import java.util.stream.IntStream;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;

/**
 * Sizes of a convolutional network. The first layer is parametrized by the rank r of the patches;
 * the layers above it by k S weights and a bias per channel, or by n_l whitened fields per channel.
 *
 * @param maps of the layers, first layer first
 * @param readout of the last layer
 * @param points P
 * @param rank r
 * @param patch numbers of a patch of the images, the constant of a bias among them
 * @param biases whether there are biases
 * @param form of the layers above the first, whitened or weights
 */
public record ConvolutionShape(
    List<SiteMap> maps,
    SiteReadout readout,
    int points,
    int rank,
    int patch,
    boolean biases,
    FieldForm form)
    implements FieldWidths {
  public ConvolutionShape {
    maps = List.copyOf(maps);
  }

  /** A network whose layers above the first have weights. */
  public ConvolutionShape(
      List<SiteMap> maps, SiteReadout readout, int points, int rank, int patch, boolean biases) {
    this(maps, readout, points, rank, patch, biases, FieldForm.WEIGHTS);
  }

  /** The same for another number of images. */
  public ConvolutionShape withPoints(int images) {
    return new ConvolutionShape(maps, readout, images, rank, patch, biases, form);
  }

  /** The same in another form. */
  public ConvolutionShape withForm(FieldForm other) {
    return new ConvolutionShape(maps, readout, points, rank, patch, biases, other);
  }

  /** Whether layers above the first have factors of the covariance of their sites. */
  public boolean factorizes() {
    return layers() > 1 && form == FieldForm.WHITENED;
  }

  /** The largest n_l of some layers. */
  public int mostColumns(int first, int last) {
    return IntStream.rangeClosed(first, last).map(this::columns).max().orElse(0);
  }

  /** L. */
  public int layers() {
    return maps.size();
  }

  /** s_l, sites of layer l = 1 to L. */
  public int sites(int l) {
    return maps.get(l - 1).outputSites();
  }

  /** n_l = P s_l, columns of a field, ordered (site, image). */
  public int columns(int l) {
    return Math.multiplyExact(points, sites(l));
  }

  /**
   * Number of features that the weights of layer l = 2 to L act on: k S of a patch and the bias.
   */
  public int features(int l, int samples) {
    return Math.addExact(Math.multiplyExact(maps.get(l - 1).offsets(), samples), biases ? 1 : 0);
  }

  @Override
  public int[] widths(int samples) {
    int[] widths = new int[layers()];
    widths[0] = rank;
    for (int l = 2; l <= layers(); l++) {
      widths[l - 1] = form == FieldForm.WHITENED ? columns(l) : features(l, samples);
    }
    return widths;
  }

  /** Number of pooled rows of one channel of layer l. */
  public int pooledRows(int l) {
    return readout == SiteReadout.GAP ? 1 : sites(l);
  }

  /**
   * The table of inputs of layer l with images as further sites, row-major n_l x k: entry (a P +
   * mu, d) is the column of the layer below that image mu reads at offset d of site a, -1 for
   * padding.
   */
  public double[] inputTable(int l) {
    SiteMap map = maps.get(l - 1);
    return overImages(map.inputTable(), map.offsets());
  }

  /** The table of outputs likewise, n_{l-1} x k. */
  public double[] outputTable(int l) {
    SiteMap map = maps.get(l - 1);
    return overImages(map.outputTable(), map.offsets());
  }

  private double[] overImages(int[] table, int offsets) {
    double[] all = new double[Math.multiplyExact(table.length, points)];
    for (int i = 0; i < table.length; i++) {
      int site = i / offsets;
      for (int mu = 0; mu < points; mu++) {
        int row = site * points + mu;
        all[row * offsets + i % offsets] = table[i] < 0 ? -1 : table[i] * points + mu;
      }
    }
    return all;
  }
}
