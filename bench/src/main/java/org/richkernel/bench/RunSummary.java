package org.richkernel.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Gathers what a run of bench/gpu.sh left in its folder, {@code RunSummary FOLDER}, and writes
 * {@code summary.json} and {@code summary.md} there; called after every stage, so that they hold
 * what there is so far. It reads
 *
 * <ul>
 *   <li>{@code run.tsv}: what is known of the run, a name and a value a line;
 *   <li>{@code stages.tsv}: name, status, exit code, seconds, command and note of each stage;
 *   <li>{@code stages/NAME.out}: rows of {@link DeviceRun}, one JSON object a line; other lines are
 *       passed over, but for the counts of JUnit's console launcher.
 * </ul>
 */
public final class RunSummary {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final Pattern TESTS = Pattern.compile("\\[\\s*(\\d+) tests (\\w+)\\s*]");
  private static final String NONE = "-";

  private final Path folder;
  private final ObjectNode summary = JSON.createObjectNode();
  private final Map<String, List<JsonNode>> tables = new LinkedHashMap<>();

  private RunSummary(Path folder) {
    this.folder = folder;
  }

  /** Writes both files. */
  public static void main(String[] arguments) throws IOException {
    RunSummary run = new RunSummary(Path.of(arguments[0]));
    run.read();
    JSON.writeValue(run.folder.resolve("summary.json").toFile(), run.summary);
    Files.writeString(run.folder.resolve("summary.md"), run.markdown());
  }

  private void read() throws IOException {
    ObjectNode about = summary.putObject("run");
    for (String[] entry : lines("run.tsv")) {
      about.put(entry[0], entry[1]);
    }
    ArrayNode stages = summary.putArray("stages");
    ObjectNode tests = summary.putObject("tests");
    for (String[] entry : lines("stages.tsv")) {
      ObjectNode stage = stages.addObject();
      stage.put("name", entry[0]);
      stage.put("status", entry[1]);
      stage.put("exit", Integer.parseInt(entry[2]));
      stage.put("seconds", Double.parseDouble(entry[3]));
      stage.put("command", entry[4]);
      stage.put("note", entry[5]);
      Path output = folder.resolve("stages").resolve(entry[0] + ".out");
      if (Files.exists(output)) {
        rows(entry[0], output, tests);
      }
    }
    ObjectNode all = summary.putObject("tables");
    tables.forEach((name, rows) -> all.putArray(name).addAll(rows));
  }

