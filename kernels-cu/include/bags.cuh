// Positions of bags of words as they lie on the device, and the scalars by which one moves rows.
#ifndef RK_BAGS_CUH
#define RK_BAGS_CUH

// The most different targets of a position.
#define RK_MOST_TARGETS 64

// Positions whose scalars a block holds at a time.
#define RK_BAG_TILE 32

// Inner products beyond this count as a sigmoid of 0 or 1.
#define RK_BAG_SATURATION 12.0

// A row leaves a position as keep B + add h; e is the sum of pull B and of rest h.
struct rk_bag_scalars {
  float keep[RK_BAG_TILE][RK_MOST_TARGETS];
  float add[RK_BAG_TILE][RK_MOST_TARGETS];
  float pull[RK_BAG_TILE][RK_MOST_TARGETS];
  float rest[RK_BAG_TILE];
};

__device__ __forceinline__ double rk_bag_sigmoid(double d) {
  if (d > RK_BAG_SATURATION) {
    return 1.0;
  }
  return d < -RK_BAG_SATURATION ? 0.0 : 1.0 / (1.0 + exp(-d));
}

// ln(1 + e^d); NaN stays NaN.
__device__ __forceinline__ double rk_bag_softplus(double d) {
  return (d > 0.0 ? d : 0.0) + log1p(exp(d > 0.0 ? -d : d));
}

// Sum of the slabs of one product, in order.
__device__ __forceinline__ double rk_bag_product(const double* partials, rk_index slabs) {
  double sum = 0.0;
  for (rk_index s = 0; s < slabs; s++) {
    sum += partials[s];
  }
  return sum;
}

// The scalars of one position: a target that was drawn K times has g_k = rate (label -
// sigmoid(d_k)), d_(k+1) = rho d_k + g_k |h|^2. Returns its loss.
__device__ __forceinline__ double rk_bag_weigh(
    rk_bag_scalars* scalars, int place, double rate, double decay, const int* targets, int count,
    const double* partials, int products, rk_index slabs) {
  double rho = 1.0 - rate * decay;
  double square = rk_bag_product(partials + (products - 1) * slabs, slabs);
  double rest = 0.0;
  double loss = 0.0;
  for (int t = 0; t < count; t++) {
    double label = t == 0 ? 1.0 : 0.0;
    double d = rk_bag_product(partials + t * slabs, slabs);
    double power = 1.0;
    double sum = 0.0;
    double pulled = 0.0;
    for (int k = 0; k < targets[2 * t + 1]; k++) {
      double g = rate * (label - rk_bag_sigmoid(d));
      loss += rk_bag_softplus(t == 0 ? -d : d);
      pulled += g * power;
      rest += g * sum;
      sum = rho * sum + g;
      power *= rho;
      d = rho * d + g * square;
    }
    scalars->keep[place][t] = (float)power;
    scalars->add[place][t] = (float)sum;
    scalars->pull[place][t] = (float)pulled;
  }
  scalars->rest[place] = (float)rest;
  return loss;
}

#endif
