package org.richkernel.dynamics;

import org.richkernel.compute.Activation;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/** Four training and three test points in the plane, few enough for quadrature over all neurons. */
final class PlanePoints {
  private static final double[] TRAIN = {1.2, 0.3, -0.5, 1.1, 0.8, -0.9, -1.0, -0.6};
  private static final double[] TEST = {0.4, 0.7, -1.3, 0.2, 0.1, -1.5};

  private PlanePoints() {}

  static DynamicsProblem problem(int layers, Activation activation, DynamicsOptions options) {
    return new DynamicsProblem(
        NetworkSpec.of(layers, activation),
        options,
        Inputs.of(TRAIN, 4, 2),
        Targets.of(new double[] {1, -1, 0.5, -0.3}),
        Inputs.of(TEST, 3, 2),
        Targets.of(new double[] {0.2, -0.8, 0.4}));
  }

  /**
   * The same points as images of two sites on a circle, whose mean over sites is the point.
   *
   * @param apart how far the sites are from their mean
   */
  static DynamicsProblem images(NetworkSpec network, double apart, DynamicsOptions options) {
    DynamicsProblem points = problem(1, network.activation(), options);
    return new DynamicsProblem(
        network,
        options,
        images(TRAIN, apart),
        points.trainTargets(),
        images(TEST, apart),
        points.testTargets());
  }

  private static Inputs images(double[] plane, double apart) {
    double[] x = new double[2 * plane.length];
    for (int i = 0; i < plane.length; i++) {
      double off = apart * Math.cos(1 + 3 * i);
      int image = i / 2 * 4;
      x[image + i % 2] = plane[i] + off;
      x[image + 2 + i % 2] = plane[i] - off;
    }
    return Inputs.of(x, plane.length / 2, 4).withShape(new ImageShape(1, 2, 2));
  }
}
