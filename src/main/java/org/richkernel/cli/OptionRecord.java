package org.richkernel.cli;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Activation;
import org.richkernel.data.Dataset;
import org.richkernel.data.Datasets;
import org.richkernel.result.NeutralOptions;
import org.richkernel.result.Version;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The options of a run as its result and its checkpoints record them. */
final class OptionRecord {
  private OptionRecord() {}

  /** Every option of a command in order, defaults included; null where there is no value. */
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
    return value instanceof Enum<?> name
        ? name.name().toLowerCase(Locale.ROOT).replace('_', '-')
        : value;
  }

  /** What must be the same for a checkpoint to be continued bit for bit. */
  static Map<String, Object> fingerprint(
      Map<String, @Nullable Object> options, Datasets data, String backendName) {
    Map<String, Object> same = new LinkedHashMap<>();
    options.forEach(
        (name, value) -> {
          if (value != null && !NeutralOptions.NAMES.contains(name)) {
            same.put(name, value);
          }
        });
    same.put("richkernel", Version.get());
    same.put("backend", backendName);
    same.put("checksum of the data", checksum(data));
    return same;
  }

  private static String checksum(Datasets data) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      update(digest, data.train());
      data.test().ifPresent(test -> update(digest, test));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static void update(MessageDigest digest, Dataset set) {
    for (double[] values : new double[][] {set.inputs(), set.targets()}) {
      ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
      for (double value : values) {
        if (bytes.remaining() < Double.BYTES) {
          digest.update(bytes.flip());
          bytes.clear();
        }
        bytes.putDouble(value);
      }
      digest.update(bytes.flip());
    }
  }
}
