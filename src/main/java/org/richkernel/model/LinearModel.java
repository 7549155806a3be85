package org.richkernel.model;

import java.util.Map;
import org.richkernel.bayes.LinearPredictor;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/** A {@link LinearPredictor} as a file. */
final class LinearModel extends ModelForm<LinearPredictor> {
  LinearModel() {
    super("linear", LinearPredictor.class);
  }

  @Override
  ArrayBundle arrays(LinearPredictor linear, int outputs, Map<String, Object> settings) {
    double[] weights = linear.weights();
    return ArrayBundle.empty()
        .with("weights", weights, weights.length)
        .with("intercepts", linear.intercepts(), linear.intercepts().length);
  }

  @Override
  LinearPredictor read(ModelFile.Model model) {
    return new LinearPredictor(model.array("weights").values(), model.array("intercepts").values());
  }
}
