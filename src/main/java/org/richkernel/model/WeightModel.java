package org.richkernel.model;

import java.util.Map;
import org.richkernel.bayes.WeightPredictor;
import org.richkernel.data.Table;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/** A {@link WeightPredictor} as a file: the weights of all populations, with their readouts. */
final class WeightModel extends ModelForm<WeightPredictor> {
  WeightModel() {
    super("weights", WeightPredictor.class);
  }

  @Override
  ArrayBundle arrays(WeightPredictor networks, int outputs, Map<String, Object> settings) {
    settings.put("inputs", networks.inputDimension());
    settings.putAll(ModelSettings.describe(networks.network()));
    int rank = networks.rank();
    return SavedPopulations.write(networks.populations(), settings)
        .with("projector", networks.projector(), networks.projector().length / rank, rank)
        .with(
            "readout", networks.coefficients(), networks.coefficients().length / outputs, outputs);
  }

  @Override
  WeightPredictor read(ModelFile.Model model) {
    Map<String, Object> settings = model.settings();
    Table projector = model.array("projector");
    return new WeightPredictor(
        ModelSettings.network(settings),
        ((Number) settings.get("inputs")).intValue(),
        projector.values(),
        projector.columns(),
        SavedPopulations.read(model),
        ModelSettings.floats(model.array("readout")));
  }
}
