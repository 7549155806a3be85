package org.richkernel.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.richkernel.finite.NetworkEnsemble;
import org.richkernel.network.NetworkSpec;
import org.richkernel.result.ArrayBundle;
import org.richkernel.result.ModelFile;

/** A {@link NetworkEnsemble} as a file: the weights of all layers of all networks. */
final class NetworksModel extends ModelForm<NetworkEnsemble> {
  NetworksModel() {
    super("networks", NetworkEnsemble.class);
  }

  private static String weights(int network, int layer) {
    return "network_" + network + "_weights_" + layer;
  }

  private static String readout(int network) {
    return "network_" + network + "_readout";
  }

  @Override
  ArrayBundle arrays(NetworkEnsemble networks, int outputs, Map<String, Object> settings) {
    settings.put("inputs", networks.image().dimension());
    settings.put("width", networks.width());
    settings.put("networks", networks.members().size());
    settings.putAll(ModelSettings.describe(networks.network()));
    ArrayBundle arrays =
        ArrayBundle.empty().with("projector", networks.projector(), networks.projector().length);
    for (int m = 0; m < networks.members().size(); m++) {
      NetworkEnsemble.Member member = networks.members().get(m);
      for (int l = 0; l < member.layers().size(); l++) {
        float[] weights = member.layers().get(l);
        arrays = arrays.with(weights(m, l), weights, weights.length);
      }
      arrays =
          arrays.with(
              readout(m),
              member.readout(),
              networks.width(),
              member.readout().length / networks.width());
    }
    return arrays;
  }

  @Override
  NetworkEnsemble read(ModelFile.Model model) {
    Map<String, Object> settings = model.settings();
    NetworkSpec network = ModelSettings.network(settings);
    List<NetworkEnsemble.Member> members = new ArrayList<>();
    for (int m = 0; m < ((Number) settings.get("networks")).intValue(); m++) {
      List<float[]> layers = new ArrayList<>();
      for (int l = 0; l < network.hiddenLayers(); l++) {
        layers.add(ModelSettings.floats(model.array(weights(m, l))));
      }
      members.add(
          new NetworkEnsemble.Member(layers, ModelSettings.floats(model.array(readout(m)))));
    }
    return new NetworkEnsemble(
        network,
        ModelSettings.images(settings).pooled(((Number) settings.get("inputs")).intValue()),
        ((Number) settings.get("width")).intValue(),
        ((Number) settings.get("outputs")).intValue(),
        model.array("projector").values(),
        members);
  }
}
