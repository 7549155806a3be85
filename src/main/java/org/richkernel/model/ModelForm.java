package org.richkernel.model;

import java.util.Map;
import java.util.Optional;
import org.richkernel.network.Predictor;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/**
 * Form of one kind of predictor in a model file. {@link ModelSettings} has the common part, such as
 * the standardization of the inputs.
 *
 * @param <P> the kind
 */
abstract class ModelForm<P extends Predictor> {
  private final String type;
  private final Class<P> kind;

  /**
   * @param type name of the kind in files
   */
  ModelForm(String type, Class<P> kind) {
    this.type = type;
    this.kind = kind;
  }

  /** Name of the kind in files. */
  final String type() {
    return type;
  }

  /**
   * Adds the settings of a predictor of this kind.
   *
   * @return its arrays; empty for a predictor of another kind
   */
  final Optional<ArrayBundle> write(
      Predictor predictor, int outputs, Map<String, Object> settings) {
    if (!kind.isInstance(predictor)) {
      return Optional.empty();
    }
    settings.put("type", type);
    return Optional.of(arrays(kind.cast(predictor), outputs, settings));
  }

  /** The arrays of a predictor; scalars go into the settings. */
  abstract ArrayBundle arrays(P predictor, int outputs, Map<String, Object> settings);

  /**
   * The predictor of a file of this kind.
   *
   * @throws org.richkernel.data.InvalidDataException if an array is missing
   */
  abstract P read(ModelFile.Model model);
}
