package org.richkernel.model;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.richkernel.bayes.Populations;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Table;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;
import org.richkernel.stack.FieldForm;

/** The {@link Populations} of a sampled fit in its model file. */
final class SavedPopulations {
  /** Fields of all populations; weights, whose rows are of several lengths, in one row. */
  static final String FIELDS = "neurons";

  private static final String SAMPLES = "population-samples";

  /** Columns of each population, where the layers have weights. */
  private static final String WIDTHS = "population-widths";

  private SavedPopulations() {}

  static ArrayBundle write(Populations populations, Map<String, Object> settings) {
    settings.put("gamma", populations.gamma());
    settings.put("kappa", populations.kappa());
    settings.put(SAMPLES, populations.samples());
    settings.put("steps", populations.steps());
    if (populations.form() == FieldForm.WEIGHTS) {
      settings.put(WIDTHS, populations.widths());
      float[] fields = populations.fields();
      return ArrayBundle.empty().with(FIELDS, fields, 1, fields.length);
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
    boolean weights = settings.containsKey(WIDTHS);
    return new Populations(
        ((Number) settings.get("gamma")).doubleValue(),
        ((Number) settings.get("kappa")).doubleValue(),
        weights ? FieldForm.WEIGHTS : FieldForm.WHITENED,
        weights
            ? numbers(settings, WIDTHS).mapToInt(Number::intValue).toArray()
            : IntStream.of(samples).map(s -> fields.columns()).toArray(),
        samples,
        numbers(settings, "steps").mapToDouble(Number::doubleValue).toArray(),
        ModelSettings.floats(fields));
  }

  private static Stream<Number> numbers(Map<String, Object> settings, String key) {
    return ((List<?>) settings.get(key)).stream().map(value -> (Number) value);
  }
}
