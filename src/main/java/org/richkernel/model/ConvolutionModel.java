package org.richkernel.model;

import java.util.Map;
import org.richkernel.bayes.ConvolutionPredictor;
import org.richkernel.data.Table;
import org.richkernel.network.ImageShape;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/** A {@link ConvolutionPredictor} as a file: weights of the networks and of their readouts. */
final class ConvolutionModel extends ModelForm<ConvolutionPredictor> {
  private static final String READOUT = "readout-weights";

  ConvolutionModel() {
    super("convolutional", ConvolutionPredictor.class);
  }

  @Override
  ArrayBundle arrays(ConvolutionPredictor made, int outputs, Map<String, Object> settings) {
    settings.put("image", made.image().toString());
    settings.putAll(ModelSettings.describe(made.network()));
    return SavedPopulations.write(made.populations(), settings)
        .with("projector", made.projector(), made.projector().length / made.rank(), made.rank())
        .with(READOUT, made.readout(), made.readout().length / outputs, outputs);
  }

  @Override
  ConvolutionPredictor read(ModelFile.Model model) {
    Map<String, Object> settings = model.settings();
    Table readout = model.array(READOUT);
    return new ConvolutionPredictor(
        ModelSettings.network(settings),
        ImageShape.parse((String) settings.get("image")),
        model.array("projector").values(),
        SavedPopulations.read(model),
        ModelSettings.floats(readout),
        readout.columns());
  }
}
