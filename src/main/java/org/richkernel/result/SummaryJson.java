package org.richkernel.result;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import org.richkernel.compute.BackendInfo;

/** The one place that knows the keys of summary.json. */
final class SummaryJson {
  /** Keys at the top level that are not open to details. */
  static final Set<String> KEYS =
      Set.of(
          "richkernel",
          "command",
          "config",
          "backend",
          "seed",
          "converged",
          "iterations",
          "residual",
          "residualStandardError",
          "tolerance",
          "mc",
          "train",
          "test",
          "lazy",
          "layers",
          "seconds",
          "peakBytes",
          "provenance");

  private SummaryJson() {}

  /** The summary as ordered JSON values. */
  static Map<String, Object> toJson(Summary summary) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("richkernel", summary.version());
    json.put("command", summary.command());
    json.put("config", summary.config());
    summary.backend().ifPresent(backend -> json.put("backend", backend(backend)));
    summary.seed().ifPresent(seed -> json.put("seed", seed));
    json.put("converged", summary.converged());
    summary.iterations().ifPresent(count -> json.put("iterations", count));
    put(json, "residual", summary.residual());
    put(json, "residualStandardError", summary.residualStandardError());
    put(json, "tolerance", summary.tolerance());
    summary.monteCarlo().ifPresent(mc -> json.put("mc", monteCarlo(mc)));
    summary.train().ifPresent(score -> json.put("train", score(score)));
    summary.test().ifPresent(score -> json.put("test", score(score)));
    if (!summary.lazy().isEmpty()) {
      Map<String, Object> lazy = new LinkedHashMap<>();
      summary.lazy().forEach((set, score) -> lazy.put(set, score(score)));
      json.put("lazy", lazy);
    }
    json.put("layers", summary.layers().stream().map(SummaryJson::layer).toList());
    json.put("seconds", summary.seconds());
    json.put("peakBytes", summary.peakBytes());
    summary
        .provenance()
        .ifPresent(of -> json.put("provenance", ProvenanceJson.of(of, summary.backend())));
    json.putAll(summary.details());
    return json;
  }

  private static Map<String, Object> backend(BackendInfo backend) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", backend.name());
    json.put("device", backend.device());
    json.put("threads", backend.threads());
    if (backend.lanes() > 1) {
      json.put("lanes", backend.lanes());
    }
    if (backend.ranks() > 1) {
      json.put("ranks", backend.ranks());
    }
    if (!backend.libraries().isEmpty()) {
      json.put("libraries", new TreeMap<>(backend.libraries()));
    }
    if (!backend.environment().isEmpty()) {
      json.put("environment", new TreeMap<>(backend.environment()));
    }
    return json;
  }

  private static Map<String, Object> monteCarlo(MonteCarlo mc) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("samples", mc.samples());
    put(json, "effectiveSamples", mc.effectiveSamples());
    put(json, "standardError", mc.standardError());
    return json;
  }

  private static Map<String, Object> score(Score score) {
    Map<String, Object> json = new LinkedHashMap<>();
    put(json, "loss", score.loss());
    put(json, "lossStandardError", score.lossStandardError());
    put(json, "accuracy", score.accuracy());
    put(json, "accuracyStandardError", score.accuracyStandardError());
    return json;
  }

  private static Map<String, String> texts(JsonNode object) {
    Map<String, String> texts = new TreeMap<>();
    object.properties().forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
    return texts;
  }

  private static Map<String, Object> layer(LayerSummary layer) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("layer", layer.layer());
    put(json, "alignment", layer.alignment());
    put(json, "alignmentStandardError", layer.alignmentStandardError());
    put(json, "trace", layer.trace());
    put(json, "traceStandardError", layer.traceStandardError());
    put(json, "frobenius", layer.frobenius());
    put(json, "frobeniusStandardError", layer.frobeniusStandardError());
    return json;
  }

  private static void put(Map<String, Object> json, String key, OptionalDouble value) {
    if (value.isPresent() && Double.isFinite(value.getAsDouble())) {
      json.put(key, value.getAsDouble());
    }
  }

  /** The summary that a JSON object holds; keys that are not known become details. */
  static Summary fromJson(JsonNode json) {
    Summary.Builder summary =
        Summary.builder(json.path("command").asText(), Json.toMap(json.path("config")))
            .version(json.path("richkernel").asText())
            .converged(json.path("converged").asBoolean())
            .residual(number(json, "residual"))
            .residualStandardError(number(json, "residualStandardError"))
            .tolerance(number(json, "tolerance"));
    JsonNode backend = json.path("backend");
    if (backend.isObject()) {
      summary.backend(
          new BackendInfo(
              backend.path("name").asText(),
              backend.path("device").asText(),
              backend.path("threads").asInt(),
              backend.path("lanes").asInt(1),
              backend.path("ranks").asInt(1),
              texts(backend.path("libraries")),
              texts(backend.path("environment"))));
    }
    if (json.path("seed").isIntegralNumber()) {
      summary.seed(json.path("seed").asLong());
    }
    if (json.path("iterations").isIntegralNumber()) {
      summary.iterations(json.path("iterations").asLong());
    }
    JsonNode mc = json.path("mc");
    if (mc.isObject()) {
      long samples = mc.path("samples").asLong();
      summary.monteCarlo(
          MonteCarlo.of(samples, number(mc, "effectiveSamples"), number(mc, "standardError")));
    }
    if (json.path("train").isObject()) {
      summary.train(score(json.path("train")));
    }
    if (json.path("test").isObject()) {
      summary.test(score(json.path("test")));
    }
    json.path("lazy").properties().forEach(e -> summary.lazy(e.getKey(), score(e.getValue())));
    layers(json.path("layers")).forEach(summary::layer);
    json.path("seconds")
        .properties()
        .forEach(e -> summary.seconds(e.getKey(), e.getValue().asDouble()));
    json.path("peakBytes")
        .properties()
        .forEach(e -> summary.peakBytes(e.getKey(), e.getValue().asLong()));
    summary.provenance(ProvenanceJson.read(json.path("provenance")));
    Json.toMap(json)
        .forEach(
            (key, value) -> {
              if (!KEYS.contains(key)) {
                summary.detail(key, value);
              }
            });
    return summary.build();
  }

  private static Score score(JsonNode json) {
    return Score.ofLoss(number(json, "loss"))
        .withLossStandardError(number(json, "lossStandardError"))
        .withAccuracy(number(json, "accuracy"))
        .withAccuracyStandardError(number(json, "accuracyStandardError"));
  }

  private static List<LayerSummary> layers(JsonNode json) {
    List<LayerSummary> layers = new ArrayList<>();
    for (JsonNode layer : json) {
      layers.add(
          LayerSummary.of(
                  layer.path("layer").asInt(),
                  number(layer, "alignment"),
                  number(layer, "trace"),
                  number(layer, "frobenius"))
              .withStandardErrors(
                  number(layer, "alignmentStandardError"),
                  number(layer, "traceStandardError"),
                  number(layer, "frobeniusStandardError")));
    }
    return layers;
  }

  private static double number(JsonNode json, String key) {
    return json.path(key).asDouble(Double.NaN);
  }
}
