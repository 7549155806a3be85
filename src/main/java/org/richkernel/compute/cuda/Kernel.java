package org.richkernel.compute.cuda;

import org.richkernel.compute.Precision;

/**
 * The kernels, by source and name; a name ends in the precision that a launch chooses. Every source
 * is a separate module, so unused kernels are not compiled.
 */
enum Kernel {
  ACTIVATE("elementwise/activate.cu", "rk_field_activate"),
  DIFFERENTIATE("elementwise/activate_with_derivative.cu", "rk_field_differentiate"),
  SMOOTH("elementwise/activate_smoothed.cu", "rk_field_smooth"),
  SLIDE("elementwise/activate_sliding.cu", "rk_field_slide"),
  ADD_DIAGONAL("elementwise/add_diagonal.cu", "rk_diagonal_add"),
  ADD_DIAGONAL_NUMBER("elementwise/add_diagonal.cu", "rk_diagonal_add_number"),
  AXPY("elementwise/axpy.cu", "rk_matrix_axpy"),
  COPY_FLOAT32("elementwise/copy.cu", "rk_matrix_copy_f32"),
  COPY_FLOAT64("elementwise/copy.cu", "rk_matrix_copy_f64"),
  FILL("elementwise/fill.cu", "rk_matrix_fill"),
  GATHER_COLUMNS("elementwise/move_columns.cu", "rk_columns_gather"),
  SCATTER_COLUMNS("elementwise/move_columns.cu", "rk_columns_scatter"),
  MULTIPLY("elementwise/multiply.cu", "rk_matrix_multiply"),
  SUM("elementwise/reduce.cu", "rk_matrix_sum"),
  DOT("elementwise/reduce.cu", "rk_matrix_dot"),
  COUNT_NONFINITE("elementwise/reduce.cu", "rk_matrix_count_nonfinite"),
  SUM_PARTIALS("elementwise/reduce.cu", "rk_partials_sum"),
  ROW_DOT("elementwise/row_dot.cu", "rk_rows_dot"),
  SCALE("elementwise/scale.cu", "rk_matrix_scale"),
  SCALE_COLUMNS("elementwise/scale_columns.cu", "rk_columns_scale"),
  SCALE_ROWS("elementwise/scale_rows.cu", "rk_rows_scale"),
  SPLIT("elementwise/split.cu", "rk_factor_split"),
  ACCUMULATE_PANELS("gram/accumulate_panels.cu", "rk_panels_accumulate_f32"),
  DUAL_ACTIVATION("gram/dual_activation.cu", "rk_dual_activation"),
  DUAL_SERIES("gram/dual_series.cu", "rk_dual_series"),
  FINISH_CHOLESKY("gram/finish_cholesky.cu", "rk_cholesky_finish"),
  LOG_DIAGONAL("gram/log_determinant.cu", "rk_diagonal_logsum"),
  MIRROR("gram/mirror_triangle.cu", "rk_triangle_mirror"),
  TRANSPOSE("gram/transpose_square.cu", "rk_matrix_transpose"),
  FILL_GAUSSIAN("sampling/fill_gaussian.cu", "rk_field_fill_gaussian"),
  FILL_UNIFORM("sampling/fill_uniform.cu", "rk_field_fill_uniform"),
  KICK_ROTATE("sampling/kick_rotate.cu", "rk_phase_kick_rotate"),
  BACK_PROJECT("bayes/back_project.cu", "rk_pull_back_project"),
  WEIGH_PULL("bayes/weigh_pull.cu", "rk_pull_weigh"),
  COLS("convolution/patches.cu", "rk_patches_spread"),
  UNCOLS("convolution/patches.cu", "rk_patches_collect"),
  AVERAGE_PATCHES("convolution/patches.cu", "rk_patches_average"),
  GATHER_BAGS("words/gather_bags.cu", "rk_bags_gather"),
  MOVE_BAGS("words/move_bags.cu", "rk_bags_move");

  private final String source;
  private final String stem;

  Kernel(String source, String stem) {
    this.source = source;
    this.stem = stem;
  }

  /** The file that holds it, relative to kernels-cu. */
  String source() {
    return source;
  }

  /** The symbol of the variant in this precision. */
  String symbol(Precision precision) {
    return stem + (precision == Precision.FLOAT32 ? "_f32" : "_f64");
  }
}
