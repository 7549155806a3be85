package org.richkernel.fit;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.richkernel.data.Uninterrupted;
import org.richkernel.metrics.Scores;
import org.richkernel.model.SavedFit;
import org.richkernel.network.Predictor;
import org.richkernel.result.Result;
import org.richkernel.result.ResultFolder;
import org.richkernel.result.SavedModel;

/** A finished fit of any theory. */
public interface Fit {
  /** Whether the solver met its tolerance; closed forms always do. */
  boolean converged();

  /** Loss and accuracy on the training points. */
  Scores trainScores();

  /** Loss and accuracy on the test points, if there were any. */
  Optional<Scores> testScores();

  /** Predictions at new inputs, which must be standardized as the training inputs were. */
  Predictor predictor();

  /**
   * The fit as a result folder holds it.
   *
   * @param config the options to record, in order
   * @param ioSeconds wall-clock time spent on files before the fit, added to its own
   */
  Result result(Map<String, ?> config, double ioSeconds);

  /** The options that this fit was made with, by the names of the command line. */
  Map<String, Object> options();

  /** Model for {@link SavedFit}; empty without a predictor. */
  Optional<SavedModel> model();

  /**
   * Writes the result folder: summary.json, arrays.npz, and the model that {@link SavedFit} reads.
   *
   * @param config the options to record, in order
   * @param ioSeconds as for {@link #result}
   * @throws java.io.UncheckedIOException if a file cannot be written; nothing half-written stays,
   *     and no mixture with an older result
   */
  default void save(Path folder, Map<String, ?> config, double ioSeconds) {
    Result result = result(config, ioSeconds);
    Optional<SavedModel> model = model();
    Uninterrupted.run(() -> ResultFolder.write(folder, result, model));
  }

  /** Writes the result folder with the options that this fit was made with. */
  default void save(Path folder) {
    ResultFolder.prepare(folder);
    save(folder, options(), 0);
  }
}
