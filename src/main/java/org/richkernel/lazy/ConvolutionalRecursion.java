package org.richkernel.lazy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Workspace;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;

/**
 * The recursion of a convolutional network, whose kernels have site indices (Novak et al. 2019,
 * arXiv:1810.05148; Arora et al. 2019, arXiv:1904.11955).
 *
 * <p>Sigma^1 = g_0 F(x . x' / C) + g_b, Phi^l = E[phi phi'] over N(0, Sigma^l), Sigma^{l+1} = g_l F
 * Phi^l + g_b with the map F of each layer; Theta^1 = Sigma^1, Theta^{l+1} = Sigma^{l+1} + g_l
 * F(Theta^l o Phidot^l); the readout kernel is g_L times the mean of Phi^L, or of Phi^L + Theta^L o
 * Phidot^L, over pairs of equal sites (flattened) or over all pairs of sites (pooled).
 *
 * <p>Kernels of different pairs of points do not meet, so they are computed in tiles of points
 * times points, each through all layers: no array of all sites of all points exists. A flattened
 * readout costs P^2 s k additions and P^2 s expectations a layer, a pooled one s times as many.
 */
final class ConvolutionalRecursion extends LayerRecursion {
  /** Most entries of the kernels of a tile. */
  private static final long TILE_ENTRIES = 1 << 22;

  private static final int MOST_ROWS = 128;
  private static final int MOST_COLUMNS = 512;

  /** Entries of a layer beyond which days of work lie ahead. */
  private static final double MOST_ENTRIES = 4e12;

  private static final String TRAIN_KERNEL = "train kernel";
  private static final String READOUT = "tile of the readout kernel";
  private static final String KERNEL = "tile kernel";
  private static final String SLOPE = "tile slope";
  private static final String NTK = "tile ntk";
  private static final String PANEL_KERNEL = "panel kernel";

  private final List<SiteMap> maps;
  private final SitePairs pairs;
  private final int mostSites;
  private final int tileRows;
  private final int tileColumns;

  private ConvolutionalRecursion(
      NetworkSpec network, KernelKind kind, Inputs train, Inputs others) {
    super(network, kind, train, others);
    Convolutions convolutions = network.convolutions().orElseThrow();
    maps = convolutions.maps(train.shape());
    pairs = SitePairs.of(convolutions.readout());
    mostSites = mostSites(maps);
    int rows = Math.min(MOST_ROWS, Math.max(train.rows(), others.rows()));
    int columns = Math.min(MOST_COLUMNS, train.rows());
    long most = Math.max(1, TILE_ENTRIES / pairs.entries(mostSites));
    while ((long) rows * columns > most && rows + columns > 2) {
      if (columns > 1 && columns >= 2 * rows || rows == 1) {
        columns = (columns + 1) / 2;
      } else {
        rows = (rows + 1) / 2;
      }
    }
    tileRows = rows;
    tileColumns = columns;
  }

  /**
   * The recursion of a network.
   *
   * @throws InvalidProblemException if images have two shapes, or the work would take days
   */
  static ConvolutionalRecursion of(
      NetworkSpec network, KernelKind kind, Inputs train, Inputs others) {
    if (!others.shape().equals(train.shape())) {
      throw new InvalidProblemException(
          "image-shape of the new inputs",
          others.shape(),
          "it must be that of the training inputs, " + train.shape());
    }
    requireFeasible(network.convolutions().orElseThrow(), train, others);
    return new ConvolutionalRecursion(network, kind, train, others);
  }

  private static int mostSites(List<SiteMap> maps) {
    return maps.stream().mapToInt(SiteMap::inputSites).max().orElseThrow();
  }

