package org.richkernel.stack;

import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Transpose;

/**
 * Readout of a dense network through G = phi phi^T, S x S; a row of the layer is a point, and some
 * of the S samples move:
 *
 * <pre>  dV/dphi = -S gamma^2 w v^T + 2 c M^{-1} phi.</pre>
 *
 * <p>Cost for n samples that move: 2 n S P flops for their part of G, S^2 P where all move.
 */
public final class SampleGramReadout implements Readout {
  private final Backend backend;
  private final DualReadout solver;
  private final SampleReadout readout;
  private final Matrix phiOfAll; // P x S
  private final Matrix phi; // P x n
  private final Matrix phiUpTo; // P x e, of the samples up to the end e of those that move
  private final Matrix phiAfter; // P x (S - e)
  private final Matrix gramUpTo; // n x e
  private final Matrix gramAfter; // (S - e) x n
  private final Matrix image; // n x K
  private final Matrix weights; // n x K, float32
  private final Matrix inverse; // M^{-1}, S x n, float32
  private final List<Matrix> phiPanels;
  private final List<Matrix> dualPanels;
  private final List<Matrix> products;
  private long nanos;

  /**
   * @param readout of S samples
   * @param phi of all S samples, P x S
   * @param first index of the first sample that moves
   * @param rows samples that move
   * @param panels of the points
   * @param scratch at least a panel of points x n, float32
   */
  public SampleGramReadout(
      Backend backend,
      DualReadout solver,
      SampleReadout readout,
      Matrix phi,
      int first,
      int rows,
      Panels panels,
      Matrix scratch) {
    this.backend = backend;
    this.solver = solver;
    this.readout = readout;
    int points = phi.rows();
    int all = phi.columns();
    int end = first + rows;
    phiOfAll = phi;
    this.phi = phi.view(0, points, first, rows);
    phiUpTo = phi.view(0, points, 0, end);
    phiAfter = phi.view(0, points, end, all - end);
    gramUpTo = readout.gram().view(first, rows, 0, end);
    gramAfter = readout.gram().view(end, all - end, first, rows);
    image = readout.image().rowRange(first, rows);
    weights = readout.weightsSingle().rowRange(first, rows);
    inverse = readout.inverseSingle().view(0, all, first, rows);
    phiPanels = panels.of(phi);
    dualPanels = panels.of(solver.dualSingle());
    products = panels.sharing(scratch);
  }

  @Override
  public void end() {
    long start = System.nanoTime();
    if (phi.columns() == phiOfAll.columns()) {
      backend.gram(1, phiOfAll, 0, readout.gram());
    } else {
      // rows and columns of those that move, in the lower triangle
      backend.crossGram(1, phi, phiUpTo, 0, gramUpTo);
      backend.crossGram(1, phiAfter, phi, 0, gramAfter);
    }
    backend.crossGram(1, phi, solver.targetsSingle(), 0, image);
    nanos += System.nanoTime() - start;
    solve();
  }

  /** w, v and V of the present G and b. */
  public void solve() {
    solver.solve(readout, phiOfAll);
  }

  @Override
  public Matrix kernel() {
    return readout.gram();
  }

  @Override
  public void beginPull() {
    solver.roundDual();
    if (solver.parameters().hasDeterminant()) {
      readout.invert();
    }
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

  @Override
  public long gramNanos() {
    return nanos;
  }
}
