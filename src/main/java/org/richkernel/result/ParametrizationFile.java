package org.richkernel.result;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.AtomicFile;
import org.richkernel.data.InvalidDataException;

/**
 * The file {@code parametrization.json} of a folder of coordinate dumps: exponents as text, "1/2"
 * or "0.5", of L + 1 layers each, or one value for all layers.
 *
 * @param optimizer sgd, momentum or adam
 * @param depth L
 * @param epsilon exponents of Adam's epsilon, where they are declared
 * @param weightDecay exponents of decoupled weight decay, if any
 * @param task training task of the networks, if the file has it
 */
public record ParametrizationFile(
    String optimizer,
    int depth,
    List<String> a,
    List<String> b,
    List<String> c,
    Optional<List<String>> epsilon,
    Optional<List<String>> weightDecay,
    Optional<Task> task) {
  /** Name of the file. */
  public static final String NAME = "parametrization.json";

  /**
   * Points that all networks were trained on by gradient descent on sum (f - y)^2 / 2P.
   *
   * @param activation by name
   * @param stepSize learning rate at n = 1
   * @param x P x d, row-major
   * @param y P
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Task(String activation, double stepSize, double[] x, double[] y) {}

  private static final String TASK_MEND =
      "write \"task\": {\"activation\": \"tanh\", \"step_size\": 0.5, \"x\": [[0.1, -0.2], [0.3, 0.1]],"
          + " \"y\": [1, -1]}";

  private static final int MOST_LAYERS = 1000;

  private static final String MEND =
      "write {\"optimizer\": \"adam\", \"L\": 2, \"a\": [0, 0, 0], \"b\": [0, \"1/2\", 1],"
          + " \"c\": [0, 1, 1]}";

  /**
   * Reads the file of a folder.
   *
   * @throws InvalidDataException with one line if there is none, or it cannot be understood
   */
  public static ParametrizationFile read(Path folder) {
    Path file = folder.resolve(NAME);
    if (!Files.isRegularFile(file)) {
      throw new InvalidDataException(
          folder.toString(),
          Files.isDirectory(folder) ? "it holds no " + NAME : "there is no such folder",
          Files.isDirectory(folder) ? MEND : "name a folder of dumps");
    }
    try {
      JsonNode json = Json.readObject(Files.readAllBytes(file));
      String source = file.toString();
      if (!json.path("optimizer").isTextual()) {
        throw new InvalidDataException(source, "it names no \"optimizer\"", MEND);
      }
      if (!json.path("L").canConvertToInt()
          || json.path("L").asInt() < 1
          || json.path("L").asInt() > MOST_LAYERS) {
        throw new InvalidDataException(
            source, "\"L\" is no number of hidden layers of 1 to " + MOST_LAYERS, MEND);
      }
      int depth = json.path("L").asInt();
      return new ParametrizationFile(
          json.path("optimizer").asText(),
          depth,
          exponents(source, json, "a", depth),
          exponents(source, json, "b", depth),
          exponents(source, json, "c", depth),
          declared(source, json, "eps_exponent", depth),
          declared(source, json, "weight_decay_exponent", depth),
          json.hasNonNull("task")
              ? Optional.of(task(source, json.path("task")))
              : Optional.empty());
    } catch (JsonProcessingException e) {
      throw new InvalidDataException(
          file.toString(), "it is no sound JSON object (" + Json.problem(e) + ")", MEND, e);
    } catch (IOException e) {
      throw new InvalidDataException(
          file.toString(), "it cannot be read (" + e + ")", "check its permissions", e);
    }
  }

  private static Task task(String source, JsonNode json) {
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    json.path("y").forEach(value -> y.add(value.isNumber() ? value.asDouble() : Double.NaN));
    int columns = json.path("x").path(0).size();
    boolean fine = columns > 0 && !y.isEmpty() && json.path("x").size() == y.size();
    for (JsonNode row : json.path("x")) {
      fine &= row.size() == columns;
      row.forEach(value -> x.add(value.isNumber() ? value.asDouble() : Double.NaN));
    }
    double stepSize = json.path("step_size").asDouble(Double.NaN);
    fine &= x.stream().allMatch(Double::isFinite) && y.stream().allMatch(Double::isFinite);
    fine &= stepSize > 0 && Double.isFinite(stepSize) && json.path("activation").isTextual();
    if (!fine) {
      throw new InvalidDataException(
          source,
          "\"task\" lacks an activation, a step_size, or rows of x for numbers y",
          TASK_MEND);
    }
    return new Task(
        json.path("activation").asText(),
        stepSize,
        x.stream().mapToDouble(value -> value).toArray(),
        y.stream().mapToDouble(value -> value).toArray());
  }

  private static Optional<List<String>> declared(
      String source, JsonNode json, String key, int depth) {
    return json.hasNonNull(key)
        ? Optional.of(exponents(source, json, key, depth))
        : Optional.empty();
  }

  private static List<String> exponents(String source, JsonNode json, String key, int depth) {
    JsonNode node = json.path(key);
    List<String> values = new ArrayList<>();
    if (node.isArray()) {
      node.forEach(item -> values.add(text(source, key, item)));
    } else {
      String one = text(source, key, node);
      for (int l = 0; l <= depth; l++) {
        values.add(one);
      }
    }
    if (values.size() != depth + 1) {
      throw new InvalidDataException(
          source,
          "\"" + key + "\" has " + values.size() + " exponents for L = " + depth,
          "give one for each of the " + (depth + 1) + " layers, the readout last");
    }
    return values;
  }

  private static String text(String source, String key, JsonNode node) {
    if (!node.isNumber() && !node.isTextual()) {
      throw new InvalidDataException(
          source,
          node.isMissingNode() ? "it holds no \"" + key + "\"" : "\"" + key + "\" holds " + node,
          MEND);
    }
    return node.asText();
  }

  /**
   * Writes the file into a folder.
   *
   * @throws java.io.UncheckedIOException if it cannot be written
   */
  public void write(Path folder) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("optimizer", optimizer);
    json.put("L", depth);
    json.put("a", a);
    json.put("b", b);
    json.put("c", c);
    epsilon.ifPresent(values -> json.put("eps_exponent", values));
    weightDecay.ifPresent(values -> json.put("weight_decay_exponent", values));
    task.ifPresent(of -> json.put("task", described(of)));
    AtomicFile.write(folder.resolve(NAME), Json.write(json));
  }

  private static Map<String, Object> described(Task task) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("activation", task.activation());
    json.put("step_size", task.stepSize());
    int columns = task.x().length / task.y().length;
    List<double[]> rows = new ArrayList<>();
    for (int p = 0; p < task.y().length; p++) {
      rows.add(Arrays.copyOfRange(task.x(), p * columns, (p + 1) * columns));
    }
    json.put("x", rows);
    json.put("y", task.y());
    return json;
  }
}
