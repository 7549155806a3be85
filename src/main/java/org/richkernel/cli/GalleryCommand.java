package org.richkernel.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.richkernel.gallery.Check;
import org.richkernel.gallery.Gallery;
import org.richkernel.gallery.Page;
import org.richkernel.gallery.Run;
import org.richkernel.gallery.Size;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.report.plot.Numbers;
import org.richkernel.result.ResultFolder;
import org.richkernel.solver.StopSignal;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes the pages of the gallery: does the missing runs and draws the finished ones. */
@Command(
    name = "gallery",
    footer = "  richkernel gallery --out gallery",
    description =
        "The figures of the papers, one page each, beside finite networks, with what was expected"
            + " and what was found: index.html in the folder. Every page shows the commands that"
            + " make it. Finished runs are not run again and stopped ones go on, so the same"
            + " command carries on after anything.")
final class GalleryCommand implements Callable<Integer> {
  private final Console console;

  @Option(
      names = "--only",
      paramLabel = "NAME,...",
      split = ",",
      description = "Make these pages only. Default: all.")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--small",
      negatable = true,
      description =
          "Make them in seconds, to see that everything works: too small to find much. Default:"
              + " off, for under an hour in all on two cores.")
  private boolean small;

  @Option(
      names = "--full",
      negatable = true,
      description = "Make them at the size for a node with a GPU. Default: off.")
  private boolean full;

  @Option(
      names = "--list",
      description = "Print the pages with their commands, and run nothing. Default: off.")
  private boolean list;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "richkernel-gallery",
      description = "Folder of the gallery. Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("richkernel-gallery");

  @Mixin private GalleryData data = new GalleryData();
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private DryRunOption dryRun = new DryRunOption();

  /** A command that writes to a console. */
  GalleryCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    long start = System.nanoTime();
    run.check();
    if (small && full) {
      throw new InvalidProblemException("small", "given", "leave out --small or --full");
    }
    Size size = small ? Size.SMALL : full ? Size.FULL : Size.LAPTOP;
    Gallery gallery = new Gallery(out, size, data.arguments(), TestData.samples());
    List<Page> pages = chosen();
    if (list) {
      pages.forEach(page -> print(gallery, page));
      return ExitCode.DONE;
    }
    if (dryRun.given()) {
      return plan(gallery, pages);
    }
    ResultFolder.prepare(out);
    int code = run(gallery, pages);
    List<Gallery.Made> made =
        Gallery.pages().stream().filter(gallery::isFinished).map(gallery::write).toList();
    gallery.index(made, config(size), (System.nanoTime() - start) * 1e-9);
    report(made, pages);
    boolean converged =
        made.stream().filter(m -> isAmong(m, pages)).allMatch(Gallery.Made::converged);
    return code == ExitCode.DONE && !converged ? ExitCode.NOT_CONVERGED : code;
  }

  private List<Page> chosen() {
    Map<String, Page> all =
        Gallery.pages().stream().collect(Collectors.toMap(Page::name, page -> page));
    for (String name : only) {
      if (!all.containsKey(name)) {
        throw new InvalidProblemException(
            "only",
            name,
            "use " + Gallery.pages().stream().map(Page::name).collect(Collectors.joining(", ")));
      }
    }
    return Gallery.pages().stream()
        .filter(page -> only.isEmpty() || only.contains(page.name()))
        .toList();
  }

  private void print(Gallery gallery, Page page) {
    console.line(page.name() + ": " + page.title() + ". " + page.source());
    for (Run each : page.runs(gallery.size())) {
      console.line("  richkernel " + String.join(" ", gallery.line(page, each, List.of())));
    }
  }

  /** Plans of all runs; one that would not fit here may fit where the gallery will be made. */
  private int plan(Gallery gallery, List<Page> pages) {
    int worst = ExitCode.DONE;
    for (Page page : pages) {
      for (Run each : page.runs(gallery.size())) {
        console.line(page.name() + " " + each.folder());
        List<String> line = line(gallery, page, each);
        line.add("--dry-run");
        int code = Main.run(console, line.toArray(String[]::new));
        if (code != ExitCode.DONE && code != ExitCode.NO_BACKEND) {
          return code;
        }
        worst = Math.max(worst, code);
      }
    }
    return worst;
  }

  private List<String> line(Gallery gallery, Page page, Run each) {
    List<String> machine = new ArrayList<>(run.arguments());
    // as on the pages, so that commands pasted from there fit the folders
    machine.removeAll(List.of("--quiet", "--backend=auto"));
    return new ArrayList<>(gallery.line(page, each, machine));
  }

  /** Does the missing runs; stops at the first run that fails, or at a signal. */
  @SuppressWarnings("try") // the signals are held while it is open
  private int run(Gallery gallery, List<Page> pages) {
    StopSignal stop = new StopSignal();
    try (StopSignals signals = new StopSignals(stop, console)) {
      for (Page page : pages) {
        for (Run each : page.runs(gallery.size())) {
          if (gallery.isFinished(page, each)) {
            continue;
          }
          if (stop.isRaised()) {
            console.warn("stopped between two runs; the same command goes on");
            return ExitCode.STOPPED;
          }
          gallery.take(page, each);
          int code = Main.run(console, started(line(gallery, page, each)));
          if (code != ExitCode.DONE && code != ExitCode.NOT_CONVERGED) {
            console.warn(page.name() + " " + each.folder() + " ended with exit code " + code);
            return code;
          }
        }
      }
    }
    return ExitCode.DONE;
  }

  /** The command line with the options for a resume and little output. */
  private String[] started(List<String> line) {
    if (!run.quiet()) {
      console.line("richkernel " + String.join(" ", line));
    }
    CommandLine command = Main.program(console).getSubcommands().get(line.get(0));
    int place = 1;
    for (String flag : List.of("--resume", "--quiet")) {
      if (command.getCommandSpec().findOption(flag) != null) {
        line.add(place, flag);
      }
    }
    return line.toArray(String[]::new);
  }

  private Map<String, Object> config(Size size) {
    return Map.of("size", size.id(), "only", only, "data", data.arguments());
  }

  private static boolean isAmong(Gallery.Made made, List<Page> pages) {
    return pages.stream().anyMatch(page -> page.name().equals(made.page().name()));
  }

  private void report(List<Gallery.Made> made, List<Page> pages) {
    for (Gallery.Made of : made) {
      if (!isAmong(of, pages)) {
        continue;
      }
      for (Check check : of.checks()) {
        String line =
            of.page().name()
                + ": "
                + check.verdict().words()
                + ": "
                + check.expected()
                + " Found: "
                + Numbers.ascii(check.found());
        if (check.verdict() == Check.Verdict.FAILS) {
          console.warn(line);
        } else if (!run.quiet()) {
          console.line(line);
        }
      }
    }
    if (!run.quiet()) {
      console.line(String.format("%-18s%s", "index", out.resolve("index.html")));
    }
  }
}
