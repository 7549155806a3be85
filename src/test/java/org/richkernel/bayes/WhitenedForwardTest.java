package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteMap.Padding;
import org.richkernel.network.SiteReadout;
import org.richkernel.stack.ConvolutionShape;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.PosteriorParameters;

/** New images given the fields of a whitened population, without a Markov chain. */
class WhitenedForwardTest {
  private static final int POINTS = 3;
  private static final int TESTS = 5;
  private static final int SAMPLES = 8;
  private static final double KAPPA = 0.2;
  private static final SiteMap FIRST = SiteMap.of(4, 4, 3, 3, 1, Padding.SAME);
  private static final SiteMap STRIDE = SiteMap.of(4, 4, 3, 3, 2, Padding.SAME);
  private static final SiteMap ROUND = SiteMap.of(2, 2, 2, 2, 1, Padding.CIRCULAR);

  private Backend backend;

  @BeforeEach
  void open() {
    backend = Backends.cpu();
  }

  @AfterEach
  void close() {
    backend.close();
  }

  /** A population with fixed fields and everything that predicts from it. */
  private final class Fixed implements AutoCloseable {
    final List<SiteMap> maps;
    final NetworkSpec network;
    final InputFactor patches;
    final ConvolutionShape shape;
    final double[] y;
    final double[] xi;
    final PosteriorParameters parameters;
    final ConvolutionPosterior posterior;
    final FieldPopulation population;

    Fixed(int depth, SiteReadout readout, Activation activation, double bias, int outputs) {
      maps = List.of(FIRST, STRIDE, ROUND).subList(0, depth);
      double[] variances = new double[depth + 1];
      for (int l = 0; l <= depth; l++) {
        variances[l] = 0.8 + 0.2 * l;
      }
      network =
          NetworkSpec.of(depth, activation).withWeightVariances(variances).withBiasVariance(bias);
      patches = ConvolutionOracle.bySite(backend, network, FIRST, POINTS);
      int patch = FIRST.offsets() * ConvolutionOracle.CHANNELS + (bias > 0 ? 1 : 0);
      assertThat(patches.rank()).isEqualTo(patch);
      shape =
          new ConvolutionShape(maps, readout, POINTS, patch, patch, bias > 0, FieldForm.WHITENED);
      Random random = new Random(depth);
      y = random.doubles(outputs * POINTS).map(u -> random.nextGaussian()).toArray();
      xi = random.doubles(SAMPLES * shape.width(SAMPLES)).map(u -> random.nextGaussian()).toArray();
      parameters =
          new PosteriorParameters(1, KAPPA, ConvolutionLayers.readoutVariance(network, shape), 0);
      posterior =
          new ConvolutionPosterior(backend, network, shape, patches, y, parameters, SAMPLES);
      population = posterior.newPopulation(SAMPLES, 1);
      backend.upload(xi, population.xi());
      posterior.refresh(population);
    }

    ConvolutionReferencePotential reference() {
      return new ConvolutionReferencePotential(
          network, maps, shape.readout(), patches, y, POINTS, parameters, FieldForm.WHITENED);
    }

    ConvolutionTestPoints images(Inputs images) {
      return new ConvolutionTestPoints(
          backend,
          network,
          shape,
          patches.projector(),
          images,
          SAMPLES,
          y.length / POINTS,
          posterior);
    }

    double[] predict(ConvolutionTestPoints points, int count, long sweep) {
      double[] f = new double[count * y.length / POINTS];
      try (Matrix sum =
          backend.allocate(Precision.FLOAT64, count, y.length / POINTS, "predictions")) {
        points.addPrediction(population, new TestPoints.Draw(3, 1, sweep), sum);
        backend.download(sum, f);
      }
      return f;
    }

    @Override
    public void close() {
      population.close();
      posterior.close();
    }
  }

  private static Inputs newImages() {
    Inputs all = ConvolutionOracle.images(POINTS + TESTS);
    return Inputs.of(all.copyRows(POINTS, TESTS), TESTS, all.dimension()).withShape(all.shape());
  }

  /** f = K v = Y - kappa v at training images, whatever is drawn. */
  @ParameterizedTest
  @CsvSource({"2, FLATTEN, 0", "2, GAP, 0.3", "3, FLATTEN, 0.3", "3, GAP, 0"})
  void trainingImagesArePredictedAsTheyAre(int depth, SiteReadout readout, double bias) {
    try (Fixed fixed = new Fixed(depth, readout, Activation.TANH, bias, 2);
        ConvolutionTestPoints points = fixed.images(ConvolutionOracle.images(POINTS))) {
      double[] v = new double[2 * POINTS];
      backend.download(fixed.population.dual(), v);
      double[] f = fixed.predict(points, POINTS, 7);
      double[] drawn = fromWeights(fixed, ConvolutionOracle.images(POINTS), 4);
      for (int i = 0; i < v.length; i++) {
        double expected = fixed.y[i] - KAPPA * v[i];
        assertThat(f[i]).isCloseTo(expected, within(2e-4));
        assertThat(drawn[i]).isCloseTo(expected, within(2e-4));
      }
    }
  }

