package org.richkernel.model;

import java.util.Map;
import org.richkernel.bayes.SampledPredictor;
import org.richkernel.data.Table;
import org.richkernel.network.ImageShape;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/** A {@link SampledPredictor} as a file: neurons with their readouts. */
final class SampledModel extends ModelForm<SampledPredictor> {
  SampledModel() {
    super("sampled", SampledPredictor.class);
  }

  @Override
  ArrayBundle arrays(SampledPredictor sampled, int outputs, Map<String, Object> settings) {
    settings.put("inputs", sampled.image().dimension());
    if (sampled.network().convolutions().isPresent()) {
      settings.put("image", sampled.image().toString());
    }
    settings.put("rest-share", sampled.restShare());
    settings.putAll(ModelSettings.describe(sampled.network()));
    int rank = sampled.rank();
    int count = sampled.neurons().length / rank;
    ArrayBundle neurons =
        sampled
            .populations()
            .map(populations -> SavedPopulations.write(populations, settings))
            .orElseGet(
                () ->
                    ArrayBundle.empty()
                        .with(SavedPopulations.FIELDS, sampled.neurons(), count, rank));
    return neurons
        .with("projector", sampled.projector(), sampled.projector().length / rank, rank)
        .with("readout", sampled.coefficients(), count, sampled.coefficients().length / count);
  }

  @Override
  SampledPredictor read(ModelFile.Model model) {
    Map<String, Object> settings = model.settings();
    int inputs = ((Number) settings.get("inputs")).intValue();
    Table projector = model.array("projector");
    float[] readout = ModelSettings.floats(model.array("readout"));
    if (SavedPopulations.areIn(model)) {
      return new SampledPredictor(
          ModelSettings.network(settings),
          inputs,
          projector.values(),
          SavedPopulations.read(model),
          readout);
    }
    return new SampledPredictor(
        ModelSettings.network(settings),
        settings.get("image") instanceof String image
            ? ImageShape.parse(image)
            : ImageShape.ofVector(inputs),
        projector.columns(),
        projector.values(),
        ModelSettings.floats(model.array(SavedPopulations.FIELDS)),
        readout,
        settings.get("rest-share") instanceof Number share ? share.doubleValue() : 1);
  }
}
