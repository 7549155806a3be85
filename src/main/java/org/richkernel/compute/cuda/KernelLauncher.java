package org.richkernel.compute.cuda;

import java.util.EnumMap;
import java.util.Map;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import org.richkernel.compute.Precision;

/** Launches kernels on the compute stream; a module is loaded when its first kernel is. */
final class KernelLauncher {
  private static final int THREADS = 256;
  private static final int COLUMN_THREADS = 64;

  private final CudaSession session;
  private final KernelLoader loader;
  private final LaunchArguments arguments;
  private final Map<Kernel, Map<Precision, CUfunction>> functions = new EnumMap<>(Kernel.class);
  private final long mostBlocks;

  KernelLauncher(CudaSession session, KernelLoader loader, LaunchArguments arguments) {
    this.session = session;
    this.loader = loader;
    this.arguments = arguments;
    // eight blocks of 256 threads fill a multiprocessor; four rounds of them even out the load
    this.mostBlocks = 32L * session.device().multiprocessors();
  }

  /** Empty arguments for the next launch. */
  LaunchArguments arguments() {
    return arguments.start();
  }

  /**
   * A launch over a rectangle whose threads each own {@code width} adjacent columns: blocks of 256
   * threads, as wide as the rows allow.
   */
  void overRectangle(Kernel kernel, Precision precision, long rows, long columns, int width) {
    long across = ceil(columns, width);
    int x = 32;
    while (x < THREADS && x < across) {
      x *= 2;
    }
    int y = 1;
    while (x * y < THREADS && y < rows) {
      y *= 2;
    }
    long gridX = Math.min(ceil(across, x), mostBlocks);
    long gridY = Math.min(ceil(rows, y), Math.max(1, mostBlocks / gridX));
    launch(kernel, precision, (int) gridX, (int) Math.min(gridY, 65535), x, y);
  }

  /** A launch over 32 x 32 tiles with blocks of 32 x 8 threads. */
  void overTiles(Kernel kernel, Precision precision, long rows, long columns) {
    long gridX = Math.min(ceil(columns, 32), 65535);
    long gridY = Math.min(ceil(rows, 32), 65535);
    launch(kernel, precision, (int) gridX, (int) gridY, 32, 8);
  }

  /** A launch over rows, each owned by a warp; eight warps to a block. */
  void overRows(Kernel kernel, Precision precision, long rows) {
    launch(kernel, precision, (int) Math.min(ceil(rows, 8), mostBlocks), 1, THREADS, 1);
  }

  /** A launch of so many one-dimensional blocks. */
  void overBlocks(Kernel kernel, Precision precision, int blocks) {
    launch(kernel, precision, blocks, 1, THREADS, 1);
  }

  /** A launch of blocks along two axes, as many as there may be. */
  void overBlocks(Kernel kernel, Precision precision, long x, long y) {
    long gridX = Math.min(x, mostBlocks);
    long gridY = Math.min(y, Math.max(1, mostBlocks / gridX));
    launch(kernel, precision, (int) gridX, (int) Math.min(gridY, 65535), THREADS, 1);
  }

  /** A launch over columns, each owned by a thread; small blocks, which spread few columns. */
  void overColumns(Kernel kernel, Precision precision, long columns) {
    long blocks = Math.min(ceil(columns, COLUMN_THREADS), mostBlocks);
    launch(kernel, precision, (int) blocks, 1, COLUMN_THREADS, 1);
  }

  private void launch(
      Kernel kernel, Precision precision, int gridX, int gridY, int blockX, int blockY) {
    session.check(
        JCudaDriver.cuLaunchKernel(
            function(kernel, precision),
            gridX,
            gridY,
            1,
            blockX,
            blockY,
            1,
            0,
            session.compute(),
            arguments.table(),
            null),
        "cuLaunchKernel");
  }

  private CUfunction function(Kernel kernel, Precision precision) {
    Map<Precision, CUfunction> variants = functions.get(kernel);
    if (variants == null) {
      variants = new EnumMap<>(Precision.class);
      functions.put(kernel, variants);
    }
    CUfunction function = variants.get(precision);
    if (function == null) {
      function = find(kernel.symbol(precision), kernel.source());
      variants.put(precision, function);
    }
    return function;
  }

  private CUfunction find(String symbol, String source) {
    CUmodule module = session.context().modules().get(source, loader);
    CUfunction found = new CUfunction();
    session.check(
        JCudaDriver.cuModuleGetFunction(found, module, symbol),
        "cuModuleGetFunction(" + symbol + ")");
    return found;
  }

  static long ceil(long n, long unit) {
    return (n + unit - 1) / unit;
  }
}
