package org.richkernel.cli;

import java.lang.reflect.Member;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.result.Version;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Text of --help: a short synopsis, the options in groups, an example. */
final class HelpText {
  /** The first group of a command that is no theory. */
  private static final String OWN = "Options";

  private HelpText() {}

  /** Gives a command --help and --version, and its help the form of all. */
  static void addTo(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    spec.mixinStandardHelpOptions(true).version("richkernel " + Version.get());
    UsageMessageSpec usage = spec.usageMessage();
    usage.sortOptions(false).abbreviateSynopsis(true).commandListHeading("%nCommands:%n");
    if (usage.footer().length > 0 && usage.footerHeading().isEmpty()) {
      usage.footerHeading("%nExample:%n");
    }
    command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, HelpText::options);
  }

  /** The options of a command by their headings, in the order in which they were declared. */
  static Map<String, List<OptionSpec>> groups(CommandSpec command) {
    Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
    for (String heading : List.of(HelpGroup.DATA, HelpGroup.NETWORK, HelpGroup.THEORY)) {
      groups.put(heading, new ArrayList<>());
    }
    for (OptionSpec option : command.options()) {
      groups.computeIfAbsent(heading(option), any -> new ArrayList<>()).add(option);
    }
    for (String last : List.of(HelpGroup.MACHINE, HelpGroup.RESULT, HelpGroup.PROGRAM)) {
      List<OptionSpec> moved = groups.remove(last);
      groups.put(last, moved == null ? List.of() : moved);
    }
    groups.values().removeIf(List::isEmpty);
    if (!groups.containsKey(HelpGroup.NETWORK) && groups.containsKey(HelpGroup.THEORY)) {
      List<OptionSpec> own = groups.remove(HelpGroup.THEORY);
      Map<String, List<OptionSpec>> plain = new LinkedHashMap<>(Map.of(OWN, own));
      plain.putAll(groups);
      return plain;
    }
    return groups;
  }

  private static String heading(OptionSpec option) {
    if (option.usageHelp() || option.versionHelp()) {
      return HelpGroup.PROGRAM;
    }
    if (option.userObject() instanceof String heading) {
      return heading;
    }
    if (option.userObject() instanceof Member member) {
      HelpGroup group = member.getDeclaringClass().getAnnotation(HelpGroup.class);
      return group == null ? HelpGroup.THEORY : group.value();
    }
    return HelpGroup.THEORY;
  }

  private static String options(Help help) {
    CommandSpec command = help.commandSpec();
    Map<String, List<OptionSpec>> groups = groups(command);
    StringBuilder text = new StringBuilder();
    groups.forEach(
        (heading, options) -> {
          // of all options, so that the columns of all groups are the same
          Help.Layout layout =
              help.createDefaultLayout(
                  command.options(), command.positionalParameters(), help.colorScheme());
          layout.addOptions(options, help.parameterLabelRenderer());
          text.append(String.format("%n%s:%n", heading)).append(layout);
        });
    return text.toString();
  }
}
