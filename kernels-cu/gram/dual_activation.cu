#include "include/activations.cuh"
#include "include/index.cuh"

#define RK_PI 3.14159265358979323846

// value_ij = E[f(u) f(v)] and slope_ij = E[f'(u) f'(v)] for a Gaussian pair with variances a_i and b_j
// and covariance c_ij, |c| <= s = sqrt(a b).
//   ReLU (Cho and Saul 2009), cos t = c / s: value = (s sin t + c (pi - t)) / (2 pi),
//     slope = (pi - t) / (2 pi), 0 where s = 0; s sin t = sqrt((s - c)(s + c)).
//   erf (Williams 1997), q = 1 + 2 (a + b) + 4 (s - c)(s + c): value = 2/pi atan2(2c, sqrt q),
//     slope = 4/pi / sqrt q.
//   linear: value = c, slope = 1.
//   leaky ReLU with slope g: g c + (1 - g)^2 and g + (1 - g)^2 times those of ReLU; where s = 0 the slope is a product of
//     g (variance 0) and (1 + g) / 2.
//   GELU: see org.richkernel.compute.GeluForm.
// Grid: x over columns, y over rows, any size. Block: 2-D, at most 256 threads. Shared: 0.
// Index ranges: 0 <= i < rows, 0 <= j < columns; lda, ldb: strides of the two vectors of variances.
// Owns: a thread owns value[i][j] and slope[i][j]; value may be c, whose element it reads first.
// Defined by: Backend.dualActivation (org.richkernel.compute.cpu.GaussianPairs).
extern "C" __global__ void __launch_bounds__(256) rk_dual_activation_f64(
    rk_index rows, rk_index columns, int f, double parameter, const double* c, rk_index ldc, const double* a,
    rk_index lda, const double* b, rk_index ldb, double* value, rk_index ldvalue, double* slope,
    rk_index ldslope) {
  RK_FOR_ROWS(i, rows) {
    double rowVariance = a[i * lda];
    RK_FOR_COLUMNS(j, columns, 1) {
      double columnVariance = b[j * ldb];
      double covariance = c[i * ldc + j];
      double v = covariance;
      double d = 1.0;
      if (f != RK_LINEAR) {
        double s = sqrt(rowVariance * columnVariance);
        // written as comparisons, so that NaN stays NaN
        double x = covariance > s ? s : (covariance < -s ? -s : covariance);
        double gap = (s - x) * (s + x);
        if (f == RK_RELU) {
          double height = sqrt(gap);
          double rest = RK_PI - atan2(height, x);
          v = (height + x * rest) / (2.0 * RK_PI);
          d = s == 0.0 ? 0.0 : rest / (2.0 * RK_PI);
        } else if (f == RK_LEAKY_RELU) {
          double height = sqrt(gap);
          double rest = RK_PI - atan2(height, x);
          double square = (1.0 - parameter) * (1.0 - parameter);
          double half = 0.5 * (1.0 + parameter);
          v = parameter * x + square * ((height + x * rest) / (2.0 * RK_PI));
          d = s == 0.0 ? (rowVariance == 0.0 ? parameter : half) *
                             (columnVariance == 0.0 ? parameter : half)
                       : parameter + square * (rest / (2.0 * RK_PI));
        } else if (f == RK_GELU) {
          double e = 1.0 + rowVariance + columnVariance + gap;
          double p = 1.0 / (2.0 * RK_PI * sqrt(e));
          double k = 1.0 / (1.0 + rowVariance) + 1.0 / (1.0 + columnVariance) - 1.0;
          double t = 0.25 + atan2(x, sqrt(e)) / (2.0 * RK_PI);
          double sum = rowVariance * columnVariance + k * x * x;
          v = p * sum + x * t;
          d = x * p * (sum / e + 2.0 * k + 1.0) + t;
        } else {
          double root = sqrt(1.0 + 2.0 * (rowVariance + columnVariance) + 4.0 * gap);
          v = 2.0 / RK_PI * atan2(2.0 * x, root);
          d = 4.0 / RK_PI / root;
        }
      }
      value[i * ldvalue + j] = v;
      slope[i * ldslope + j] = d;
    }
  }
}
