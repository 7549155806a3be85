package org.richkernel;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.richkernel.bayes.Populations;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Table;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/** The {@link Populations} of a sampled fit in its model file. */
final class SavedPopulations {
  /** Whitened fields of all populations. */
  static final String FIELDS = "neurons";

  private static final String WIDTHS = "population-widths";

  private static final String SAMPLES = "population-samples";

  private SavedPopulations() {}

  static ArrayBundle write(Populations populations, Map<String, Object> settings) {
    settings.put("gamma", populations.gamma());
    settings.put("kappa", populations.kappa());
    settings.put(SAMPLES, populations.samples());
    settings.put("steps", populations.steps());
    if (!populations.isUniform()) {
      settings.put(WIDTHS, populations.widths());
      return ArrayBundle.empty().with(FIELDS, populations.fields(), 1, populations.fields().length);
    }
    int width = populations.width();
    return ArrayBundle.empty()
        .with(FIELDS, populations.fields(), populations.fields().length / width, width);
  }

  static boolean areIn(ModelFile.Model model) {
    return model.settings().containsKey(SAMPLES);
  }

  /**
   * The populations of a sampled fit.
   *
   * @throws InvalidDataException if the model holds none
   */
  static Populations read(ModelFile.Model model) {
    if (!areIn(model)) {
      throw new InvalidDataException(
          ModelFile.SETTINGS,
          "holds no sampled populations",
          "name the --out folder of a bayes run that sampled");
    }
    Map<String, Object> settings = model.settings();
    Table fields = model.array(FIELDS);
    int[] samples = numbers(settings, SAMPLES).mapToInt(Number::intValue).toArray();
    int[] widths = new int[samples.length];
    java.util.Arrays.fill(widths, fields.columns());
    return new Populations(
        ((Number) settings.get("gamma")).doubleValue(),
        ((Number) settings.get("kappa")).doubleValue(),
        settings.containsKey(WIDTHS)
            ? numbers(settings, WIDTHS).mapToInt(Number::intValue).toArray()
            : widths,
        samples,
        numbers(settings, "steps").mapToDouble(Number::doubleValue).toArray(),
        ModelSettings.floats(fields));
  }

  private static Stream<Number> numbers(Map<String, Object> settings, String key) {
    return ((List<?>) settings.get(key)).stream().map(value -> (Number) value);
  }
}
