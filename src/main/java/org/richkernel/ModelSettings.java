package org.richkernel;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.richkernel.bayes.DeepPredictor;
import org.richkernel.bayes.LinearPredictor;
import org.richkernel.bayes.Populations;
import org.richkernel.bayes.SampledPredictor;
import org.richkernel.bayes.critical.MapPredictor;
import org.richkernel.compute.Activation;
import org.richkernel.data.Datasets;
import org.richkernel.data.InvalidDataException;
import org.richkernel.data.Standardization;
import org.richkernel.data.Table;
import org.richkernel.finite.NetworkEnsemble;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyPredictor;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;
import org.richkernel.result.SavedModel;

/** Predictors as files: which kind, what network, how inputs were standardized, and the arrays. */
final class ModelSettings {
  private static final String KERNEL = "kernel";
  private static final String SAMPLED = "sampled";
  private static final String DEEP = "deep";
  private static final String LINEAR = "linear";
  private static final String GIVEN_POINTS = "given-points";
  private static final String NETWORKS = "networks";

  /** Whitened fields of the populations that a sampled fit has kept. */
  private static final String FIELDS = "neurons";

  private static final String POPULATION_SAMPLES = "population-samples";

  private ModelSettings() {}

  /** Adds the options of a network by the names of the command line. */
  static void describe(NetworkSpec network, Map<String, Object> options) {
    options.put("hidden-layers", network.hiddenLayers());
    options.put("activation", network.activation().id());
    options.put("weight-variance", network.weightVariances());
    options.put("bias-variance", network.biasVariance());
  }