  /** Predictions of a network of weights that makes the fields. */
  private double[] fromWeights(Fixed fixed, Inputs images, int index) {
    ConvolutionPosterior.Channels channels =
        fixed.posterior.channels(fixed.population, new TestPoints.Draw(11, 2, index));
    int outputs = fixed.y.length / POINTS;
    ConvolutionShape weighted = fixed.shape.withForm(FieldForm.WEIGHTS).withPoints(images.rows());
    double[] f = new double[images.rows() * outputs];
    try (ConvolutionForward forward =
            new ConvolutionForward(
                backend, fixed.network, weighted, fixed.patches.projector(), SAMPLES, outputs);
        Matrix fields =
            backend.allocate(Precision.FLOAT32, SAMPLES, weighted.width(SAMPLES), "weights");
        Matrix sum = backend.allocate(Precision.FLOAT64, images.rows(), outputs, "sum")) {
      backend.upload(channels.weights(), fields);
      backend.upload(channels.readout(), forward.images().readoutWeights(SAMPLES));
      ImageBatches.Batch batch = forward.images().batch(images, 0);
      forward.addPrediction(batch, fields, new TestPoints.Draw(0, 0, 0), sum);
      backend.download(sum, f);
    }
    return f;
  }

  /**
   * Two layers: the mean over fields given those of the training images, by definition, with the
   * expectation over a single site from 400 points of its density.
   */
  @ParameterizedTest
  @CsvSource({"FLATTEN, 0", "GAP, 0.3"})
  void predictionIsTheConditionalMean(SiteReadout readout, double bias) {
    try (Fixed fixed = new Fixed(2, readout, Activation.TANH, bias, 1);
        ConvolutionTestPoints points = fixed.images(newImages())) {
      double[] f = fixed.predict(points, TESTS, 7);
      for (int x = 0; x < TESTS; x++) {
        assertThat(f[x]).isCloseTo(conditionalMean(fixed, x), within(2e-5));
      }
    }
  }

  private double conditionalMean(Fixed fixed, int image) {
    ConvolutionReferencePotential reference = fixed.reference();
    double[][][] below = reference.activations(fixed.xi, SAMPLES, 1);
    double[][][] above = reference.activations(fixed.xi, SAMPLES, 2);
    double[][] own = firstLayer(fixed, image);
    RealMatrix sigma = reference.covariance(2, below);
    int n = sigma.getRowDimension();
    int sites = STRIDE.outputSites();
    RealMatrix solved = new LUDecomposition(sigma).getSolver().getInverse();
    double[] v = new double[POINTS];
    backend.download(fixed.population.dual(), v);
    double f = 0;
    for (int a = 0; a < sites; a++) {
      RealMatrix q = new Array2DRowRealMatrix(1, n);
      for (int p = 0; p < n; p++) {
        q.setEntry(0, p, reference.covariance(2, own, a, below[p % POINTS], p / POINTS));
      }
      RealMatrix rule = q.multiply(solved);
      double variance =
          reference.covariance(2, own, a, own, a) - rule.multiply(q.transpose()).getEntry(0, 0);
      assertThat(variance).isGreaterThan(1e-3);
      for (int i = 0; i < SAMPLES; i++) {
        // h of the training sites from xi and the factor: in float64 by definition
        double mean = 0;
        for (int p = 0; p < n; p++) {
          mean += rule.getEntry(0, p) * atanh(above[p % POINTS][i][p / POINTS]);
        }
        f += weight(fixed, above, v, i, a) * smoothed(mean, Math.sqrt(variance));
      }
    }
    return f;
  }

  private static double atanh(double t) {
    return 0.5 * Math.log((1 + t) / (1 - t));
  }

  /** What phi of a channel and site counts in f. */
  private static double weight(Fixed fixed, double[][][] above, double[] v, int i, int a) {
    int sites = above[0][0].length;
    double g = fixed.network.weightVariance(fixed.shape.layers());
    double sum = 0;
    for (int mu = 0; mu < POINTS; mu++) {
      if (fixed.shape.readout() == SiteReadout.FLATTEN) {
        sum += v[mu] * above[mu][i][a];
      } else {
        for (int b = 0; b < sites; b++) {
          sum += v[mu] * above[mu][i][b] / sites;
        }
      }
    }
    return g * sum / (SAMPLES * sites);
  }

