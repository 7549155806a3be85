package org.richkernel.compute.cuda;

import org.richkernel.compute.Precision;

/** The kernels, by module and name; a name ends in the precision that a launch chooses. */
enum Kernel {
  ACTIVATE(KernelModule.ELEMENTWISE, "rk_field_activate"),
  DIFFERENTIATE(KernelModule.ELEMENTWISE, "rk_field_differentiate"),
  SMOOTH(KernelModule.ELEMENTWISE, "rk_field_smooth"),
  SLIDE(KernelModule.ELEMENTWISE, "rk_field_slide"),
  ADD_DIAGONAL(KernelModule.ELEMENTWISE, "rk_diagonal_add"),
  ADD_DIAGONAL_NUMBER(KernelModule.ELEMENTWISE, "rk_diagonal_add_number"),
  AXPY(KernelModule.ELEMENTWISE, "rk_matrix_axpy"),
  COPY_FLOAT32(KernelModule.ELEMENTWISE, "rk_matrix_copy_f32"),
  COPY_FLOAT64(KernelModule.ELEMENTWISE, "rk_matrix_copy_f64"),
  FILL(KernelModule.ELEMENTWISE, "rk_matrix_fill"),
  MULTIPLY(KernelModule.ELEMENTWISE, "rk_matrix_multiply"),
  SUM(KernelModule.ELEMENTWISE, "rk_matrix_sum"),
  DOT(KernelModule.ELEMENTWISE, "rk_matrix_dot"),
  COUNT_NONFINITE(KernelModule.ELEMENTWISE, "rk_matrix_count_nonfinite"),
  SUM_PARTIALS(KernelModule.ELEMENTWISE, "rk_partials_sum"),
  ROW_DOT(KernelModule.ELEMENTWISE, "rk_rows_dot"),
  SCALE(KernelModule.ELEMENTWISE, "rk_matrix_scale"),
  SCALE_COLUMNS(KernelModule.ELEMENTWISE, "rk_columns_scale"),
  SCALE_ROWS(KernelModule.ELEMENTWISE, "rk_rows_scale"),
  ACCUMULATE_PANELS(KernelModule.GRAM, "rk_panels_accumulate_f32"),
  DUAL_ACTIVATION(KernelModule.GRAM, "rk_dual_activation"),
  DUAL_SERIES(KernelModule.GRAM, "rk_dual_series"),
  FINISH_CHOLESKY(KernelModule.GRAM, "rk_cholesky_finish"),
  LOG_DIAGONAL(KernelModule.GRAM, "rk_diagonal_logsum"),
  MIRROR(KernelModule.GRAM, "rk_triangle_mirror"),
  TRANSPOSE(KernelModule.GRAM, "rk_matrix_transpose"),
  FILL_GAUSSIAN(KernelModule.SAMPLING, "rk_field_fill_gaussian"),
  FILL_UNIFORM(KernelModule.SAMPLING, "rk_field_fill_uniform"),
  KICK_ROTATE(KernelModule.SAMPLING, "rk_phase_kick_rotate"),
  BACK_PROJECT(KernelModule.BAYES, "rk_pull_back_project"),
  WEIGH_PULL(KernelModule.BAYES, "rk_pull_weigh");

  private final KernelModule module;
  private final String stem;

  Kernel(KernelModule module, String stem) {
    this.module = module;
    this.stem = stem;
  }

  KernelModule module() {
    return module;
  }

  /** The symbol of the variant in this precision. */
  String symbol(Precision precision) {
    return stem + (precision == Precision.FLOAT32 ? "_f32" : "_f64");
  }
}
