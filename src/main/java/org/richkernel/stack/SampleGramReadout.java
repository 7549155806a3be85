package org.richkernel.stack;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Transpose;

/**
 * Readout of a dense network through G = phi phi^T, S x S, at the points of a block; a row of the
 * layer is a point, and some of the S samples move:
 *
 * <pre>  dV/dphi = -S gamma^2 w v^T + 2 c M^{-1} phi.</pre>
 *
 * <p>Cost for n moving samples: 2 n S P flops for their part of G, S^2 P if all move.
 */
final class SampleGramReadout implements Reader {
  private final Backend backend;
  private final DualReadout solver;
  private final PointRun run;
  private final int block;
  private final Matrix phiOfAll; // P x S
  private final Matrix phi; // P x n
  private final Matrix phiUpTo; // P x e, of the samples up to the end e of those that move
  private final Matrix phiAfter; // P x (S - e)
  private final Matrix weights; // n x K, float32
  private final Matrix inverse; // M^{-1}, S x n, float32
  private final List<Matrix> phiPanels;
  private final List<Matrix> dualPanels;
  private final List<Matrix> products;
  private long nanos;

  /**
   * @param samples S
   * @param first index of the first sample that moves
   * @param rows samples that move
   * @param panels of the points of the block
   */
  SampleGramReadout(
      DualReadout solver,
      PointRun run,
      int block,
      int samples,
      int first,
      int rows,
      Panels panels) {
    this.solver = solver;
    this.run = run;
    this.block = block;
    backend = run.backend();
    phiOfAll = run.rows().phi(run.rows().layers(), samples, block);
    int points = phiOfAll.rows();
    int end = first + rows;
    phi = phiOfAll.view(0, points, first, rows);
    phiUpTo = phiOfAll.view(0, points, 0, end);
    phiAfter = phiOfAll.view(0, points, end, samples - end);
    weights = run.weights(samples).rowRange(first, rows);
    inverse = run.inverse(samples).view(0, samples, first, rows);
    phiPanels = panels.of(phiOfAll);
    dualPanels = panels.of(run.dualSingle(block));
    products = panels.sharing(run.rows().pull(rows));
  }

  /**
   * Targets of the sum over all blocks that {@link #fill} computes.
   *
   * @param readout of S samples
   * @param first index of the first sample that moves
   * @param rows samples that move
   * @return G if all samples move, otherwise the rows (n x e) and columns ((S - e) x n) of the
   *     moving samples in its lower triangle; and their rows of b
   */
  static Matrix[] targets(SampleReadout readout, int first, int rows) {
    int all = readout.gram().rows();
    int end = first + rows;
    Matrix image = readout.image().rowRange(first, rows);
    return rows == all
        ? new Matrix[] {readout.gram(), image}
        : new Matrix[] {
          readout.gram().view(first, rows, 0, end),
          readout.gram().view(end, all - end, first, rows),
          image
        };
  }

  /** Computes the contribution of this block to G and b. */
  void fill(List<Matrix> into) {
    long start = System.nanoTime();
    if (phi.columns() == phiOfAll.columns()) {
      backend.gram(1, phiOfAll, 0, into.get(0));
    } else {
      backend.crossGram(1, phi, phiUpTo, 0, into.get(0));
      backend.crossGram(1, phiAfter, phi, 0, into.get(1));
    }
    backend.crossGram(1, phi, run.targetsSingle(block), 0, into.get(into.size() - 1));
    nanos += System.nanoTime() - start;
  }

  @Override
  public long gramNanos() {
    return nanos;
  }

  @Override
  public void beginPull() {
    run.roundDual(block);
  }

  @Override
  public void pull(int panel, Matrix phiOfPanel, Matrix slope) {
    Matrix product = products.get(panel);
    int samples = phiOfAll.columns();
    backend.gemm(
        Transpose.NO,
        Transpose.YES,
        solver.pullScale(samples),
        dualPanels.get(panel),
        weights,
        0,
        product);
    if (solver.parameters().hasDeterminant()) {
      double c = solver.parameters().determinant(samples);
      backend.gemm(Transpose.NO, Transpose.NO, 2 * c, phiPanels.get(panel), inverse, 1, product);
    }
    backend.multiply(product, slope);
  }
}
