package org.richkernel;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.richkernel.bayes.LinearPredictor;
import org.richkernel.bayes.SampledPredictor;
import org.richkernel.bayes.critical.MapPredictor;
import org.richkernel.compute.Activation;
import org.richkernel.data.Datasets;
import org.richkernel.data.Standardization;
import org.richkernel.data.Table;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyPredictor;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/** Predictors as files: which kind, what network, how inputs were standardized, and the arrays. */
final class ModelSettings {
  private static final String KERNEL = "kernel";
  private static final String SAMPLED = "sampled";
  private static final String LINEAR = "linear";

  private ModelSettings() {}

  /** Adds the options of a network by the names of the command line. */
  static void describe(NetworkSpec network, Map<String, Object> options) {
    options.put("hidden-layers", network.hiddenLayers());
    options.put("activation", network.activation().id());
    options.put("weight-variance", network.weightVariances());
    options.put("bias-variance", network.biasVariance());
  }

  static void write(Path folder, Predictor predictor, Datasets data, int outputs) {
    Map<String, Object> settings = new LinkedHashMap<>();
    Standardization s = data.standardization();
    settings.put("mean", s.mean());
    settings.put("std", s.std());
    settings.put("scale", s.scale());
    settings.put("outputs", outputs);
    settings.put("classes", data.train().classNames());
    ArrayBundle arrays = ArrayBundle.empty();
    if (predictor instanceof LazyPredictor lazy) {
      settings.put("type", KERNEL);
      settings.put("kernel", lazy.kernel().name().toLowerCase(Locale.ROOT));
      describe(lazy.network(), settings);
      Inputs x = lazy.trainInputs();
      arrays =
          arrays
              .with("x_train", x.toArray(), x.rows(), x.dimension())
              .with("coefficients", lazy.coefficients(), x.rows(), outputs);
    } else if (predictor instanceof SampledPredictor sampled) {
      settings.put("type", SAMPLED);
      settings.put("inputs", sampled.inputDimension());
      describe(sampled.network(), settings);
      int r = sampled.rank();
      arrays =
          arrays
              .with("projector", sampled.projector(), sampled.projector().length / r, r)
              .with("neurons", sampled.neurons(), sampled.neurons().length / r, r)
              .with("readout", sampled.coefficients(), sampled.neurons().length / r, outputs);
    } else if (predictor instanceof LinearPredictor linear) {
      settings.put("type", LINEAR);
      double[] weights = linear.weights();
      arrays =
          arrays
              .with("weights", weights, weights.length)
              .with("intercepts", linear.intercepts(), linear.intercepts().length);
    } else if (predictor instanceof MapPredictor map) {
      arrays = TiltedModel.write(map, settings, arrays);
    } else {
      throw new IllegalArgumentException("no file format for " + predictor.getClass());
    }
    ModelFile.write(folder, settings, arrays);
  }

  static Predictor read(ModelFile.Model model) {
    Map<String, Object> settings = model.settings();
    String type = String.valueOf(settings.get("type"));
    switch (type) {
      case KERNEL:
        Table x = model.array("x_train");
        KernelKind kind =
            KernelKind.valueOf(String.valueOf(settings.get("kernel")).toUpperCase(Locale.ROOT));
        return new LazyPredictor(
            network(settings),
            kind,
            Inputs.of(x.values(), x.rows(), x.columns()),
            model.array("coefficients").values());
      case SAMPLED:
        Table projector = model.array("projector");
        return new SampledPredictor(
            network(settings),
            ((Number) settings.get("inputs")).intValue(),
            projector.columns(),
            projector.values(),
            floats(model.array("neurons")),
            floats(model.array("readout")));
      case LINEAR:
        return new LinearPredictor(
            model.array("weights").values(), model.array("intercepts").values());
      case TiltedModel.TYPE:
        return TiltedModel.read(network(settings), model);
      default:
        throw new org.richkernel.data.InvalidDataException(
            ModelFile.SETTINGS,
            "holds a model of unknown type " + type,
            "read it with the version of richkernel that wrote it");
    }
  }

  static Standardization standardization(Map<String, Object> settings) {
    return new Standardization(
        ((Number) settings.get("mean")).doubleValue(),
        ((Number) settings.get("std")).doubleValue(),
        ((Number) settings.get("scale")).doubleValue());
  }

  private static NetworkSpec network(Map<String, Object> settings) {
    List<?> variances = (List<?>) settings.get("weight-variance");
    return NetworkSpec.of(
            ((Number) settings.get("hidden-layers")).intValue(),
            Activation.valueOf(String.valueOf(settings.get("activation")).toUpperCase(Locale.ROOT)))
        .withWeightVariances(
            variances.stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray())
        .withBiasVariance(((Number) settings.get("bias-variance")).doubleValue());
  }

  private static float[] floats(Table table) {
    double[] values = table.values();
    float[] result = new float[values.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (float) values[i];
    }
    return result;
  }
}
