package org.richkernel.model;

import java.util.Map;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/** A {@link GivenPointsOnly} as a file: the solver that has no predictor. */
final class GivenPointsModel extends ModelForm<GivenPointsOnly> {
  GivenPointsModel() {
    super("given-points", GivenPointsOnly.class);
  }

  @Override
  ArrayBundle arrays(GivenPointsOnly none, int outputs, Map<String, Object> settings) {
    settings.put("solver", none.solver());
    return ArrayBundle.empty();
  }

  @Override
  GivenPointsOnly read(ModelFile.Model model) {
    return new GivenPointsOnly(String.valueOf(model.settings().get("solver")));
  }
}
