package org.richkernel.model;

import java.util.Map;
import org.richkernel.bayes.DeepPredictor;
import org.richkernel.data.Table;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/** A {@link DeepPredictor} as a file: populations of all layers, inputs and targets. */
final class DeepModel extends ModelForm<DeepPredictor> {
  DeepModel() {
    super("deep", DeepPredictor.class);
  }

  @Override
  ArrayBundle arrays(DeepPredictor deep, int outputs, Map<String, Object> settings) {
    settings.put("inputs", deep.inputDimension());
    settings.put("jitter", deep.jitter());
    settings.putAll(ModelSettings.describe(deep.network()));
    int points = deep.points();
    int rank = deep.factor().length / points;
    return SavedPopulations.write(deep.populations(), settings)
        .with("projector", deep.projector(), deep.projector().length / rank, rank)
        .with("factor", deep.factor(), points, rank)
        .with("targets", deep.targets(), points, outputs);
  }

  @Override
  DeepPredictor read(ModelFile.Model model) {
    Map<String, Object> settings = model.settings();
    Table factor = model.array("factor");
    return new DeepPredictor(
        ModelSettings.network(settings),
        ((Number) settings.get("inputs")).intValue(),
        model.array("projector").values(),
        ModelSettings.floats(factor),
        factor.rows(),
        model.array("targets").values(),
        SavedPopulations.read(model),
        ((Number) settings.get("jitter")).doubleValue());
  }
}