  private static double smoothed(double mean, double deviation) {
    double sum = 0;
    double total = 0;
    for (int i = -200; i <= 200; i++) {
      double z = i * 0.04;
      double density = Math.exp(-0.5 * z * z);
      sum += density * Math.tanh(mean + deviation * z);
      total += density;
    }
    return sum / total;
  }

  /** phi^1 of a new image, channels x sites; its patches lie in the span of the training ones. */
  private double[][] firstLayer(Fixed fixed, int image) {
    double[] rows = ImagePatches.bySite(newImages(), image, 1, FIRST);
    int sites = FIRST.outputSites();
    double[] r =
        InputFactor.coordinates(
                backend,
                fixed.network,
                fixed.patches.projector(),
                fixed.patches.rank(),
                rows,
                sites,
                FIRST.offsets() * ConvolutionOracle.CHANNELS)
            .whitened();
    int width = fixed.shape.width(SAMPLES);
    double[][] phi = new double[SAMPLES][sites];
    for (int i = 0; i < SAMPLES; i++) {
      for (int a = 0; a < sites; a++) {
        for (int k = 0; k < fixed.patches.rank(); k++) {
          phi[i][a] += fixed.xi[i * width + k] * r[a * fixed.patches.rank() + k];
        }
        phi[i][a] = Math.tanh(phi[i][a]);
      }
    }
    return phi;
  }

  /**
   * Three layers: draws of the fields of new images and draws of weights that make the fields of
   * the training images have the same mean.
   */
  @ParameterizedTest
  @EnumSource
  void fieldsAndWeightsPredictTheSame(SiteReadout readout) {
    try (Fixed fixed = new Fixed(3, readout, Activation.RELU, 0.2, 1);
        ConvolutionTestPoints points = fixed.images(newImages())) {
      Moments byFields = new Moments();
      Moments byWeights = new Moments();
      for (int t = 0; t < 1000; t++) {
        byFields.add(fixed.predict(points, TESTS, t));
        byWeights.add(fromWeights(fixed, newImages(), t));
      }
      for (int x = 0; x < TESTS; x++) {
        double error = Math.hypot(byFields.error(x), byWeights.error(x));
        double z = (byFields.mean(x) - byWeights.mean(x)) / error;
        assertThat(Math.abs(z)).as("image %d", x).isLessThan(4);
      }
    }
  }

  /** Five images pass in batches of three and two, or one by one. */
  @Test
  void imagesAreDrawnForWhateverTheyAreTakenWith() {
    try (Fixed fixed = new Fixed(3, SiteReadout.FLATTEN, Activation.TANH, 0.2, 1);
        ConvolutionTestPoints points = fixed.images(newImages())) {
      double[] f = fixed.predict(points, TESTS, 7);
      for (int x = 0; x < TESTS; x++) {
        Inputs single = Inputs.of(newImages().copyRows(x, 1), 1, newImages().dimension());
        try (ConvolutionTestPoints point = fixed.images(single.withShape(newImages().shape()));
            Matrix sum = backend.allocate(Precision.FLOAT64, 1, 1, "prediction")) {
          point.addPrediction(fixed.population, new TestPoints.Draw(3, 1, 7, x), sum);
          double[] alone = new double[1];
          backend.download(sum, alone);
          assertThat(alone[0]).as("image %d", x).isCloseTo(f[x], within(1e-5));
        }
      }
    }
  }

  private static final class Moments {
    private final double[] sum = new double[TESTS];
    private final double[] square = new double[TESTS];
    private int count;

    void add(double[] f) {
      for (int x = 0; x < TESTS; x++) {
        sum[x] += f[x];
        square[x] += f[x] * f[x];
      }
      count++;
    }

    double mean(int x) {
      return sum[x] / count;
    }

    double error(int x) {
      return Math.sqrt((square[x] / count - mean(x) * mean(x)) / count);
    }
  }

