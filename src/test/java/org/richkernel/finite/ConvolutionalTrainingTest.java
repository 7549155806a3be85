package org.richkernel.finite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Workspace;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.dynamics.Loss;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyGram;
import org.richkernel.lazy.LazyKernel;
import org.richkernel.network.Convolutions;
import org.richkernel.network.ImageShape;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.OracleImages;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.network.Targets;
import org.richkernel.solver.RunControl;

/** Convolutional networks of finite width under gradient descent. */
class ConvolutionalTrainingTest {
  private static final Targets TARGETS =
      Targets.of(new double[] {1, 0.3, -1, 0.5, 0.7, -0.2}, 3, 2);

  private static NetworkSpec network(String layers, Activation activation, SiteReadout readout) {
    Convolutions convolutions = Convolutions.parse(layers).withReadout(readout);
    return NetworkSpec.of(convolutions.layers().size(), activation).withConvolutions(convolutions);
  }

  private static DynamicsProblem problem(NetworkSpec network, DynamicsOptions options) {
    Inputs all = OracleImages.of(5);
    Inputs test = Inputs.of(all.copyRows(3, 2), 2, 32).withShape(OracleImages.SHAPE);
    Inputs train = Inputs.of(all.copyRows(0, 3), 3, 32).withShape(OracleImages.SHAPE);
    return new DynamicsProblem(
        network, options, train, TARGETS, test, Targets.of(new double[0], 0, 2));
  }

  /** A network of the training as weights in float64. */
  private record Plain(PlainConvolutions network, double[][][] hidden, double[][] readout) {
    static Plain of(DynamicsProblem problem, NetworkTraining training, int width) {
      PlainConvolutions plain = new PlainConvolutions(problem.network(), OracleImages.of(5), width);
      NetworkEnsemble.Member member = training.member(1);
      double[][][] hidden = new double[plain.layers()][width][];
      for (int l = 0; l < plain.layers(); l++) {
        float[] values = member.layers().get(l);
        int fanIn = plain.fanIn(l);
        for (int n = 0; n < width; n++) {
          hidden[l][n] = new double[fanIn];
          for (int i = 0; i < fanIn; i++) {
            hidden[l][n][i] = values[n * fanIn + i];
          }
        }
      }
      int sites = plain.pooled() ? 1 : plain.sites();
      // members carry 1 / (gamma N), and 1 / sqrt(s) or the 1 / s of a mean
      double scale =
          problem.options().gamma()
              * width
              * (plain.pooled() ? plain.sites() : Math.sqrt(plain.sites()));
      double[][] readout = new double[2][sites * width];
      for (int k = 0; k < 2; k++) {
        for (int a = 0; a < sites; a++) {
          for (int n = 0; n < width; n++) {
            readout[k][a * width + n] = scale * member.readout()[n * sites * 2 + a * 2 + k];
          }
        }
      }
      return new Plain(plain, hidden, readout);
    }

    /** gamma N f before centring. */
    double output(int point, int k) {
      double[] read = network.read(network.features(hidden, point));
      double sum = 0;
      for (int i = 0; i < read.length; i++) {
        sum += readout[k][i] * read[i];
      }
      return sum;
    }
  }

  /** One step against differences of the outputs by every weight, on a batch of two. */
  @ParameterizedTest
  @CsvSource({
    "'3x3,3x3/2',   FLATTEN, SAME",
    "'3x3/2,2x2',   GAP,     SAME",
    "'2x3,2x1,1x1', FLATTEN, VALID",
    "'3x3,3x3',     GAP,     CIRCULAR",
  })
  void aStepFollowsTheGradient(String layers, SiteReadout readout, SiteMap.Padding padding) {
    int width = 4;
    Convolutions convolutions =
        Convolutions.parse(layers).withReadout(readout).withPadding(padding);
    NetworkSpec network =
        NetworkSpec.of(convolutions.layers().size(), Activation.TANH)
            .withConvolutions(convolutions);
    DynamicsOptions options =
        DynamicsOptions.of(0.7, 2, readout == SiteReadout.GAP ? 5 : 0.5)
            .withWeightDecay(0.1)
            .withLoss(Loss.MEAN)
            .withBatchSize(2)
            .withSeed(5);
    DynamicsProblem problem = problem(network, options);
    MemoryPlan plan = new MemoryPlan();
    NetworkTraining.plan(plan, problem, width);
    try (Backend backend = Backends.cpu();
        Workspace memory = new Workspace(backend, plan)) {
      NetworkTraining training = new NetworkTraining(problem, backend, memory, width, 0);
      Plain before = Plain.of(problem, training, width);
      assertThat(training.advance()).isTrue();
      double[] start = training.recorder().trajectory().outputs();
      for (double f : start) {
        assertThat(f).isZero();
      }
      Plain after = Plain.of(problem, training, width);

      // theta = rho theta + eta gamma N sum_mu (1/2) Delta dF/dtheta / (gamma N) gamma
      for (int l = 0; l < before.hidden.length; l++) {
        requireStep(before, before.hidden[l], after.hidden[l], options);
      }
      requireStep(before, before.readout, after.readout, options);
      // outputs at all points, test points among them
      training.advance();
      double[] seen = training.recorder().trajectory().outputs();
      double scale = 1 / (options.gamma() * width);
      for (int mu = 0; mu < 5; mu++) {
        for (int k = 0; k < 2; k++) {
          double change = scale * (after.output(mu, k) - before.output(mu, k));
          assertThat(seen[10 + mu * 2 + k]).as("f(%d)", mu).isCloseTo(change, within(2e-6));
        }
      }
    }
  }

