package org.richkernel;

import java.util.List;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.KernelCourse;
import org.richkernel.dynamics.LayerKernels;
import org.richkernel.metrics.KernelMetrics;
import org.richkernel.network.Targets;
import org.richkernel.result.Result;

/**
 * The kernels of a training as a result holds them: whole ones of the training points at the start
 * and at the last recorded time, and numbers of those at all recorded times.
 */
final class TrainingKernels {
  private final DynamicsSolution solution;
  private final Targets targets;
  private final int points;
  private final double[] inputKernel; // of the training points

  TrainingKernels(DynamicsSolution solution) {
    this.solution = solution;
    targets = solution.problem().trainTargets();
    points = targets.rows();
    inputKernel = trainBlock(solution.problem().inputKernel());
  }

  /** The training points of an M x M kernel. */
  private double[] trainBlock(double[] kernel) {
    int all = solution.problem().points();
    double[] block = new double[points * points];
    for (int i = 0; i < points; i++) {
      System.arraycopy(kernel, i * all, block, i * points, points);
    }
    return block;
  }

  private LayerKernels train(LayerKernels kernels) {
    return new LayerKernels(
        kernels.step(),
        kernels.feature().stream().map(this::trainBlock).toList(),
        kernels.gradient().stream().map(this::trainBlock).toList());
  }

  /** Numbers of the last feature kernel of each layer; none before the first time. */
  List<KernelMetrics> last() {
    return solution.mean().kernels().isEmpty()
        ? List.of()
        : train(solution.lastKernels()).feature().stream()
            .map(kernel -> KernelMetrics.of(kernel, targets))
            .toList();
  }

  /**
   * Adds phi_l, g_l and ntk with their starts and errors, and alignment_t, trace_t and movement_t
   * (recorded times x (L + 1), the tangent kernel last) over kernel_time, with standard errors: the
   * numbers are those of the mean kernels, the errors come from the spread of the same numbers over
   * the networks, which to first order in 1/sqrt(N) is the same.
   */
  Result addTo(Result result) {
    List<LayerKernels> all = solution.mean().kernels();
    if (all.isEmpty()) {
      return result;
    }
    LayerKernels start = train(all.get(0));
    LayerKernels last = train(all.get(all.size() - 1));
    LayerKernels error = train(solution.standardError().kernels().get(all.size() - 1));
    Result more = result;
    for (int l = 1; l <= last.feature().size(); l++) {
      more =
          more.with("phi_" + l, last.feature().get(l - 1), points, points)
              .with("phi_lazy_" + l, start.feature().get(l - 1), points, points)
              .with("phi_" + l + "_standard_error", error.feature().get(l - 1), points, points)
              .with("g_" + l, last.gradient().get(l - 1), points, points);
    }
    more =
        more.with("ntk", last.tangentKernel(inputKernel), points, points)
            .with("ntk_lazy", start.tangentKernel(inputKernel), points, points);
    return numbers(more, all, start);
  }

  private Result numbers(Result result, List<LayerKernels> all, LayerKernels start) {
    int columns = start.feature().size() + 1;
    int times = all.size();
    double[] time = new double[times];
    double[] alignment = new double[times * columns];
    double[] trace = new double[times * columns];
    double[] movement = new double[times * columns];
    for (int t = 0; t < times; t++) {
      LayerKernels now = train(all.get(t));
      time[t] = now.step() * solution.problem().options().stepSize();
      for (int c = 0; c < columns; c++) {
        KernelMetrics metrics = KernelMetrics.of(kernel(now, c), targets);
        alignment[t * columns + c] = metrics.alignment();
        trace[t * columns + c] = metrics.trace();
        movement[t * columns + c] = movement(kernel(now, c), kernel(start, c));
      }
    }
    KernelCourse errors = solution.standardError().course();
    return result
        .with("kernel_time", time, times)
        .with("alignment_t", alignment, times, columns)
        .with("trace_t", trace, times, columns)
        .with("movement_t", movement, times, columns)
        .with("alignment_t_standard_error", errors.alignment(), times, columns)
        .with("trace_t_standard_error", errors.trace(), times, columns)
        .with("movement_t_standard_error", errors.movement(), times, columns);
  }

  /** Phi^{column + 1}, or the tangent kernel after the last of them. */
  private double[] kernel(LayerKernels kernels, int column) {
    return column < kernels.feature().size()
        ? kernels.feature().get(column)
        : kernels.tangentKernel(inputKernel);
  }

  /** |Phi(t) - Phi(0)|_F / |Phi(0)|_F. */
  private static double movement(double[] now, double[] start) {
    double moved = 0;
    double squares = 0;
    for (int i = 0; i < now.length; i++) {
      moved += (now[i] - start[i]) * (now[i] - start[i]);
      squares += start[i] * start[i];
    }
    return squares == 0 ? 0 : Math.sqrt(moved / squares);
  }
}
