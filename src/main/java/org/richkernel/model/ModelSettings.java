package org.richkernel.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.Activation;
import org.richkernel.data.Datasets;
import org.richkernel.data.ImageLayout;
import org.richkernel.data.Images;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Standardization;
import org.richkernel.data.Table;
import org.richkernel.network.Convolutions;
import org.richkernel.network.ImageShape;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.option.Words;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;
import org.richkernel.result.SavedModel;

/**
 * Common part of the model files of all kinds of predictors: the network, the standardization of
 * the inputs, and the kind; {@link ModelForm} has the rest.
 */
public final class ModelSettings {
  private static final List<ModelForm<?>> FORMS =
      List.of(
          new KernelModel(),
          new SampledModel(),
          new DeepModel(),
          new ConvolutionModel(),
          new WeightModel(),
          new LinearModel(),
          new GivenPointsModel(),
          new NetworksModel(),
          new TiltedModel());

  private ModelSettings() {}

  /** A predictor on its way into a file. */
  public static SavedModel of(Predictor predictor, Datasets data) {
    int outputs = data.train().outputs();
    Map<String, Object> settings = new LinkedHashMap<>();
    Standardization s = data.standardization();
    settings.put("mean", s.mean());
    settings.put("std", s.std());
    settings.put("scale", s.scale());
    Images images = data.images();
    images
        .shape()
        .ifPresent(
            shape -> {
              settings.put("image-shape", shape.toString());
              settings.put("image-layout", Words.of(images.layout()));
              settings.put("pool-input", images.pool());
            });
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

  /** The options of a network by the names of the command line, in their order. */
  public static Map<String, Object> describe(NetworkSpec network) {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("hidden-layers", network.hiddenLayers());
    options.put("activation", network.activation().id());
    options.put("weight-variance", network.weightVariances());
    options.put("bias-variance", network.biasVariance());
    network
        .convolutions()
        .ifPresent(
            layers -> {
              options.put("convolutions", layers.text());
              options.put("padding", Words.of(layers.padding()));
              options.put("readout", Words.of(layers.readout()));
            });
    return options;
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
    NetworkSpec network =
        NetworkSpec.of(((Number) settings.get("hidden-layers")).intValue(), activation)
            .withWeightVariances(
                variances.stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray())
            .withBiasVariance(((Number) settings.get("bias-variance")).doubleValue());
    return layers(settings).map(network::withConvolutions).orElse(network);
  }

  /** The convolutional layers of a saved predictor, if it has any. */
  static Optional<Convolutions> layers(Map<String, Object> settings) {
    return settings.containsKey("convolutions")
        ? Optional.of(convolutions(settings))
        : Optional.empty();
  }

  private static Convolutions convolutions(Map<String, Object> settings) {
    return Convolutions.parse(text(settings, "convolutions"))
        .withPadding(Words.constant(SiteMap.Padding.class, text(settings, "padding")))
        .withReadout(Words.constant(SiteReadout.class, text(settings, "readout")));
  }

  private static String text(Map<String, Object> settings, String name) {
    return String.valueOf(settings.get(name));
  }

  /** How the inputs of a saved predictor were images. */
  static Images images(Map<String, Object> settings) {
    return settings.containsKey("image-shape")
        ? new Images(
            Optional.of(ImageShape.parse(text(settings, "image-shape"))),
            Words.constant(ImageLayout.class, text(settings, "image-layout")),
            ((Number) settings.get("pool-input")).intValue())
        : Images.AS_READ;
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
