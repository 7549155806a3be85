package org.richkernel.compute.cuda;

import java.util.List;

/** Kernels that are compiled together: one translation unit that includes the sources below. */
@SuppressWarnings("ImmutableEnumChecker") // the lists come from List.of and Stream.toList
enum KernelModule {
  PROBE(List.of("index.cuh"), List.of("probe/probe.cu")),
  ELEMENTWISE(
      List.of("activations.cuh", "index.cuh", "reductions.cuh"),
      List.of(
          "elementwise/activate.cu",
          "elementwise/activate_sliding.cu",
          "elementwise/activate_smoothed.cu",
          "elementwise/activate_with_derivative.cu",
          "elementwise/add_diagonal.cu",
          "elementwise/axpy.cu",
          "elementwise/copy.cu",
          "elementwise/fill.cu",
          "elementwise/multiply.cu",
          "elementwise/reduce.cu",
          "elementwise/row_dot.cu",
          "elementwise/scale.cu",
          "elementwise/scale_columns.cu",
          "elementwise/scale_rows.cu")),
  GRAM(
      List.of("activations.cuh", "index.cuh", "reductions.cuh"),
      List.of(
          "gram/accumulate_panels.cu",
          "gram/dual_activation.cu",
          "gram/dual_series.cu",
          "gram/finish_cholesky.cu",
          "gram/log_determinant.cu",
          "gram/mirror_triangle.cu",
          "gram/transpose_square.cu")),
  SAMPLING(
      List.of("box_muller.cuh", "index.cuh", "philox.cuh"),
      List.of("sampling/fill_gaussian.cu", "sampling/fill_uniform.cu", "sampling/kick_rotate.cu")),
  BAYES(
      List.of("index.cuh", "reductions.cuh"),
      List.of("bayes/back_project.cu", "bayes/weigh_pull.cu"));

  private final List<String> includes;
  private final List<String> sources;

  KernelModule(List<String> includes, List<String> sources) {
    this.includes = includes.stream().map(name -> "include/" + name).toList();
    this.sources = sources;
  }

  /** Headers that the sources include. */
  List<String> includes() {
    return includes;
  }

  /** One file per operation. */
  List<String> sources() {
    return sources;
  }
}