  /**
   * Linear networks: the spread of predictions is that of fields of layer 2 at all sites together.
   * Sites drawn each by itself have 0.8 to 1.4 times as much.
   */
  @ParameterizedTest
  @CsvSource({"2, GAP", "3, GAP", "3, FLATTEN"})
  void predictionsSpreadAsFieldsOfAllSitesDo(int depth, SiteReadout readout) {
    int draws = 2000;
    try (Fixed fixed = new Fixed(depth, readout, Activation.LINEAR, 0, 1);
        ConvolutionTestPoints points = fixed.images(newImages())) {
      Moments moments = new Moments();
      for (int t = 0; t < draws; t++) {
        // the last layer is integrated where fields are drawn
        moments.add(
            depth == 2 ? fromWeights(fixed, newImages(), t) : fixed.predict(points, TESTS, t));
      }
      for (int x = 0; x < TESTS; x++) {
        double expected = linearVariance(fixed, x);
        double seen = Math.pow(moments.error(x), 2) * draws;
        // a variance of Gaussian numbers is known to sqrt(2 / draws) = 3.2 %
        assertThat(seen / expected).as("image %d", x).isCloseTo(1, within(4 * 0.032));
      }
    }
  }

  /** sum_i c_i^T C c_i, C the conditional covariance of layer 2, c what its fields count in f. */
  private double linearVariance(Fixed fixed, int image) {
    ConvolutionReferencePotential reference = fixed.reference();
    double[][][] below = reference.activations(fixed.xi, SAMPLES, 1);
    double[][] own = linearFirstLayer(fixed, image);
    RealMatrix sigma = reference.covariance(2, below);
    int n = sigma.getRowDimension();
    int sites = STRIDE.outputSites();
    RealMatrix q = new Array2DRowRealMatrix(sites, n);
    RealMatrix covariance = new Array2DRowRealMatrix(sites, sites);
    for (int a = 0; a < sites; a++) {
      for (int p = 0; p < n; p++) {
        q.setEntry(a, p, reference.covariance(2, own, a, below[p % POINTS], p / POINTS));
      }
      for (int b = 0; b < sites; b++) {
        covariance.setEntry(a, b, reference.covariance(2, own, a, own, b));
      }
    }
    RealMatrix solved = new LUDecomposition(sigma).getSolver().getInverse();
    covariance = covariance.subtract(q.multiply(solved).multiply(q.transpose()));
    RealMatrix counts = counts(fixed, reference);
    return counts.multiply(covariance).multiply(counts.transpose()).getTrace();
  }

  /** df / dh of layer 2 of a new image, channels x sites. */
  private RealMatrix counts(Fixed fixed, ConvolutionReferencePotential reference) {
    int depth = fixed.shape.layers();
    double[][][] top = reference.activations(fixed.xi, SAMPLES, depth);
    double[] v = new double[POINTS];
    backend.download(fixed.population.dual(), v);
    int sites = STRIDE.outputSites();
    RealMatrix counts = new Array2DRowRealMatrix(SAMPLES, sites);
    if (depth == 2) {
      for (int i = 0; i < SAMPLES; i++) {
        for (int a = 0; a < sites; a++) {
          counts.setEntry(i, a, weight(fixed, top, v, i, a));
        }
      }
      return counts;
    }
    double[][][] below = reference.activations(fixed.xi, SAMPLES, 2);
    RealMatrix solved =
        new LUDecomposition(reference.covariance(3, below)).getSolver().getInverse();
    for (int j = 0; j < SAMPLES; j++) {
      for (int b = 0; b < sites; b++) {
        double[][] one = new double[SAMPLES][sites];
        one[j][b] = 1;
        counts.setEntry(j, b, linearPrediction(fixed, reference, one, below, top, v, solved));
      }
    }
    return counts;
  }

  /** f of an image whose layer 2 is given, the third one at its conditional mean. */
  private static double linearPrediction(
      Fixed fixed,
      ConvolutionReferencePotential reference,
      double[][] own,
      double[][][] below,
      double[][][] top,
      double[] v,
      RealMatrix solved) {
    int n = solved.getRowDimension();
    double f = 0;
    for (int a = 0; a < ROUND.outputSites(); a++) {
      RealMatrix q = new Array2DRowRealMatrix(1, n);
      for (int p = 0; p < n; p++) {
        q.setEntry(0, p, reference.covariance(3, own, a, below[p % POINTS], p / POINTS));
      }
      RealMatrix rule = q.multiply(solved);
      for (int i = 0; i < SAMPLES; i++) {
        for (int p = 0; p < n; p++) {
          f += weight(fixed, top, v, i, a) * rule.getEntry(0, p) * top[p % POINTS][i][p / POINTS];
        }
      }
    }
    return f;
  }

  private double[][] linearFirstLayer(Fixed fixed, int image) {
    double[][] phi = firstLayer(fixed, image);
    for (double[] channel : phi) {
      for (int a = 0; a < channel.length; a++) {
        channel[a] = atanh(channel[a]);
      }
    }
    return phi;
  }
}