  /** Refuses work of days, with the estimate. */
  private static void requireFeasible(Convolutions convolutions, Inputs train, Inputs others) {
    SiteReadout readout = convolutions.readout();
    int sites = mostSites(convolutions.maps(train.shape()));
    double points = train.rows() * (0.5 * train.rows() + others.rows());
    double entries = points * SitePairs.of(readout).entries(sites);
    if (entries > MOST_ENTRIES) {
      throw new InvalidProblemException(
          "image-shape",
          train.shape(),
          String.format(
              Locale.ROOT,
              "%d points of %d sites with readout %s have %.1e kernel entries a layer, more than"
                  + " %.0e; use fewer points, --pool-input%s",
              train.rows() + others.rows(),
              sites,
              readout.name().toLowerCase(Locale.ROOT),
              entries,
              MOST_ENTRIES,
              readout == SiteReadout.GAP ? ", or --readout flatten" : " or strides"));
    }
  }

  @Override
  public void planPoints(MemoryPlan plan) {
    long entries = pairs.entries(mostSites);
    int rows = tileRows * mostSites;
    int columns = pairs.columns(tileColumns, mostSites);
    plan.add(KERNEL, Precision.FLOAT64, rows, columns)
        .add(SLOPE, Precision.FLOAT64, rows, columns)
        .add(READOUT, Precision.FLOAT64, tileRows, tileColumns);
    if (kind == KernelKind.NTK) {
      plan.add(NTK, Precision.FLOAT64, rows, columns);
    }
    pairs.plan(plan, tileRows, tileColumns, train, maps);
    int most = maps.stream().mapToInt(SiteMap::outputSites).max().orElseThrow();
    dual.planTrain(plan, l -> tileColumns * maps.get(l - 1).outputSites());
    dual.planPanel(plan, tileRows * most);
    long diagonals = 0;
    for (SiteMap map : maps) {
      diagonals += (long) (train.rows() + others.rows()) * map.outputSites();
    }
    plan.addHost(8 * (diagonals + entries));
  }

  @Override
  public void planTrainTrain(MemoryPlan plan) {
    plan.add(TRAIN_KERNEL, Precision.FLOAT64, train.rows(), train.rows());
    plan.add(SPARE, Precision.FLOAT64, train.rows(), train.rows());
    // a tile on its way to the sums over sites
    plan.addHost(8 * tileRows * tileColumns * pairs.entries(mostSites));
  }

  @Override
  public void planPanel(MemoryPlan plan, int rows) {
    plan.add(PANEL_KERNEL, Precision.FLOAT64, rows, train.rows());
    plan.addHost(8L * rows * train.rows() * (1 + maps.size()));
  }

  @Override
  public void uploadPoints(Backend backend, Workspace workspace) {
    // points go to the device tile by tile
    pairs.uploadMaps(backend, workspace, maps);
  }

  @Override
  public Matrix trainTrain(Backend backend, Workspace workspace, FeatureSink sink) {
    int points = train.rows();
    List<double[]> features = new ArrayList<>();
    for (int l = 0; l < maps.size(); l++) {
      features.add(new double[Math.multiplyExact(points, points)]);
    }
    double[] readout = new double[points * points];
    for (int column = 0; column < points; column += tileColumns) {
      int columns = Math.min(tileColumns, points - column);
      uploadColumns(backend, workspace, column, columns);
      // kernels are symmetric: tiles above the diagonal are mirrored
      for (int row = column; row < points; row += tileRows) {
        beginBlock();
        int rows = Math.min(tileRows, points - row);
        Block block = new Block(row, rows, column, columns);
        Tile tile = new Tile(backend, workspace, train, trainDiagonals, block);
        tile.readout(
            new Pooled() {
              @Override
              public void accept(int layer, double[] values) {
                block.mirror(values, features.get(layer - 1), points);
              }

              @Override
              public void ofSites(int layer, Matrix kernel) {
                sink.sites().ifPresent(sums -> block.add(backend, layer, kernel, sums));
              }
            });
        block.mirror(tile.download(), readout, points);
      }
    }
    double[] exact = diagonal();
    for (int i = 0; i < exact.length; i++) {
      readout[i * points + i] = exact[i];
    }
    for (int l = 1; l <= maps.size(); l++) {
      requireFinite(features.get(l - 1), l);
      sink.accept(l, features.get(l - 1));
    }
    requireFinite(readout, maps.size() + 1);
    Matrix kernel = workspace.get(TRAIN_KERNEL);
    backend.upload(readout, kernel);
    return kernel;
  }

