package org.richkernel.calibration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.richkernel.bayes.AdaptiveProblem;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.compute.Activation;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/**
 * A saddle point of one hidden layer that is known by quadrature, from {@value #FILE}.
 *
 * @param name such as "relu-g1-k0.1"
 * @param network of one hidden layer
 * @param gamma richness
 * @param kappa noise
 * @param x P x D
 * @param y P x K
 * @param test P_t x D
 * @param dual v, row-major P x K
 * @param train predictions at x, row-major P x K
 * @param predictions at the test points, row-major P_t x K
 * @param alignment tr Y^T Phi Y / (|Phi|_F |Y|^2)
 * @param trace tr Phi / P
 * @param frobenius |Phi|_F
 * @param dualFit tr Y^T v
 * @param trainLoss mean of (y - f)^2
 */
@SuppressWarnings("ArrayRecordComponent")
public record ExactCase(
    String name,
    NetworkSpec network,
    double gamma,
    double kappa,
    double[][] x,
    double[][] y,
    double[][] test,
    double[] dual,
    double[] train,
    double[] predictions,
    double alignment,
    double trace,
    double frobenius,
    double dualFit,
    double trainLoss) {
  static final String FILE = "test-data/reference/exact-small.json";

  /** The cases whose tilted density has one well, or wells that chains leave. */
  public static List<ExactCase> ordinary() {
    return read("bayes");
  }

  /** The cases whose tilted density has several wells, or is close to the edge of existence. */
  public static List<ExactCase> severalWells() {
    return read("bayes_several_wells");
  }

  /** The case of a name. */
  public static ExactCase named(String name) {
    List<ExactCase> all = new ArrayList<>(ordinary());
    all.addAll(severalWells());
    return all.stream().filter(c -> c.name.equals(name)).findFirst().orElseThrow();
  }

  private static List<ExactCase> read(String name) {
    JsonNode group = group(name);
    List<ExactCase> cases = new ArrayList<>();
    for (JsonNode node : group.path("cases")) {
      cases.add(of(group, node));
    }
    return cases;
  }

  /** A group of cases of the file. */
  static JsonNode group(String name) {
    try {
      return new ObjectMapper().readTree(new File(FILE)).path(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ExactCase of(JsonNode group, JsonNode node) {
    Activation activation = Activation.named(node.path("act").asText());
    JsonNode inputs = node.has("x_train") ? node.path("x_train") : group.path("x_train");
    boolean two = node.path("out").asInt(1) == 2;
    JsonNode targets =
        two
            ? group.path("y_train_2")
            : node.has("y_train") ? node.path("y_train") : group.path("y_train");
    double bias = node.path("gb").asDouble(0);
    double gamma = node.path("gamma").asDouble();
    double kappa = node.path("kappa").asDouble();
    String name =
        String.format(
                Locale.ROOT,
                "%s-g%s-k%s%s%s%s",
                activation.id(),
                brief(gamma),
                brief(kappa),
                two ? "-two-outputs" : "",
                bias > 0 ? "-bias" : "",
                inputs.size() == 4 ? "" : "-p" + inputs.size())
            + (node.has("which") ? "-draw" + node.path("which").asInt() : "");
    return new ExactCase(
        name,
        NetworkSpec.of(1, activation).withBiasVariance(bias),
        gamma,
        kappa,
        rows(inputs),
        rows(targets),
        rows(group.path("x_test")),
        flat(rows(node.path("v"))),
        flat(rows(node.path("f_train"))),
        flat(rows(node.path("f_test"))),
        node.path("alignment").asDouble(),
        node.path("trace").asDouble(),
        node.path("frobenius").asDouble(),
        node.path("dualFit").asDouble(),
        node.path("trainLoss").asDouble());
  }

  private static String brief(double value) {
    return value == Math.rint(value) ? Long.toString(Math.round(value)) : Double.toString(value);
  }

  private static double[][] rows(JsonNode node) {
    double[][] rows = new double[node.size()][];
    for (int i = 0; i < rows.length; i++) {
      JsonNode row = node.get(i);
      rows[i] = new double[row.isArray() ? row.size() : 1];
      for (int j = 0; j < rows[i].length; j++) {
        rows[i][j] = (row.isArray() ? row.get(j) : row).asDouble();
      }
    }
    return rows;
  }

  private static double[] flat(double[][] rows) {
    double[] flat = new double[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, flat, i * rows[0].length, rows[0].length);
    }
    return flat;
  }

  /** The problem with its test points. */
  public AdaptiveProblem problem(SaddleOptions options) {
    return new AdaptiveProblem(
        network,
        options.withGamma(gamma).withBeta(1 / kappa),
        Inputs.of(flat(x), x.length, x[0].length),
        Targets.of(flat(y), x.length, y[0].length),
        Inputs.of(flat(test), test.length, x[0].length));
  }

  /** Y, row-major P x K. */
  public double[] targets() {
    return flat(y);
  }
}
