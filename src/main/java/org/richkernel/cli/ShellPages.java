package org.richkernel.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.option.Words;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Writes shell support of the program: completion for bash and zsh, pages for man. */
public final class ShellPages {
  private static final String NAME = "richkernel";

  /** Labels of options that name a file or a folder. */
  private static final List<String> FILES = List.of("FILE", "DIR", "OTHER");

  private ShellPages() {}

  /** Writes completion/richkernel.bash and man/man1/*.1 into a folder, the only argument. */
  public static void main(String[] arguments) throws IOException {
    write(Path.of(arguments[0]));
  }

  /** The same. */
  static void write(Path folder) throws IOException {
    CommandLine program = program();
    program.getCommandSpec().name(NAME);
    Path pages = Files.createDirectories(folder.resolve("man").resolve("man1"));
    Files.writeString(pages.resolve(NAME + ".1"), ManualPage.of(program));
    for (CommandLine command : program.getSubcommands().values()) {
      Files.writeString(
          pages.resolve(NAME + "-" + command.getCommandName() + ".1"), ManualPage.of(command));
    }
    program.getSubcommands().values().forEach(ShellPages::addCandidates);
    Path completion = Files.createDirectories(folder.resolve("completion"));
    Files.writeString(completion.resolve(NAME + ".bash"), AutoComplete.bash(NAME, program));
  }

  private static CommandLine program() {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    return Main.program(new Console(nowhere, nowhere, false));
  }

  /** Replaces options by ones that declare their values: words, files and folders. */
  private static void addCandidates(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    for (OptionSpec option : new ArrayList<>(spec.options())) {
      List<String> words = words(option);
      boolean file = FILES.contains(option.paramLabel());
      if (!words.isEmpty()) {
        spec.remove(option);
        spec.addOption(
            option.toBuilder()
                .type(String.class)
                .completionCandidates(words)
                .paramLabel(option.longestName().substring("--".length())) // one list for each
                .build());
      } else if (file && !option.type().equals(Path.class)) {
        spec.remove(option);
        spec.addOption(OptionSpec.builder(option.names()).arity("1").type(Path.class).build());
      }
    }
  }

  private static List<String> words(OptionSpec option) {
    if (option.type().isEnum()) {
      return Words.all(option.type());
    }
    if (option.type().equals(Activation.class)) {
      return Activation.all().stream().map(each -> each.id().replaceAll(":.*", "")).toList();
    }
    return option.longestName().equals("--backend")
        ? Arrays.asList("auto", "cpu", "cuda")
        : List.of();
  }
}
