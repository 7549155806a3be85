package org.richkernel.model;

import java.util.Locale;
import java.util.Map;
import org.richkernel.data.Table;
import org.richkernel.lazy.KernelKind;
import org.richkernel.lazy.LazyPredictor;
import org.richkernel.network.Inputs;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/** A {@link LazyPredictor} as a file: the training inputs and their coefficients. */
final class KernelModel extends ModelForm<LazyPredictor> {
  KernelModel() {
    super("kernel", LazyPredictor.class);
  }

  @Override
  ArrayBundle arrays(LazyPredictor lazy, int outputs, Map<String, Object> settings) {
    settings.put("kernel", lazy.kernel().name().toLowerCase(Locale.ROOT));
    settings.putAll(ModelSettings.describe(lazy.network()));
    Inputs x = lazy.trainInputs();
    return ArrayBundle.empty()
        .with("x_train", x.values(), x.rows(), x.dimension())
        .with("coefficients", lazy.coefficients(), x.rows(), outputs);
  }

  @Override
  LazyPredictor read(ModelFile.Model model) {
    Map<String, Object> settings = model.settings();
    Table x = model.array("x_train");
    return new LazyPredictor(
        ModelSettings.network(settings),
        KernelKind.valueOf(String.valueOf(settings.get("kernel")).toUpperCase(Locale.ROOT)),
        Inputs.of(x.shared(), x.rows(), x.columns())
            .withShape(ModelSettings.images(settings).pooled(x.columns())),
        model.array("coefficients").values());
  }
}
