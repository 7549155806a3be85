package org.richkernel.cli;

import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.option.Words;
import picocli.CommandLine;

/** Values of options that are one of a few words. */
final class OptionNames {
  private OptionNames() {}

  /** Lets a command and its subcommands read enums by their words, and activations by name. */
  static CommandLine addTo(CommandLine command) {
    command.getSubcommands().values().forEach(OptionNames::addTo);
    command.getCommandSpec().options().stream()
        .map(CommandLine.Model.OptionSpec::type)
        .filter(Class::isEnum)
        .forEach(type -> addWords(command, type));
    return command.registerConverter(Activation.class, OptionNames::activation);
  }

  private static <E> void addWords(CommandLine command, Class<E> type) {
    command.registerConverter(type, value -> constant(type, value));
  }

  private static <E> E constant(Class<E> type, String value) {
    try {
      return Words.constant(type, value);
    } catch (IllegalArgumentException e) {
      throw new CommandLine.TypeConversionException(e.getMessage());
    }
  }

  private static Activation activation(String value) {
    try {
      return Activation.named(value);
    } catch (IllegalArgumentException e) {
      throw new CommandLine.TypeConversionException(likely(value) + e.getMessage());
    }
  }

  private static String likely(String value) {
    List<String> names =
        Activation.all().stream().map(each -> each.id().replaceAll(":.*", "")).toList();
    return value.contains(":")
        ? ""
        : Words.like(value, names).map(like -> "did you mean " + like + "? ").orElse("");
  }
}
