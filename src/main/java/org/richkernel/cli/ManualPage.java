package org.richkernel.cli;

import java.util.List;
import java.util.Locale;
import org.richkernel.result.Version;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** A command as man(7) shows it, from the same model as its --help. */
final class ManualPage {
  private ManualPage() {}

  /** The page of a command, or of the program with a list of its commands. */
  static String of(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    UsageMessageSpec usage = spec.usageMessage();
    String name = spec.qualifiedName("-");
    StringBuilder page = new StringBuilder();
    page.append(".TH \"" + name.toUpperCase(Locale.ROOT) + "\" 1 \"\" \"richkernel ");
    page.append(Version.get()).append("\"\n");
    String about = String.join(" ", usage.description());
    section(page, "NAME", escaped(name) + " \\- " + escaped(firstSentence(about)));
    section(page, "SYNOPSIS", ".B " + escaped(spec.qualifiedName()) + "\n" + synopsis(spec));
    section(page, "DESCRIPTION", escaped(about));
    for (PositionalParamSpec parameter : spec.positionalParameters()) {
      item(page, parameter.paramLabel(), parameter.description());
    }
    HelpText.groups(spec)
        .forEach(
            (heading, options) -> {
              page.append(".SH ").append(escaped(heading.toUpperCase(Locale.ROOT)));
              page.append('\n');
              options.forEach(option -> item(page, names(option), text(option)));
            });
    if (!command.getSubcommands().isEmpty()) {
      page.append(".SH COMMANDS\n");
      command
          .getSubcommands()
          .forEach(
              (word, sub) ->
                  item(
                      page,
                      word,
                      firstSentence(
                          String.join(" ", sub.getCommandSpec().usageMessage().description()))));
    }
    String footer = usage.footerHeading().replace("%n", "").replace(":", "").strip();
    if (usage.footer().length > 0) {
      section(
          page,
          footer.toUpperCase(Locale.ROOT),
          ".nf\n" + escaped(String.join("\n", usage.footer())) + "\n.fi");
    }
    return page.toString();
  }

  private static void section(StringBuilder page, String heading, String text) {
    page.append(".SH ").append(heading).append('\n').append(text).append('\n');
  }

  private static void item(StringBuilder page, String term, String... text) {
    page.append(".TP\n.B ").append(escaped(term)).append('\n');
    page.append(escaped(String.join(" ", text))).append('\n');
  }

  private static String synopsis(CommandSpec spec) {
    StringBuilder text = new StringBuilder("[OPTIONS]");
    for (PositionalParamSpec parameter : spec.positionalParameters()) {
      text.append(' ').append(escaped(parameter.paramLabel()));
    }
    return text.append(spec.subcommands().isEmpty() ? "" : " COMMAND").toString();
  }

  private static String names(OptionSpec option) {
    String value = option.arity().max() == 0 ? "" : "=" + option.paramLabel();
    return String.join(", ", option.names()) + value;
  }

  private static String text(OptionSpec option) {
    return String.join(" ", List.of(option.description()))
        .replace("${DEFAULT-VALUE}", String.valueOf(option.defaultValue()));
  }

  private static String firstSentence(String text) {
    return text.split("(?<=[a-z)])[.:;] ", 2)[0].replaceAll("\\.$", "");
  }

  /** Backslashes, dashes and leading dots mean something to roff. */
  private static String escaped(String text) {
    String plain = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq");
    return plain.replaceAll("(?m)^\\.", "\\\\&.");
  }
}
