package org.richkernel.dynamics;

import java.util.SplittableRandom;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;

/**
 * Detection of neurons near a saddle, which hardly move but will leave. In given pulls Delta a
 * neuron ascends its own potential gamma sum_mu z . Delta_mu phi(h_mu) - lambda (|a|^2 + |z|^2) /
 * 2, and comes to rest at a maximum. It may pass a saddle so closely that it lingers there long
 * after all other neurons are at rest. Outputs and kernels do not show this, but a positive
 * curvature does.
 *
 * <p>The largest curvature of each neuron is found by power iteration with differences of its
 * velocity, for all neurons at once. Rayleigh quotients are below the largest eigenvalue, so no
 * maximum is mistaken for a saddle. The curvature does not see across kinks: a ReLU neuron whose
 * fields are all negative has no pull and stays.
 */
final class SaddleNeurons {
  private static final int PASSES = 24;

  /** Step of the differences; neurons have norms of order 1. */
  private static final double ASIDE = 1e-3;

  /** Smallest exponent of the growth since the start of a neuron that leaves. */
  private static final double LINGERING = 3;

  /**
   * Smallest growth rate relative to the weight decay; smaller curvatures come from a flow not
   * quite at rest.
   */
  private static final double LEAST_GROWTH = 0.05;

  private final Backend backend;
  private final NeuronFlow flow;
  private final double weightDecay;

  SaddleNeurons(Backend backend, NeuronFlow flow, double weightDecay) {
    this.backend = backend;
    this.flow = flow;
    this.weightDecay = weightDecay;
  }

  /**
   * Fraction of the neurons with a growth rate above 3 / time and above 0.05 lambda.
   *
   * @param velocity of the present state
   * @param beside scratch, like its velocity
   */
  double share(
      NeuronState present,
      NeuronState velocity,
      NeuronState beside,
      NeuronState besideVelocity,
      double time) {
    flow.observe(present);
    double[] pulls = flow.pulls();
    float[][] x = download(present);
    float[][] rest = download(velocity);
    int samples = present.all().get(0).rows();
    double[][] direction = start(x, samples);
    double[] shift = new double[samples];
    double[] rate = new double[samples];
    for (int pass = 0; pass < PASSES; pass++) {
      upload(x, direction, beside);
      flow.velocityAmong(pulls, beside, besideVelocity);
      float[][] moved = download(besideVelocity);
      for (int s = 0; s < samples; s++) {
        rate[s] = turn(direction, rest, moved, s, shift);
      }
    }
    flow.observe(present);
    double least = Math.max(LINGERING / time, LEAST_GROWTH * weightDecay);
    int leaving = 0;
    for (double growth : rate) {
      leaving += growth > least ? 1 : 0;
    }
    return leaving / (double) samples;
  }

  /** Directions of norm 1 for each neuron, weights and readouts. */
  private static double[][] start(float[][] x, int samples) {
    SplittableRandom random = new SplittableRandom(1);
    double[][] direction = new double[x.length][];
    for (int part = 0; part < x.length; part++) {
      direction[part] = random.doubles(x[part].length, -1, 1).toArray();
    }
    for (int s = 0; s < samples; s++) {
      scale(direction, s, samples);
    }
    return direction;
  }

  /** Replaces u by (H + shift) u / |(H + shift) u| for one neuron; returns u . H u. */
  private static double turn(
      double[][] direction, float[][] rest, float[][] moved, int s, double[] shift) {
    double rate = 0;
    double squares = 0;
    for (int part = 0; part < direction.length; part++) {
      int width = rest[part].length / shift.length;
      for (int i = s * width; i < (s + 1) * width; i++) {
        double image = ((double) moved[part][i] - rest[part][i]) / ASIDE;
        rate += direction[part][i] * image;
        squares += image * image;
      }
    }
    shift[s] = Math.max(shift[s], Math.sqrt(squares));
    for (int part = 0; part < direction.length; part++) {
      int width = rest[part].length / shift.length;
      for (int i = s * width; i < (s + 1) * width; i++) {
        double image = ((double) moved[part][i] - rest[part][i]) / ASIDE;
        direction[part][i] = image + shift[s] * direction[part][i];
      }
    }
    scale(direction, s, shift.length);
    return rate;
  }

  private static void scale(double[][] direction, int s, int samples) {
    double squares = 0;
    for (double[] part : direction) {
      int width = part.length / samples;
      for (int i = s * width; i < (s + 1) * width; i++) {
        squares += part[i] * part[i];
      }
    }
    double norm = Math.max(Math.sqrt(squares), Double.MIN_NORMAL);
    for (double[] part : direction) {
      int width = part.length / samples;
      for (int i = s * width; i < (s + 1) * width; i++) {
        part[i] /= norm;
      }
    }
  }

  private float[][] download(NeuronState state) {
    float[][] numbers = new float[state.all().size()][];
    for (int part = 0; part < numbers.length; part++) {
      Matrix matrix = state.all().get(part);
      numbers[part] = new float[Math.toIntExact(matrix.size())];
      backend.download(matrix, numbers[part]);
    }
    return numbers;
  }

  private void upload(float[][] x, double[][] direction, NeuronState target) {
    for (int part = 0; part < x.length; part++) {
      float[] beside = new float[x[part].length];
      for (int i = 0; i < beside.length; i++) {
        beside[i] = (float) (x[part][i] + ASIDE * direction[part][i]);
      }
      backend.upload(beside, target.all().get(part));
    }
  }
}
