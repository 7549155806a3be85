package org.richkernel.dynamics;

import org.richkernel.compute.MemoryPlan;
import org.richkernel.compute.Precision;
import org.richkernel.network.NetworkSites;
import org.richkernel.network.SiteMap;

/** Memory of a {@link CausalRun}. */
final class CausalPlan {
  private CausalPlan() {}

  /** Adds a population and its copy in a checkpoint to a plan. */
  static void add(MemoryPlan plan, DynamicsProblem problem, CausalOptions causal, int samples) {
    NetworkSites sites = problem.sites();
    int layers = sites.layers();
    int points = problem.points();
    int driving = problem.batches().size();
    int outputs = problem.outputs();
    int most = Math.multiplyExact(points, sites.mostSites());
    int inputFields = InputFields.fields(problem);
    int rank = InputFields.rank(problem);
    plan.add("input factor", Precision.FLOAT32, inputFields, rank)
        .add("input noise", Precision.FLOAT32, samples, rank)
        .add("h of layer 1", Precision.FLOAT32, samples, inputFields)
        .add("field", Precision.FLOAT32, samples, most)
        .add("outputs and failures", Precision.FLOAT64, points + 1, answers(layers, outputs))
        .add("input pull", Precision.FLOAT32, driving * sites.sites(1), inputFields)
        .addHost((long) samples * inputFields * Float.BYTES)
        // Phi^0, its rows of one step, and the kernels for the choice of directions
        .addHost((long) (inputFields + driving * sites.sites(1)) * inputFields * Double.BYTES)
        .addHost(2L * most * most * Double.BYTES);
    SiteReadouts.plan(plan, problem, samples);
    SiteColumns.plan(plan, samples, points, sites.mostSites());
    PresentKernels.plan(plan, points);
    if (problem.network().convolutions().isPresent()) {
      SiteTangents.plan(plan, most);
    }
    for (int l = 1; l <= layers; l++) {
      int fields = points * sites.sites(l);
      plan.add("phi of layer " + l, Precision.FLOAT32, samples, fields)
          .add("slope of layer " + l, Precision.FLOAT32, samples, fields)
          .add("g of layer " + l, Precision.FLOAT32, samples, fields);
    }
    planHidden(plan, problem, causal, samples);
  }

  private static void planHidden(
      MemoryPlan plan, DynamicsProblem problem, CausalOptions causal, int samples) {
    NetworkSites sites = problem.sites();
    int points = problem.points();
    int driving = problem.batches().size();
    long steps = problem.options().steps();
    boolean all = allLeavePast(sites);
    long driven = problem.trainPoints() + driving * steps;
    long times = all ? points * (steps + 1) : driven;
    int directions = causal.maxDirections();
    int columns = 0;
    int height = 0;
    int patches = 0;
    for (int l = 1; l < sites.layers(); l++) {
      SiteMap map = sites.map(l + 1);
      int below = sites.sites(l);
      int above = sites.sites(l + 1);
      HistorySize phi =
          HistorySize.of(directions, times, points, below, above, map, all ? 0 : points - driving);
      HistorySize g = HistorySize.of(directions, driven, points, above, below, map, points);
      HiddenWeights.plan(plan, l, samples, phi, g, map);
      columns = Math.max(columns, Math.max(phi.columns(), phi.ownColumns()));
      columns = Math.max(columns, Math.max(g.columns(), g.ownColumns()));
      height = Math.max(height, Math.max(phi.height(), g.height()));
      patches = Math.max(patches, Math.max(phi.patches(), g.patches()));
    }
    if (sites.layers() > 1) {
      int most = points * sites.mostSites();
      HiddenWeights.planScratch(plan, samples, columns, most, height, patches);
    }
  }

  /**
   * Whether features of all points leave a past, and not only of driving ones: weights shared by
   * sites couple their responses.
   */
  static boolean allLeavePast(NetworkSites sites) {
    return sites.maps().stream().skip(1).anyMatch(map -> !PatchMap.isPointwise(map));
  }

  /** Number of columns of outputs and failure counts of a time. */
  private static int answers(int layers, int outputs) {
    return Math.max(outputs, 2 * (layers - 1));
  }
}
