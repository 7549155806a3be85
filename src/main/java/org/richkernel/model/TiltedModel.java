package org.richkernel.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.richkernel.bayes.critical.FiniteWidthProblem;
import org.richkernel.bayes.critical.MapPredictor;
import org.richkernel.data.Table;
import org.richkernel.network.Inputs;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Targets;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/** A {@link MapPredictor} as a file: the data, and the kernels of all layers with their tilts. */
final class TiltedModel extends ModelForm<MapPredictor> {
  TiltedModel() {
    super("map", MapPredictor.class);
  }

  @Override
  ArrayBundle arrays(MapPredictor map, int outputs, Map<String, Object> settings) {
    FiniteWidthProblem problem = map.problem();
    settings.putAll(ModelSettings.describe(map.network()));
    settings.put("width", problem.width());
    settings.put("chi", problem.chi());
    settings.put("kappa", problem.kappa());
    settings.put("samples", map.samples());
    settings.put("seed", map.seed());
    Inputs x = map.trainInputs();
    int points = x.rows();
    ArrayBundle all =
        ArrayBundle.empty()
            .with("x_train", x.values(), points, x.dimension())
            .with("y_train", problem.targets().toArray(), points, problem.targets().outputs());
    for (int l = 1; l <= problem.layers(); l++) {
      all =
          all.with("kernel_" + l, map.kernel(l), points, points)
              .with("conjugate_" + l, map.conjugate(l), points, points);
    }
    return all;
  }

  @Override
  MapPredictor read(ModelFile.Model model) {
    Map<String, Object> settings = model.settings();
    NetworkSpec network = ModelSettings.network(settings);
    Table x = model.array("x_train");
    Table y = model.array("y_train");
    Inputs train = Inputs.of(x.shared(), x.rows(), x.columns());
    FiniteWidthProblem problem =
        FiniteWidthProblem.of(
            network,
            ((Number) settings.get("width")).intValue(),
            ((Number) settings.get("chi")).doubleValue(),
            ((Number) settings.get("kappa")).doubleValue(),
            train,
            Targets.of(y.values(), y.rows(), y.columns()));
    List<double[]> kernels = new ArrayList<>(List.of(problem.inputCovariance()));
    List<double[]> conjugate = new ArrayList<>(List.of(new double[0]));
    for (int l = 1; l <= problem.layers(); l++) {
      kernels.add(model.array("kernel_" + l).values());
      conjugate.add(model.array("conjugate_" + l).values());
    }
    return new MapPredictor(
        network,
        problem,
        train,
        kernels,
        conjugate,
        ((Number) settings.get("samples")).intValue(),
        ((Number) settings.get("seed")).longValue());
  }
}
