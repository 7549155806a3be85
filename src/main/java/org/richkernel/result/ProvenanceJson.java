package org.richkernel.result;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.BackendInfo;
import org.richkernel.data.DataFile;
import org.richkernel.data.DataOrigin;

/** The keys of the provenance in summary.json. */
final class ProvenanceJson {
  private ProvenanceJson() {}

  /** The provenance as ordered JSON values, with machine and libraries. */
  static Map<String, Object> of(Provenance provenance, Optional<BackendInfo> backend) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("time", provenance.time());
    json.put("host", provenance.host());
    json.put("java", provenance.java());
    provenance.commit().ifPresent(commit -> json.put("commit", commit));
    backend.ifPresent(on -> json.put("backend", on.name() + ", " + on.device()));
    Map<String, Object> files = new LinkedHashMap<>();
    provenance.data().files().forEach((option, file) -> files.put(option, file(file)));
    json.put("data", files);
    json.put("points", provenance.data().points());
    return json;
  }

  private static Map<String, Object> file(DataFile file) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("file", file.name());
    if (!file.array().isEmpty()) {
      json.put("array", file.array());
    }
    json.put("sha256", file.sha256());
    return json;
  }

  /** The provenance that a JSON object holds; none of a missing one. */
  static Optional<Provenance> read(JsonNode json) {
    if (!json.isObject()) {
      return Optional.empty();
    }
    Map<String, DataFile> files = new LinkedHashMap<>();
    json.path("data")
        .properties()
        .forEach(
            entry ->
                files.put(
                    entry.getKey(),
                    new DataFile(
                        entry.getValue().path("file").asText(),
                        entry.getValue().path("array").asText(),
                        entry.getValue().path("sha256").asText())));
    Map<String, String> points = new LinkedHashMap<>();
    json.path("points")
        .properties()
        .forEach(entry -> points.put(entry.getKey(), entry.getValue().asText()));
    return Optional.of(
        new Provenance(
            json.path("time").asText(),
            json.path("host").asText(),
            json.path("java").asText(),
            Optional.of(json.path("commit").asText()).filter(commit -> !commit.isEmpty()),
            new DataOrigin(files, points)));
  }
}
