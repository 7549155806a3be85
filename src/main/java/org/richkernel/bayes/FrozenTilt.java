package org.richkernel.bayes;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;
import org.richkernel.compute.Workspace;

/**
 * The single-site density of the saddle point with its dual vector held fixed: V(xi) = -(gamma^2 g
 * / 2) sum_s |v^T phi(h_s)|^2. Its samples are independent of each other, so averages over them
 * have no 1/S bias: they certify a saddle found by other means, they do not find it.
 */
final class FrozenTilt implements HmcTarget, AutoCloseable {
  private final Backend backend;
  private final double strength; // gamma^2 g
  private final Workspace memory;
  private final Matrix dual;
  private final Matrix projection; // phi v, n x K
  private final MovingBlock[] sizes;

  private FieldPopulation population;
  private MovingBlock moving;
  private Matrix movingRows;

  FrozenTilt(
      Backend backend,
      Activation activation,
      InputFactor input,
      double[] v,
      double strength,
      int blockRows) {
    this.backend = backend;
    this.strength = strength;
    int outputs = v.length / input.points();
    MemoryPlan plan = new MemoryPlan();
    plan(plan, input.points(), input.rank(), outputs, blockRows);
    memory = new Workspace(backend, plan);
    dual = memory.get("v");
    projection = memory.get("projection");
    Matrix factor = memory.get("F");
    backend.upload(input.factor(), factor);
    backend.upload(v, dual);
    sizes =
        new MovingBlock[] {
          new MovingBlock(backend, activation, memory, factor, blockRows - 1),
          new MovingBlock(backend, activation, memory, factor, blockRows)
        };
  }

  static void plan(MemoryPlan plan, int points, int rank, int outputs, int blockRows) {
    plan.add("F", Precision.FLOAT32, points, rank)
        .add("v", Precision.FLOAT32, points, outputs)
        .add("projection", Precision.FLOAT32, blockRows, outputs);
    MovingBlock.plan(plan, points, rank, blockRows);
  }

  /** Chooses the population that the following moves act on. */
  void use(FieldPopulation next) {
    population = next;
  }

  @Override
  public int blocks() {
    return population.blocks();
  }

  @Override
  public int samples() {
    return population.samples();
  }

  @Override
  public int firstSample(int block) {
    return population.firstSample(block);
  }

  @Override
  public double begin(int block) {
    movingRows = population.block(block);
    moving = sizes[movingRows.rows() == sizes[1].rows() ? 1 : 0];
    backend.copy(movingRows, moving.position());
    return evaluate();
  }

  @Override
  public double evaluate() {
    moving.forward();
    Matrix a =
        moving.rows() == projection.rows() ? projection : projection.rowRange(0, moving.rows());
    backend.gemm(Transpose.NO, Transpose.NO, 1, moving.phi(), dual, 0, a);
    moving.pull(-strength, dual);
    return -0.5 * strength * backend.dot(a, a);
  }

  @Override
  public void accept() {
    backend.copy(moving.position(), movingRows);
  }

  /** kernel = weight sum_s phi_s phi_s^T over the whole population. */
  void kernel(double weight, Matrix kernel) {
    backend.fill(0, kernel);
    for (int b = 0; b < blocks(); b++) {
      movingRows = population.block(b);
      moving = sizes[movingRows.rows() == sizes[1].rows() ? 1 : 0];
      backend.copy(movingRows, moving.position());
      moving.forward(weight, kernel);
    }
  }

  @Override
  public Matrix position() {
    return moving.position();
  }

  @Override
  public Matrix momentum() {
    return moving.momentum();
  }

  @Override
  public Matrix gradient() {
    return moving.gradient();
  }

  @Override
  public void close() {
    memory.close();
  }
}
