package org.richkernel.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.bayes.Populations;
import org.richkernel.bayes.SavedStart;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.data.DataFile;
import org.richkernel.data.Images;
import org.richkernel.data.Standardization;
import org.richkernel.data.Table;
import org.richkernel.network.Convolutions;
import org.richkernel.network.Inputs;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.network.Predictor;
import org.richkernel.result.ModelFile;
import org.richkernel.sampling.SampledVector;

/** The predictor of a result folder, with the standardization that its inputs need. */
public final class SavedFit {
  private final Predictor predictor;
  private final Standardization standardization;
  private final Images images;
  private final Optional<Convolutions> convolutions;
  private final int outputs;
  private final List<String> classNames;
  private final long modelBytes;

  private SavedFit(
      Predictor predictor,
      Standardization standardization,
      Images images,
      Optional<Convolutions> convolutions,
      int outputs,
      List<String> classNames,
      long modelBytes) {
    this.modelBytes = modelBytes;
    this.predictor = predictor;
    this.standardization = standardization;
    this.images = images;
    this.convolutions = convolutions;
    this.outputs = outputs;
    this.classNames = classNames;
  }

  /**
   * Reads the model of a result folder.
   *
   * @throws org.richkernel.data.InvalidDataException if the folder holds no sound model
   */
  public static SavedFit read(Path folder) {
    ModelFile.Model model = ModelFile.read(folder);
    List<?> classes = (List<?>) model.settings().getOrDefault("classes", List.of());
    return new SavedFit(
        ModelSettings.read(model),
        ModelSettings.standardization(model.settings()),
        ModelSettings.images(model.settings()),
        ModelSettings.layers(model.settings()),
        ((Number) model.settings().get("outputs")).intValue(),
        classes.stream().map(String::valueOf).toList(),
        model.arrays().values().stream().mapToLong(SavedFit::bytes).sum());
  }

  /**
   * Reads the populations of a sampled fit, from which another one can start.
   *
   * @throws org.richkernel.data.InvalidDataException if the folder holds no such fit
   */
  public static SavedStart start(Path folder) {
    ModelFile.Model model = ModelFile.read(folder);
    Populations populations = SavedPopulations.read(model);
    Table projector = model.array("projector");
    return new SavedStart(
        ModelSettings.network(model.settings()),
        projector.values(),
        projector.columns(),
        populations);
  }

  /**
   * SHA-256 of the model of a result folder, whose settings hold that of its arrays.
   *
   * @throws org.richkernel.data.InvalidDataException if it cannot be read
   */
  public static String checksum(Path folder) {
    return DataFile.of(folder.resolve(ModelFile.SETTINGS)).sha256();
  }

  /**
   * Refuses inputs that were pooled or standardized otherwise than those of a result, in which its
   * weights would mean something else. Pooling is compared first, as the numbers of a
   * standardization follow from it.
   *
   * @throws org.richkernel.network.InvalidProblemException if one of them differs
   */
  public static void requirePreprocessing(Path folder, Images images, Standardization own) {
    Map<String, Object> settings = ModelFile.read(folder).settings();
    int pool = ModelSettings.images(settings).pool();
    if (pool != images.pool()) {
      String known = "--pool-input " + pool;
      throw new InvalidProblemException(
          "pool-input",
          images.pool(),
          "the result of --warm-start has " + known + "; use " + known);
    }
    Standardization saved = ModelSettings.standardization(settings);
    if (!saved.equals(own)) {
      throw new InvalidProblemException(
          "standardize",
          text(own),
          "the result of --warm-start has other numbers; use --standardize " + text(saved));
    }
  }

  private static String text(Standardization s) {
    return s.equals(Standardization.IDENTITY) ? "none" : s.mean() + "," + s.std();
  }

  private static long bytes(Table values) {
    return (long) Double.BYTES * values.rows() * values.columns();
  }

  /** Peak memory of {@link #predict}, with the model and the inputs. */
  public MemoryPlan plan(Backend backend, Table raw) {
    return predictor.plan(backend, inputs(raw)).addHost(modelBytes + raw.shared().bytes());
  }

  /**
   * Predictions at raw inputs as they were read from a file.
   *
   * @return rows x K, row-major
   */
  public double[] predict(Backend backend, Table raw) {
    return predictor.predict(backend, inputs(raw));
  }

  /**
   * The same as {@link #predict}, rows x K, with the Monte Carlo error of the populations that the
   * model keeps; exact for exact predictors and where the model keeps no independent parts.
   */
  public SampledVector predictWithErrors(Backend backend, Table raw) {
    List<double[]> parts = predictor.predictParts(backend, inputs(raw));
    return parts.size() == 1 ? SampledVector.exact(parts.get(0)) : SampledVector.of(parts);
  }

  private Inputs inputs(Table raw) {
    return Inputs.of(standardization.apply(raw), raw.rows(), raw.columns())
        .withShape(images.pooled(raw.columns()));
  }

  /** How the training points were images; new points are the same unless told otherwise. */
  public Images images() {
    return images;
  }

  /** The convolutional layers of the fit; empty for a fully connected network. */
  public Optional<Convolutions> convolutions() {
    return convolutions;
  }

  /** K. */
  public int outputs() {
    return outputs;
  }

  /** Names of the classes of the targets, empty without classes. */
  public List<String> classNames() {
    return classNames;
  }
}
