package org.richkernel;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.Activation;
import org.richkernel.data.Datasets;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Standardization;
import org.richkernel.data.Table;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;
import org.richkernel.result.SavedModel;

/**
 * What the model files of all kinds of predictors share: the network, how inputs were standardized,
 * and which kind it is; {@link ModelForm} has the rest.
 */
final class ModelSettings {
  private static final List<ModelForm<?>> FORMS =
      List.of(
          new KernelModel(),
          new SampledModel(),
          new DeepModel(),
          new LinearModel(),
          new GivenPointsModel(),
          new NetworksModel(),
          new TiltedModel());

  private ModelSettings() {}

  /** A predictor on its way into a file. */
  static SavedModel of(Predictor predictor, Datasets data) {
    int outputs = data.train().outputs();
    Map<String, Object> settings = new LinkedHashMap<>();
    Standardization s = data.standardization();
    settings.put("mean", s.mean());
    settings.put("std", s.std());
    settings.put("scale", s.scale());
    settings.put("outputs", outputs);
    settings.put("classes", data.train().classNames());
    for (ModelForm<?> form : FORMS) {
      Optional<ArrayBundle> arrays = form.write(predictor, outputs, settings);
      if (arrays.isPresent()) {
        return new SavedModel(settings, arrays.get());
      }
    }
    throw new IllegalArgumentException("no file format for " + predictor.getClass());
  }

  /**
   * The predictor of a file.
   *
   * @throws InvalidDataException if its kind is not known or an array is missing
   */
  static Predictor read(ModelFile.Model model) {
    String type = String.valueOf(model.settings().get("type"));
    for (ModelForm<?> form : FORMS) {
      if (form.type().equals(type)) {
        return form.read(model);
      }
    }
    throw new InvalidDataException(
        ModelFile.SETTINGS,
        "holds a model of unknown type " + type,
        "read it with the version of richkernel that wrote it");
  }

  /** Adds the options of a network by the names of the command line. */
  static void describe(NetworkSpec network, Map<String, Object> options) {
    options.put("hidden-layers", network.hiddenLayers());
    options.put("activation", network.activation().id());
    options.put("weight-variance", network.weightVariances());
    options.put("bias-variance", network.biasVariance());
  }

  /** The network that {@link #describe} has described. */
  static NetworkSpec network(Map<String, Object> settings) {
    List<?> variances = (List<?>) settings.get("weight-variance");
    Activation activation;
    try {
      activation = Activation.named(String.valueOf(settings.get("activation")));
    } catch (IllegalArgumentException e) {
      throw new InvalidDataException(
          ModelFile.SETTINGS,
          "holds an activation that is not known (" + e.getMessage() + ")",
          "read it with the version of richkernel that wrote it",
          e);
    }
    return NetworkSpec.of(((Number) settings.get("hidden-layers")).intValue(), activation)
        .withWeightVariances(
            variances.stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray())
        .withBiasVariance(((Number) settings.get("bias-variance")).doubleValue());
  }

  /** How the inputs of a saved predictor are standardized. */
  static Standardization standardization(Map<String, Object> settings) {
    return new Standardization(
        ((Number) settings.get("mean")).doubleValue(),
        ((Number) settings.get("std")).doubleValue(),
        ((Number) settings.get("scale")).doubleValue());
  }

  /** The values of a table that was stored in float32. */
  static float[] floats(Table table) {
    double[] values = table.values();
    float[] result = new float[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) values[i];
    }
    return result;
  }
}