  static SavedModel of(Predictor predictor, Datasets data) {
    int outputs = data.train().outputs();
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
      settings.put("rest-share", sampled.restShare());
      describe(sampled.network(), settings);
      int r = sampled.rank();
      arrays =
          neurons(sampled, settings, arrays)
              .with("projector", sampled.projector(), sampled.projector().length / r, r)
              .with("readout", sampled.coefficients(), sampled.neurons().length / r, outputs);
    } else if (predictor instanceof DeepPredictor deep) {
      settings.put("type", DEEP);
      settings.put("inputs", deep.inputDimension());
      settings.put("jitter", deep.jitter());
      describe(deep.network(), settings);
      int points = deep.points();
      int r = deep.factor().length / points;
      arrays =
          populations(deep.populations(), settings, arrays)
              .with("projector", deep.projector(), deep.projector().length / r, r)
              .with("factor", deep.factor(), points, r)
              .with("targets", deep.targets(), points, outputs);
    } else if (predictor instanceof LinearPredictor linear) {
      settings.put("type", LINEAR);
      double[] weights = linear.weights();
      arrays =
          arrays
              .with("weights", weights, weights.length)
              .with("intercepts", linear.intercepts(), linear.intercepts().length);
    } else if (predictor instanceof GivenPointsOnly none) {
      settings.put("type", GIVEN_POINTS);
      settings.put("solver", none.solver());
    } else if (predictor instanceof NetworkEnsemble networks) {
      settings.put("type", NETWORKS);
      settings.put("inputs", networks.inputDimension());
      settings.put("width", networks.width());
      settings.put("networks", networks.members().size());
      describe(networks.network(), settings);
      arrays = arrays.with("projector", networks.projector(), networks.projector().length);
      for (int m = 0; m < networks.members().size(); m++) {
        NetworkEnsemble.Member member = networks.members().get(m);
        for (int l = 0; l < member.layers().size(); l++) {
          float[] weights = member.layers().get(l);
          arrays = arrays.with(weights(m, l), weights, weights.length);
        }
        arrays = arrays.with(readout(m), member.readout(), networks.width(), outputs);
      }
    } else if (predictor instanceof MapPredictor map) {
      arrays = TiltedModel.write(map, settings, arrays);
    } else {
      throw new IllegalArgumentException("no file format for " + predictor.getClass());
    }
    return new SavedModel(settings, arrays);
  }

  private static ArrayBundle neurons(
      SampledPredictor sampled, Map<String, Object> settings, ArrayBundle arrays) {
    int rank = sampled.rank();
    return sampled.populations().isPresent()
        ? populations(sampled.populations().get(), settings, arrays)
        : arrays.with(FIELDS, sampled.neurons(), sampled.neurons().length / rank, rank);
  }

  private static ArrayBundle populations(
      Populations populations, Map<String, Object> settings, ArrayBundle arrays) {
    settings.put("gamma", populations.gamma());
    settings.put("kappa", populations.kappa());
    settings.put(POPULATION_SAMPLES, populations.samples());
    settings.put("steps", populations.steps());
    int width = populations.width();
    return arrays.with(FIELDS, populations.fields(), populations.fields().length / width, width);
  }

  /** The populations of a sampled fit. */
  static Populations populations(ModelFile.Model model) {
    Map<String, Object> settings = model.settings();
    if (!settings.containsKey(POPULATION_SAMPLES)) {
      throw new InvalidDataException(
          ModelFile.SETTINGS,
          "holds no sampled populations",
          "name the --out folder of a bayes run that sampled");
    }
    Table fields = model.array(FIELDS);
    return new Populations(
        ((Number) settings.get("gamma")).doubleValue(),
        ((Number) settings.get("kappa")).doubleValue(),
        fields.columns(),
        numbers(settings, POPULATION_SAMPLES).mapToInt(Number::intValue).toArray(),
        numbers(settings, "steps").mapToDouble(Number::doubleValue).toArray(),
        floats(fields));
  }

  private static Stream<Number> numbers(Map<String, Object> settings, String key) {
    return ((List<?>) settings.get(key)).stream().map(value -> (Number) value);
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
        if (settings.containsKey(POPULATION_SAMPLES)) {
          return new SampledPredictor(
              network(settings),
              ((Number) settings.get("inputs")).intValue(),
              projector.values(),
              populations(model),
              floats(model.array("readout")));
        }
        return new SampledPredictor(
            network(settings),
            ((Number) settings.get("inputs")).intValue(),
            projector.columns(),
            projector.values(),
            floats(model.array(FIELDS)),
            floats(model.array("readout")),
            settings.get("rest-share") instanceof Number share ? share.doubleValue() : 1);
      case DEEP:
        Table factor = model.array("factor");
        return new DeepPredictor(
            network(settings),
            ((Number) settings.get("inputs")).intValue(),
            model.array("projector").values(),
            factor.values(),
            factor.rows(),
            model.array("targets").values(),
            populations(model),
            ((Number) settings.get("jitter")).doubleValue());
      case LINEAR:
        return new LinearPredictor(
            model.array("weights").values(), model.array("intercepts").values());
      case GIVEN_POINTS:
        return new GivenPointsOnly(String.valueOf(settings.get("solver")));
      case TiltedModel.TYPE:
        return TiltedModel.read(network(settings), model);
      case NETWORKS:
        return networks(model);
      default:
        throw new InvalidDataException(
            ModelFile.SETTINGS,
            "holds a model of unknown type " + type,
            "read it with the version of richkernel that wrote it");
    }
  }

  private static String weights(int network, int layer) {
    return "network_" + network + "_weights_" + layer;
  }

  private static String readout(int network) {
    return "network_" + network + "_readout";
  }

  private static NetworkEnsemble networks(ModelFile.Model model) {
    Map<String, Object> settings = model.settings();
    NetworkSpec network = network(settings);
    List<NetworkEnsemble.Member> members = new ArrayList<>();
    for (int m = 0; m < ((Number) settings.get("networks")).intValue(); m++) {
      List<float[]> layers = new ArrayList<>();
      for (int l = 0; l < network.hiddenLayers(); l++) {
        layers.add(floats(model.array(weights(m, l))));
      }
      members.add(new NetworkEnsemble.Member(layers, floats(model.array(readout(m)))));
    }
    return new NetworkEnsemble(
        network,
        ((Number) settings.get("inputs")).intValue(),
        ((Number) settings.get("width")).intValue(),
        ((Number) settings.get("outputs")).intValue(),
        model.array("projector").values(),
        members);
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
