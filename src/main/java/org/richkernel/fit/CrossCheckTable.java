package org.richkernel.fit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.richkernel.bayes.AdaptiveNbkSolution.Layer;
import org.richkernel.bayes.sweep.CrossCheck;
import org.richkernel.result.Result;
import org.richkernel.result.Summary;
import org.richkernel.sampling.Estimate;

/** A cross-check in a result: "cross_check" of the summary and the kernels it found. */
final class CrossCheckTable {
  private final CrossCheck check;

  CrossCheckTable(CrossCheck check) {
    this.check = check;
  }

  /** Adds "cross_check" and the time it took. */
  void addTo(Summary.Builder summary) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("agrees", check.agrees());
    all.put("settled", check.settled());
    all.put("tolerance", check.tolerance());
    all.put("sweeps", check.sweeps());
    all.put("samples", check.samples());
    all.put("acceptance", check.acceptance());
    all.put("drift", check.drift());
    all.put("residual", check.residual());
    List<Map<String, Object>> layers = new ArrayList<>();
    for (CrossCheck.Layer layer : check.layers()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("layer", layers.size() + 1);
      put(row, "relativeDifference", layer.difference());
      row.put("sweep", numbers(layer.sweep()));
      row.put("sampler", numbers(layer.sampler()));
      layers.add(row);
    }
    all.put("layers", layers);
    summary.detail("cross_check", all);
    summary.seconds("crossCheck", check.seconds());
  }

  private static Map<String, Object> numbers(Layer layer) {
    Map<String, Object> row = new LinkedHashMap<>();
    put(row, "alignment", layer.alignment());
    put(row, "trace", layer.trace());
    put(row, "frobenius", layer.frobenius());
    return row;
  }

  private static void put(Map<String, Object> row, String name, Estimate estimate) {
    row.put(name, estimate.value());
    row.put(name + "StandardError", estimate.error());
  }

  /** Adds {@code phi_cross_check_1} to {@code phi_cross_check_L} (P x P). */
  Result addTo(Result result) {
    Result more = result;
    for (int l = 1; l <= check.kernels().size(); l++) {
      double[] kernel = check.kernels().get(l - 1);
      int points = (int) Math.round(Math.sqrt(kernel.length));
      more = more.with("phi_cross_check_" + l, kernel, points, points);
    }
    return more;
  }
}