  private static void requireFinite(double[] kernel, int layer) {
    for (double value : kernel) {
      if (!Double.isFinite(value)) {
        throw new InvalidProblemException(
            "kernel of layer " + layer,
            "not finite",
            "lower the weight variance or standardize the inputs");
      }
    }
  }

  @Override
  public double[] diagonal() {
    return network.convolutions().orElseThrow().readout() == SiteReadout.FLATTEN
        ? trainDiagonals.readout(kind)
        : new double[0];
  }

  @Override
  public void panelTrain(
      Backend backend, Workspace workspace, int first, int rows, Consumer<Matrix> consumer) {
    double[] kernel = panel(backend, workspace, first, rows, List.of());
    try (Matrix panel = workspace.get(PANEL_KERNEL).rowRange(0, rows)) {
      backend.upload(kernel, panel);
      consumer.accept(panel);
    }
  }

  @Override
  public void panelTrain(
      Backend backend,
      Workspace workspace,
      int first,
      int rows,
      PanelSink sink,
      Consumer<Matrix> consumer) {
    List<double[]> features = new ArrayList<>();
    for (int l = 0; l < maps.size(); l++) {
      features.add(new double[Math.multiplyExact(rows, train.rows())]);
    }
    double[] kernel = panel(backend, workspace, first, rows, features);
    try (Matrix panel = workspace.get(PANEL_KERNEL).rowRange(0, rows)) {
      for (int l = 1; l <= maps.size(); l++) {
        backend.upload(features.get(l - 1), panel);
        sink.accept(l, panel);
      }
      backend.upload(kernel, panel);
      consumer.accept(panel);
    }
  }

  /**
   * The readout kernel of a panel, rows x P.
   *
   * @param features receive those of the layers; none for none
   */
  private double[] panel(
      Backend backend, Workspace workspace, int first, int rows, List<double[]> features) {
    int points = train.rows();
    double[] kernel = new double[Math.multiplyExact(rows, points)];
    for (int column = 0; column < points; column += tileColumns) {
      int columns = Math.min(tileColumns, points - column);
      uploadColumns(backend, workspace, column, columns);
      for (int row = 0; row < rows; row += tileRows) {
        beginBlock();
        Block block = new Block(first + row, Math.min(tileRows, rows - row), column, columns);
        Tile tile = new Tile(backend, workspace, others, otherDiagonals, block);
        int to = row * points;
        if (features.isEmpty()) {
          tile.readout();
        } else {
          tile.readout((l, values) -> block.place(values, features.get(l - 1), to, points));
        }
        block.place(tile.download(), kernel, to, points);
      }
    }
    requireFinite(kernel, maps.size() + 1);
    return kernel;
  }

  private void uploadColumns(Backend backend, Workspace workspace, int first, int points) {
    pairs.uploadColumns(backend, workspace, train, first, points);
    for (int l = 1; l <= maps.size(); l++) {
      int sites = maps.get(l - 1).outputSites();
      double[] variances = pairs.ordered(trainDiagonals.preactivation(l), first, points, sites);
      dual.uploadTrain(backend, workspace, l, variances);
    }
  }

  /** Some points along rows and some along columns. */
  private record Block(int row, int rows, int column, int columns) {
    /** Copies the entries to a panel of rows. */
    void place(double[] values, double[] panel, int to, int points) {
      for (int i = 0; i < rows; i++) {
        System.arraycopy(values, i * columns, panel, to + i * points + column, columns);
      }
    }

    /** Hands the kernels of equal sites on. */
    void add(Backend backend, int layer, Matrix kernel, SiteSums sums) {
      double[] values = new double[Math.toIntExact(kernel.size())];
      backend.download(kernel, values);
      sums.add(layer, values, row, rows, column, columns);
    }