  private static void requireStep(
      Plain net, double[][] weights, double[][] moved, DynamicsOptions options) {
    double largest = 0;
    for (int n = 0; n < weights.length; n++) {
      for (int i = 0; i < weights[n].length; i++) {
        double kept = weights[n][i];
        double gradient = 0;
        for (int mu = 0; mu < 2; mu++) {
          for (int k = 0; k < 2; k++) {
            double step = 1e-4;
            weights[n][i] = kept + step;
            double above = net.output(mu, k);
            weights[n][i] = kept - step;
            gradient += TARGETS.at(mu, k) * (above - net.output(mu, k)) / (2 * step);
          }
        }
        weights[n][i] = kept;
        double change = options.stepSize() * options.gamma() * gradient / 2;
        largest = Math.max(largest, Math.abs(change));
        assertThat(moved[n][i]).isCloseTo(options.retention() * kept + change, within(3e-6));
      }
    }
    assertThat(largest).isGreaterThan(0.005);
  }

  /** Means over networks within their standard errors of the theory of infinite width. */
  @ParameterizedTest
  @CsvSource({
    "'3x3,3x3',   tanh, FLATTEN", "'3x3,3x3',   relu, GAP",
    "'3x3,3x3/2', erf,  FLATTEN", "'3x3,3x3/2', tanh, GAP",
  })
  void kernelsAtTheStartAreThoseOfTheInitialTheory(
      String layers, String activation, SiteReadout readout) {
    NetworkSpec network = network(layers, Activation.named(activation), readout);
    double gamma = 1e-3;
    double eta = readout == SiteReadout.GAP ? 1 : 0.1;
    DynamicsProblem problem = problem(network, DynamicsOptions.of(gamma, 1, eta));
    try (Backend backend = Backends.cpu()) {
      DynamicsSolution seen =
          new GradientDescentNetwork(300, 16).solve(problem, backend, RunControl.silent());
      LazyGram theory = new LazyKernel(network, KernelKind.NTK).gram(backend, OracleImages.of(5));
      LayerKernels mean = seen.mean().kernels().get(0);
      LayerKernels error = seen.standardError().kernels().get(0);
      for (int l = 0; l < 2; l++) {
        double[] expected = theory.feature(l + 1);
        for (int i = 0; i < expected.length; i++) {
          assertThat(Math.abs(mean.feature().get(l)[i] - expected[i]))
              .as("Phi^%d entry %d", l + 1, i)
              .isLessThan(5 * error.feature().get(l)[i] + 0.01 * expected[0]);
        }
        // an error that would hide a factor of the sites proves nothing
        assertThat(error.feature().get(l)[0]).isLessThan(0.2 * expected[0]);
      }
      // in the lazy limit the first step is eta K y
      double[] ntk = theory.readout();
      double[] outputs = seen.mean().outputs();
      double[] errors = seen.standardError().outputs();
      for (int mu = 0; mu < 5; mu++) {
        for (int k = 0; k < 2; k++) {
          double step = 0;
          for (int nu = 0; nu < 3; nu++) {
            step += eta * ntk[mu * 5 + nu] * TARGETS.at(nu, k);
          }
          int at = 10 + mu * 2 + k;
          assertThat(Math.abs(outputs[at] - step))
              .as("f(%d)", mu)
              .isLessThan(5 * errors[at] + 0.01 * eta * ntk[0]);
        }
      }
    }
  }