  private List<String[]> lines(String name) throws IOException {
    List<String[]> entries = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(name))) {
      entries.add(line.split("\t", -1));
    }
    return entries;
  }

  /** The last row of a stage that was killed may be cut off: it is passed over, with a word. */
  private void rows(String stage, Path output, ObjectNode tests) throws IOException {
    for (String line : Files.readString(output, StandardCharsets.UTF_8).split("\n", -1)) {
      Matcher count = TESTS.matcher(line);
      if (count.find()) {
        tests.put(count.group(2), Integer.parseInt(count.group(1)));
      } else if (line.startsWith("{") && line.endsWith("}")) {
        ObjectNode row = (ObjectNode) JSON.readTree(line);
        String table = row.remove("table").asText();
        tables.computeIfAbsent(table, name -> new ArrayList<>()).add(row.put("from", stage));
      } else if (line.startsWith("{")) {
        System.err.println(output + ": passed over a row that is cut off");
      }
    }
  }

  private String markdown() {
    StringBuilder text = new StringBuilder("# CUDA device against processor\n\n");
    summary
        .get("run")
        .properties()
        .forEach(
            entry -> text.append(format("- %s: %s%n", entry.getKey(), entry.getValue().asText())));
    for (JsonNode backend : table("backends")) {
      String line =
          format(
              "- %s: %s, libraries %s%s%n",
              backend.get("backend").asText(),
              backend.get("device").asText(),
              backend.get("libraries"),
              backend.get("environment").isEmpty() ? "" : ", " + backend.get("environment"));
      if (text.indexOf(line) < 0) {
        text.append(line);
      }
    }
    text.append("\n| stage | status | seconds | |\n| --- | --- | ---: | --- |\n");
    for (JsonNode stage : summary.get("stages")) {
      text.append(
          format(
              "| %s | %s | %.1f | %s |%n",
              stage.get("name").asText(),
              stage.get("status").asText(),
              stage.get("seconds").asDouble(),
              stage.get("note").asText()));
    }
    text.append("\nTests tagged `cuda-device`: ").append(summary.get("tests")).append("\n");
    ceilings(text);
    stages(text);
    sweeps(text);
    causal(text);
    for (JsonNode row : table("skipped")) {
      text.append(
          format("%n%s was skipped: %s%n", row.get("from").asText(), row.get("reason").asText()));
    }
    return text.toString();
  }

  private List<JsonNode> table(String name) {
    return tables.getOrDefault(name, List.of());
  }

  private void ceilings(StringBuilder text) {
    text.append(
        "\n## Ceilings measured in this run\n\n| backend | of edge | | TFLOP/s | GB/s |\n"
            + "| --- | ---: | --- | ---: | ---: |\n");
    for (JsonNode row : table("ceilings")) {
      text.append(
          format(
              "| %s | %d | %s | %s | %s |%n",
              row.get("backend").asText(),
              row.get("P").asInt(),
              row.get("stage").asText(),
              number("%.2f", row.get("teraflops"), 1),
              number("%.0f", row.get("gigabytesPerSecond"), 1)));
    }
  }

  private void stages(StringBuilder text) {
    text.append(
        "\n## Stages of a leapfrog step\n\n"
            + "\"of ceiling\": the least time by the ceilings of this run over the time taken.\n\n"
            + "| P | stage | backend | ms | TFLOP/s | GB/s | of ceiling |\n"
            + "| ---: | --- | --- | ---: | ---: | ---: | ---: |\n");
    for (JsonNode row : table("stages")) {
      text.append(
          format(
              "| %d | %s | %s | %s | %s | %s | %s |%n",
              row.get("P").asInt(),
              row.get("stage").asText(),
              row.get("backend").asText(),
              number("%.4f", row.get("seconds"), 1e3),
              number("%.2f", row.get("teraflops"), 1),
              number("%.0f", row.get("gigabytesPerSecond"), 1),
              share(row)));
    }
  }

  /** Sweeps after the first, averaged. */
  private void sweeps(StringBuilder text) {
    text.append(
        "\n## Sweeps of an adaptive fit, all chains, without the first\n\n"
            + "| L | P | S | backend | sweeps | seconds a sweep | TFLOP/s of its products |"
            + " of ceiling | peak GB |\n"
            + "| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n");
    Map<String, List<JsonNode>> fits =
        table("sweeps").stream()
            .filter(row -> row.get("sweep").asLong() > 1)
            .collect(
                Collectors.groupingBy(
                    row -> row.get("from").asText(), LinkedHashMap::new, Collectors.toList()));
    for (List<JsonNode> fit : fits.values()) {
      ObjectNode mean = fit.get(0).deepCopy();
      for (String field : List.of("seconds", "teraflops", "flops32", "flops64")) {
        if (!mean.get(field).isNull()) {
          mean.put(
              field,
              fit.stream().mapToDouble(row -> row.get(field).asDouble()).average().orElseThrow());
        }
      }
      text.append(
          format(
              "| %d | %d | %d | %s | %d | %s | %s | %s | %.2f |%n",
              mean.get("layers").asInt(),
              mean.get("P").asInt(),
              mean.get("S").asInt(),
              mean.get("backend").asText(),
              fit.size(),
              number("%.3f", mean.get("seconds"), 1),
              number("%.2f", mean.get("teraflops"), 1),
              share(mean),
              fit.get(fit.size() - 1).get("peakBytes").asDouble() * 1e-9));
    }
  }

  private void causal(StringBuilder text) {
    text.append(
        "\n## Causal solves, two hidden layers; the second one counts\n\n"
            + "| P | S | steps | backend | solve | seconds | TFLOP/s of its products | of ceiling |"
            + " train loss |\n"
            + "| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | --- |\n");
    for (JsonNode row : table("causal")) {
      text.append(
          format(
              "| %d | %d | %d | %s | %d | %s | %s | %s | %.6f +- %.1e |%n",
              row.get("P").asInt(),
              row.get("S").asInt(),
              row.get("steps").asInt(),
              row.get("backend").asText(),
              row.get("solve").asInt(),
              number("%.3f", row.get("seconds"), 1),
              number("%.2f", row.get("teraflops"), 1),
              share(row),
              row.get("trainLoss").asDouble(),
              row.get("trainLossStandardError").asDouble()));
    }
  }

  /** The larger of the least times of products and of memory, over the time taken. */
  private String share(JsonNode row) {
    String backend = row.get("backend").asText();
    double single = ceiling(backend, "float32 product", "teraflops") * 1e12;
    double twice = ceiling(backend, "float64 product", "teraflops") * 1e12;
    double bytes = ceiling(backend, "copy", "gigabytesPerSecond") * 1e9;
    double least =
        Math.max(
            row.get("flops32").asDouble() / single + row.get("flops64").asDouble() / twice,
            row.get("bytes").asDouble() / bytes);
    boolean known = !row.get("seconds").isNull() && !Double.isNaN(least);
    return known ? format("%.0f %%", 100 * least / row.get("seconds").asDouble()) : NONE;
  }

  /** NaN where it was not measured. */
  private double ceiling(String backend, String product, String rate) {
    return table("ceilings").stream()
        .filter(row -> row.get("backend").asText().equals(backend))
        .filter(row -> row.get("stage").asText().equals(product))
        .filter(row -> !row.get(rate).isNull())
        .mapToDouble(row -> row.get(rate).asDouble())
        .max()
        .orElse(Double.NaN);
  }

  private static String number(String pattern, JsonNode value, double unit) {
    return value.isNull() ? NONE : format(pattern, value.asDouble() * unit);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
