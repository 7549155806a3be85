package org.richkernel.stack;

import org.richkernel.compute.Matrix;

/**
 * Readout of a convolutional network through the pooled rows of its last layer; the force goes back
 * to all sites.
 */
public final class PooledReadout implements Readout {
  private final SitePool pool;
  private final Readout rows;

  /**
   * @param pool of the last layer
   * @param rows the readout of the pooled rows, cut into {@link SitePool#panels}
   */
  public PooledReadout(SitePool pool, Readout rows) {
    this.pool = pool;
    this.rows = rows;
  }

  @Override
  public void begin() {
    rows.begin();
  }

  @Override
  public void read(int panel, Matrix phi) {
    rows.read(panel, pool.pool(panel));
  }

  @Override
  public void end() {
    rows.end();
  }

  @Override
  public Matrix kernel() {
    return rows.kernel();
  }

  @Override
  public void beginPull() {
    rows.beginPull();
  }

  @Override
  public void pull(int panel, Matrix phi, Matrix slope) {
    rows.pull(panel, pool.pooled(panel), pool.force(panel));
    pool.spread(panel);
  }

  @Override
  public long gramNanos() {
    return rows.gramNanos();
  }
}