    /** Copies the entries on and below the diagonal to a whole kernel and their mirror images. */
    void mirror(double[] values, double[] kernel, int points) {
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns && column + j <= row + i; j++) {
          double value = values[i * columns + j];
          kernel[(row + i) * points + column + j] = value;
          kernel[(column + j) * points + row + i] = value;
        }
      }
    }
  }

  /** Takes the mean over pairs of sites of Phi^l. */
  private interface Pooled {
    void accept(int layer, double[] values);

    /** Takes Phi^l before. */
    default void ofSites(int layer, Matrix kernel) {}
  }

  /** The kernels between the points of a block, through all layers. */
  private final class Tile {
    private final Backend backend;
    private final Workspace workspace;
    private final Inputs points;
    private final KernelDiagonals diagonals;
    private final Block block;
    private final Matrix readout;

    Tile(
        Backend backend,
        Workspace workspace,
        Inputs points,
        KernelDiagonals diagonals,
        Block block) {
      this.backend = backend;
      this.workspace = workspace;
      this.points = points;
      this.diagonals = diagonals;
      this.block = block;
      readout = workspace.get(READOUT).view(0, block.rows, 0, block.columns);
    }

    /** Computes the readout kernel. */
    void readout() {
      readout(Optional.empty());
    }

    /** The same, with the features of the layers on the way. */
    void readout(Pooled features) {
      readout(Optional.of(features));
    }

    private void readout(Optional<Pooled> features) {
      boolean ntk = kind == KernelKind.NTK;
      // three matrices change places: the kernel, the tangent kernel, and one that is free
      String kernel = KERNEL;
      String free = SLOPE;
      String theta = NTK;
      pairs.inputKernel(
          backend, workspace, points, block.row, block.rows, block.columns, at(kernel, 0));
      for (int l = 1; l <= maps.size(); l++) {
        // Sigma^l = g F Phi^{l-1} + g_b; Theta^l = Sigma^l + g F(Theta^{l-1} o Phidot^{l-1})
        average(l, network.biasVariance(), at(kernel, l - 1), at(free, l));
        if (ntk) {
          if (l == 1) {
            backend.copy(at(free, l), at(kernel, l));
          } else {
            average(l, 0, at(theta, l - 1), at(kernel, l));
            backend.axpy(1, at(free, l), at(kernel, l));
          }
          String swap = kernel;
          kernel = free;
          free = theta;
          theta = swap;
        } else {
          String swap = kernel;
          kernel = free;
          free = swap;
        }
        int sites = maps.get(l - 1).outputSites();
        dual.uploadPanel(
            backend,
            workspace,
            l,
            pairs.ordered(diagonals.preactivation(l), block.row, block.rows, sites));
        pairs.dual(backend, workspace, dual, l, block.rows, at(kernel, l), at(free, l));
        if (ntk) {
          backend.multiply(at(free, l), at(theta, l));
        }
        if (features.isPresent()) {
          features.get().ofSites(l, at(kernel, l));
          pool(l, 1, at(kernel, l), 0);
          features.get().accept(l, download());
        }
      }
      int depth = maps.size();
      double g = network.weightVariance(depth);
      pool(depth, g, at(kernel, depth), 0);
      if (ntk) {
        pool(depth, g, at(theta, depth), 1);
      }
    }

    private Matrix at(String name, int layer) {
      int sites = layer == 0 ? maps.get(0).inputSites() : maps.get(layer - 1).outputSites();
      return workspace
          .get(name)
          .view(0, block.rows * sites, 0, pairs.columns(block.columns, sites));
    }

    private void average(int layer, double bias, Matrix from, Matrix to) {
      double g = network.weightVariance(layer - 1);
      pairs.average(
          backend, workspace, maps.get(layer - 1), g, bias, block.rows, block.columns, from, to);
    }

    private void pool(int layer, double scale, Matrix from, double beta) {
      int sites = maps.get(layer - 1).outputSites();
      pairs.pool(backend, workspace, sites, scale, from, beta, readout);
    }

    /** Result of the last pooling, row-major. */
    double[] download() {
      double[] values = new double[block.rows * block.columns];
      backend.download(readout, values);
      return values;
    }
  }
}
