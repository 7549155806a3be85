package org.richkernel.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.richkernel.data.InvalidDataException;
import org.richkernel.option.Words;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Options of a command from a file: one JSON or YAML object whose names are those of options, or
 * the summary.json of a result, whose run is then repeated.
 */
final class ConfigFile {
  private static final long MOST_BYTES = 1 << 20;

  /** Options of a run that say nothing about its result. */
  private static final Set<String> NOT_REPEATED =
      Set.of("config", "out", "resume", "dry-run", "debug", "time-limit");

  /** Options that are recorded with their defaults, but are refused without another one. */
  private static final Map<String, String> NEEDS =
      Map.of("select-by", "select", "validation-fraction", "select");

  private ConfigFile() {}

  /**
   * The options of a file as arguments.
   *
   * @param command whose options may stand in the file
   * @param given whether an option stands on the command line, which wins
   * @param hasParameters whether a parameter without a name, such as a folder, stands there
   * @throws InvalidDataException if the file cannot be read or contains an unknown option
   */
  static List<String> arguments(
      Path file, CommandSpec command, Predicate<OptionSpec> given, boolean hasParameters) {
    List<String> arguments = new ArrayList<>();
    JsonNode read = read(file);
    boolean repeated = read.has("richkernel") && read.path("config").isObject();
    if (repeated) {
      requireCommand(file, read.path("command").asText(), command);
      read = read.path("config");
    }
    for (Map.Entry<String, JsonNode> entry : read.properties()) {
      String name = entry.getKey();
      OptionSpec option = command.findOption("--" + name);
      if (repeated && isParameter(command, name)) {
        if (!hasParameters) {
          arguments.add(entry.getValue().asText());
        }
        continue;
      }
      if (repeated && goesWithoutSaying(option, name, read)) {
        continue;
      }
      boolean usable = option != null && !option.usageHelp() && !option.versionHelp();
      if (!usable || name.equals("config") || name.startsWith("no-")) {
        throw new InvalidDataException(
            file.toString(),
            "'" + name + "' is no option of " + command.qualifiedName(),
            Words.like(name, names(command))
                .map(like -> "did you mean " + like + "?")
                .orElse("use the names that --help shows, without the dashes"));
      }
      String argument = argument(file, option, name, entry.getValue());
      if (!given.test(option) && !argument.isEmpty()) {
        arguments.add(argument);
      }
    }
    return arguments;
  }

  /** Whether a summary records a parameter of the command by this name. */
  private static boolean isParameter(CommandSpec command, String name) {
    return command.positionalParameters().stream()
        .anyMatch(parameter -> parameter.paramLabel().toLowerCase(Locale.ROOT).equals(name));
  }

  private static List<String> names(CommandSpec command) {
    return command.options().stream()
        .map(option -> option.longestName().substring("--".length()))
        .toList();
  }

  private static void requireCommand(Path file, String recorded, CommandSpec command) {
    if (!recorded.equals(command.name())) {
      throw new InvalidDataException(
          file.toString(),
          "it is the summary of a run of '" + recorded + "'",
          "run richkernel " + recorded + " --config " + file);
    }
  }

  /** Whether to tell a recorded value again adds nothing, or even contradicts other options. */
  private static boolean goesWithoutSaying(
      @Nullable OptionSpec option, String name, JsonNode config) {
    // at finite width gamma and the scaling determine chi
    boolean finite = config.hasNonNull("chi") && config.hasNonNull("width");
    return NOT_REPEATED.contains(name)
        || isDefault(option, config.path(name))
        || !config.hasNonNull(NEEDS.getOrDefault(name, name))
        || (finite && (name.equals("gamma") || name.equals("scaling")));
  }

  private static boolean isDefault(@Nullable OptionSpec option, JsonNode value) {
    if (value.isNull()) {
      return true;
    }
    String usual = option == null ? null : option.defaultValue();
    if (usual == null) {
      return false;
    }
    return value.isNumber() ? sameNumber(usual, value.doubleValue()) : usual.equals(value.asText());
  }

  private static boolean sameNumber(String text, double value) {
    try {
      return Double.parseDouble(text) == value;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** One option with its value; nothing for a flag that is off. */
  private static String argument(Path file, OptionSpec option, String name, JsonNode value) {
    if (option.arity().max() == 0) {
      if (!value.isBoolean()) {
        throw invalid(file, name, value, "use true or false");
      }
      return value.booleanValue() ? "--" + name : "";
    }
    if (value.isValueNode() && !value.isNull()) {
      return "--" + name + "=" + value.asText();
    }
    if (value.isArray() && !value.isEmpty()) {
      List<String> parts = new ArrayList<>();
      for (JsonNode part : value) {
        if (!part.isValueNode() || part.isNull()) {
          throw invalid(file, name, value, "use a list of plain values");
        }
        parts.add(part.asText());
      }
      return "--" + name + "=" + String.join(",", parts);
    }
    throw invalid(file, name, value, "use one value or a list");
  }

  private static InvalidDataException invalid(
      Path file, String name, JsonNode value, String allowed) {
    return new InvalidDataException(file.toString(), "'" + name + "' is " + value, allowed);
  }

  private static JsonNode read(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    boolean yaml = name.endsWith(".yaml") || name.endsWith(".yml");
    ObjectMapper mapper = yaml ? new YAMLMapper() : new ObjectMapper();
    mapper.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
    mapper.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new InvalidDataException(
            file.toString(), "it is larger than 1 MB", "name a file of options");
      }
      JsonNode node = mapper.readTree(Files.readString(file, StandardCharsets.UTF_8));
      if (node == null || !node.isObject()) {
        throw new InvalidDataException(
            file.toString(), "it holds no object", "write names of options with their values");
      }
      return node;
    } catch (JsonProcessingException e) {
      String line = e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr();
      throw new InvalidDataException(
          file.toString(),
          "it is not valid "
              + (yaml ? "YAML" : "JSON")
              + line
              + " ("
              + e.getOriginalMessage().replaceAll("\\s+", " ")
              + ")",
          yaml ? "mend it" : "mend it, or name it .yaml if it is YAML",
          e);
    } catch (IOException e) {
      throw new InvalidDataException(
          file.toString(),
          "it cannot be read (" + e.getClass().getSimpleName() + ")",
          "check the name and the permissions",
          e);
    }
  }
}
