package org.richkernel.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.data.Datasets;
import org.richkernel.option.Words;
import org.richkernel.result.NeutralOptions;
import org.richkernel.result.Version;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The options of a run as its result and its checkpoints record them. */
final class OptionRecord {
  private OptionRecord() {}

  /** Every option of a command in order, defaults included; null without a value. */
  static Map<String, @Nullable Object> of(CommandSpec command) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (OptionSpec option : command.options()) {
      if (!option.usageHelp() && !option.versionHelp()) {
        values.put(option.longestName().substring("--".length()), plain(option.getValue()));
      }
    }
    return values;
  }

  private static @Nullable Object plain(@Nullable Object value) {
    if (value instanceof Path path) {
      return path.toString();
    }
    if (value instanceof Activation activation) {
      return activation.id();
    }
    return value instanceof Enum<?> name ? Words.of(name) : value;
  }

  /** Options that must be equal for a resume bit for bit. */
  static Map<String, Object> fingerprint(
      Map<String, @Nullable Object> options, Datasets data, String backendName) {
    return fingerprint(options, data.origin().points().toString(), backendName);
  }

  /** The same of data of any kind, by their checksum. */
  static Map<String, Object> fingerprint(
      Map<String, @Nullable Object> options, String checksum, String backendName) {
    Map<String, Object> same = new LinkedHashMap<>();
    options.forEach(
        (name, value) -> {
          if (value != null && !NeutralOptions.NAMES.contains(name)) {
            same.put(name, value);
          }
        });
    same.put("richkernel", Version.get());
    same.put("backend", backendName);
    same.put("checksum of the data", checksum);
    return same;
  }
}
