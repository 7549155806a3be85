package org.richkernel.gallery;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.richkernel.data.InvalidDataException;
import org.richkernel.result.ModelFile;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.Summary;

/** Results of the finished runs of a page. */
final class Results {
  private static final Pattern LARGE = Pattern.compile("(phi|g)_[0-9]+_t");

  private final Path page;

  /** The runs below the folder of a page. */
  Results(Path page) {
    this.page = page;
  }

  /**
   * A run of a sweep.
   *
   * @param options values of the options that differ, by name
   */
  record Swept(Path folder, Map<?, ?> options, Result result) {
    /** The value of an option that differs. */
    String option(String name) {
      return String.valueOf(options.get(name));
    }

    /** The same as a number. */
    double number(String name) {
      return Double.parseDouble(option(name));
    }

    Summary summary() {
      return result.summary();
    }

    /** The model that it saved. */
    ModelFile.Model model() {
      return ModelFile.read(folder);
    }
  }

  /** The result of a run. */
  Result of(String folder) {
    return read(page.resolve(folder));
  }

  /** The model that a run saved. */
  ModelFile.Model model(String folder) {
    return ModelFile.read(page.resolve(folder));
  }

  private static Result read(Path folder) {
    return ResultFolder.read(folder, name -> !LARGE.matcher(name).matches());
  }

  /**
   * The results of a sweep, in the order of its grid.
   *
   * @throws InvalidDataException if the folder holds no sweep
   */
  List<Swept> swept(String folder) {
    Path sweep = page.resolve(folder);
    List<Swept> runs = new ArrayList<>();
    if (ResultFolder.readSummary(sweep).details().get("runs") instanceof List<?> rows) {
      for (Object row : rows) {
        if (row instanceof Map<?, ?> run && run.get("options") instanceof Map<?, ?> options) {
          Path one = sweep.resolve(String.valueOf(run.get("folder")));
          runs.add(new Swept(one, options, read(one)));
        }
      }
    }
    if (runs.isEmpty()) {
      throw new InvalidDataException(
          sweep.toString(), "it holds no runs of a sweep", "remove it and make the page again");
    }
    return runs;
  }
}