  /**
   * The dynamical theory at infinite width, solved by another program: outputs at three training
   * images and a test image after 11 and 6 steps. A plain flattened readout at gamma, eta and
   * lambda is the normalized one at gamma / sqrt(s), s eta and lambda / s.
   */
  @ParameterizedTest
  @CsvSource({
    "'3x3,3x3',   FLATTEN, 16, .08, .9788 -.9782 .9797 .0077, .9631 -.9604 .9662 .0073",
    "'3x3,3x3/2', FLATTEN,  4, .2,  .9344 -.9325 .9359 .0916, .859 -.860 .863 .084",
    "'3x3,3x3/2', GAP,      1, 1.5, .8146 -.9004 .8819 .0069, .7655 -.9131 .8781 .0194",
  })
  void trajectoriesAreThoseOfTheDynamicalTheory(
      String layers, SiteReadout readout, double sites, double eta, String last, String middle) {
    Inputs all = OracleImages.of(4);
    DynamicsProblem problem =
        new DynamicsProblem(
            network(layers, Activation.TANH, readout),
            DynamicsOptions.of(1 / Math.sqrt(sites), 11, eta * sites).withWeightDecay(0.05 / sites),
            Inputs.of(all.copyRows(0, 3), 3, 32).withShape(OracleImages.SHAPE),
            Targets.of(new double[] {1, -1, 1}),
            Inputs.of(all.copyRows(3, 1), 1, 32).withShape(OracleImages.SHAPE),
            Targets.of(new double[0], 0, 1));
    try (Backend backend = Backends.cpu()) {
      DynamicsSolution seen =
          new GradientDescentNetwork(256, 12).solve(problem, backend, RunControl.silent());
      requireOutputs(seen, 11, last);
      requireOutputs(seen, 6, middle);
    }
  }

  /** Theory and networks of 400 to 2000 neurons differ by up to 0.013 in the middle. */
  private static void requireOutputs(DynamicsSolution seen, int time, String expected) {
    String[] numbers = expected.split(" ");
    for (int mu = 0; mu < 4; mu++) {
      int at = time * 4 + mu;
      double error = seen.standardError().outputs()[at];
      assertThat(error).isLessThan(0.02);
      assertThat(seen.mean().outputs()[at])
          .as("f(%d) at step %d +- %g", mu, time, error)
          .isCloseTo(Double.parseDouble(numbers[mu]), within(3.5 * Math.hypot(error, 0.006)));
    }
  }

  /** The same bits whether a network is fully connected or convolves images of one pixel. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void onePixelIsAFullyConnectedNetwork(SiteReadout readout) {
    double[] x = OracleImages.of(3).toArray();
    NetworkSpec dense = NetworkSpec.of(2, Activation.TANH);
    NetworkSpec pixel = dense.withConvolutions(Convolutions.parse("1x1,1x1").withReadout(readout));
    DynamicsOptions options = DynamicsOptions.of(1, 5, 0.1).withBatchSize(2);
    try (Backend backend = Backends.cpu()) {
      GradientDescentNetwork networks = new GradientDescentNetwork(50, 2);
      Inputs vectors = Inputs.of(x, 3, 32);
      DynamicsSolution one =
          networks.solve(
              DynamicsProblem.of(dense, options, vectors, TARGETS), backend, RunControl.silent());
      DynamicsSolution other =
          networks.solve(
              DynamicsProblem.of(pixel, options, vectors, TARGETS), backend, RunControl.silent());

      assertThat(other.mean().outputs()).isEqualTo(one.mean().outputs());
      for (int l = 0; l < 2; l++) {
        assertThat(other.mean().kernels().get(1).feature().get(l))
            .isEqualTo(one.mean().kernels().get(1).feature().get(l));
        assertThat(other.mean().kernels().get(1).gradient().get(l))
            .isEqualTo(one.mean().kernels().get(1).gradient().get(l));
      }
    }
  }

  /** Predictions of the trained networks are the outputs that the training saw. */
  @ParameterizedTest
  @EnumSource(SiteReadout.class)
  void trainedNetworksPredictWhatTheySaw(SiteReadout readout) {
    DynamicsProblem problem =
        problem(network("3x3,3x3/2", Activation.RELU, readout), DynamicsOptions.of(0.5, 20, 0.2));
    try (Backend backend = Backends.cpu()) {
      GradientDescentNetwork.Outcome outcome =
          new GradientDescentNetwork(30, 3).train(problem, backend, RunControl.silent());
      double[] seen = outcome.predictor().orElseThrow().predict(backend, OracleImages.of(5));
      double[] all = outcome.solution().mean().outputs();
      for (int i = 0; i < 10; i++) {
        assertThat(seen[i]).isCloseTo(all[20 * 10 + i], within(1e-5));
      }
    }
  }

  @Test
  void fieldsBeyondAnArrayAreRefused() {
    NetworkSpec network = network("3x3,3x3", Activation.RELU, SiteReadout.FLATTEN);
    Inputs many = Inputs.of(new double[2000 * 784], 2000, 784).withShape(new ImageShape(28, 28, 1));
    DynamicsProblem problem =
        DynamicsProblem.of(
            network, DynamicsOptions.of(1, 2, 0.1), many, Targets.of(new double[2000]));
    assertThatThrownBy(() -> new GradientDescentNetwork(1024, 1).plan(problem))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("width is 1024")
        .hasMessageContaining("--pool-input or strides");
  }
}
