package org.richkernel.calibration;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.richkernel.compute.Activation;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;

/**
 * A network of one hidden layer and finite width on two points in the plane, whose posterior mean
 * and one-loop value are known by quadrature, from {@value ExactCase#FILE}.
 *
 * @param network of one hidden layer
 * @param width N
 * @param chi gamma^2 N
 * @param kappa noise
 * @param x P x D
 * @param y P
 * @param test P_t x D
 * @param posterior exact mean outputs
 * @param oneLoop mean outputs to one loop
 */
@SuppressWarnings("ArrayRecordComponent")
public record FiniteWidthCase(
    NetworkSpec network,
    int width,
    double chi,
    double kappa,
    Inputs x,
    Targets y,
    Inputs test,
    Outputs posterior,
    Outputs oneLoop) {
  /**
   * Mean outputs.
   *
   * @param train at the training points
   * @param test at the test points
   */
  public record Outputs(double[] train, double[] test) {}

  /** All cases. */
  public static List<FiniteWidthCase> all() {
    JsonNode group = ExactCase.group("one_loop");
    double[] x = numbers(group.path("x_train"));
    double[] y = numbers(group.path("y_train"));
    double[] test = numbers(group.path("x_test"));
    List<FiniteWidthCase> cases = new ArrayList<>();
    for (JsonNode node : group.path("cases")) {
      Activation activation = Activation.named(node.path("act").asText());
      cases.add(
          new FiniteWidthCase(
              NetworkSpec.of(1, activation),
              node.path("N").asInt(),
              node.path("chi").asDouble(),
              node.path("kappa").asDouble(),
              Inputs.of(x, y.length, x.length / y.length),
              Targets.of(y),
              Inputs.of(test, test.length * y.length / x.length, x.length / y.length),
              outputs(node.path("exact")),
              outputs(node.path("loop"))));
    }
    return cases;
  }

  private static Outputs outputs(JsonNode node) {
    return new Outputs(numbers(node.path("f_train")), numbers(node.path("f_test")));
  }

  private static double[] numbers(JsonNode node) {
    List<Double> all = new ArrayList<>();
    for (JsonNode row : node) {
      if (row.isArray()) {
        row.forEach(value -> all.add(value.asDouble()));
      } else {
        all.add(row.asDouble());
      }
    }
    return all.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Such as "tanh-n20-chi1". */
  public String name() {
    return String.format(Locale.ROOT, "%s-n%d-chi%.0f", network.activation().id(), width, chi);
  }

  /** sqrt(chi / N). */
  public double gamma() {
    return Math.sqrt(chi / width);
  }
}
