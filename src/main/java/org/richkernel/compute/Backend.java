package org.richkernel.compute;

import java.util.List;
import org.richkernel.group.RankGroup;

/**
 * The operations that the theories are written in, run on one device: {@link LinearAlgebra}, Monte
 * Carlo sampling, and elementwise work on the fields of networks.
 *
 * <p>Matrices are row-major. Unless an operation says otherwise its operands have one precision,
 * outputs do not overlap inputs, and a shape that does not fit throws {@link
 * IllegalArgumentException} naming the operation and the shapes. A matrix with zero rows or columns
 * is allowed everywhere. NaN and infinities propagate as in IEEE arithmetic. No operation allocates
 * once its shapes have been seen.
 *
 * <p>Results are deterministic for a fixed device, number of threads and shape. Operations may run
 * asynchronously on the device; operations that return a number or fill an array wait for it.
 *
 * <p>A backend serves one thread at a time: the one that allocated its first open matrix, until the
 * last is closed. Any other thread that allocates or computes meanwhile gets an {@link
 * IllegalStateException}; see {@link Ownership}. For work in parallel, open a backend for each
 * thread.
 */
public interface Backend extends LinearAlgebra, AutoCloseable {

  /** Description of the machine and the libraries of this backend. */
  BackendInfo info();

  /**
   * This backend, and one for each other device that it was opened with, in the order of {@link
   * BackendOptions#devices()}. Work that is independent may be spread over them, one thread to
   * each. Memory is counted for each by itself; all close with this one.
   */
  default List<Backend> devices() {
    return List.of(this);
  }

  /** The group of processes that compute together, this one included. */
  default RankGroup ranks() {
    return RankGroup.alone();
  }

  /**
   * Largest number of lanes of this device in addition to matrices of the given size; a lane costs
   * the memory of its libraries.
   *
   * @param bytes that all lanes together will allocate
   * @return at least 1
   */
  default int mostLanes(long bytes) {
    return 1;
  }

  /**
   * This backend, and others that compute beside it on the same device: work too small to fill a
   * device alone is done in lanes at the same time, one thread to each. All lanes give the same
   * numbers. Memory is counted for all of them together, and all close with this one.
   *
   * @param count lanes wanted, at least 1
   * @return as many, or as many as there can be
   */
  default List<Backend> lanes(int count) {
    return List.of(this);
  }

  /**
   * Passes this backend on with its open matrices, from a thread that waits to one that works, or
   * back.
   *
   * @throws IllegalStateException if a third thread is served
   */
  void handOver(Thread from, Thread to);

  // ---- memory ------------------------------------------------------------------------------

  /**
   * Allocates a matrix filled with zeros.
   *
   * @param label content, for messages @throws OutOfDeviceMemoryException if the memory is not
   *     available
   */
  Matrix allocate(Precision precision, int rows, int columns, String label);

  /** Bytes held by matrices that are open now on this device, scratch memory included. */
  long allocatedBytes();

  /** Largest value of {@link #allocatedBytes()} so far. */
  long peakBytes();

  /** Number of owned matrices that are open. */
  int openMatrices();

  /** Bytes that could still be allocated. */
  long availableBytes();

  /**
   * Bytes of the device in use after this backend opened and before any allocation: by contexts,
   * libraries and other programs. They are not among {@link #availableBytes()}.
   */
  default long takenBytes() {
    return 0;
  }

  /** The most that a matrix of so many bytes takes of {@link #availableBytes()}. */
  default long roundedBytes(long bytes) {
    return bytes;
  }

  /** Bytes of scratch that {@link #eigenSymmetric} of so many rows leaves allocated. */
  long eigenScratchBytes(int rows);

  /**
   * How many rows of a field with this many columns to process at a time: as many as stay in fast
   * memory, or as fill a device that computes on many at once.
   */
  int panelRows(int columns);

  /** Target from source, row-major and dense; converts to the target's precision. */
  void upload(double[] source, Matrix target);

  /** Target from source, row-major and dense; converts to the target's precision. */
  void upload(float[] source, Matrix target);

  /** Source to target, row-major and dense; waits for work under way. */
  void download(Matrix source, double[] target);

  /** Source to target, row-major and dense; waits for work under way. */
  void download(Matrix source, float[] target);

  /** target = source; the precisions may differ. */
  void copy(Matrix source, Matrix target);

  /**
   * Column j of target = column columns[j] of source.
   *
   * @param target rows x columns.length
   */
  default void gatherColumns(Matrix source, int[] columns, Matrix target) {
    Operands.columns("gatherColumns", source, columns, target);
    int rows = source.rows();
    for (int j = 0; j < columns.length; ) {
      int run = Operands.run(columns, j);
      copy(source.view(0, rows, columns[j], run), target.view(0, rows, j, run));
      j += run;
    }
  }

  /**
   * Column columns[j] of target = column j of source; other columns stay.
   *
   * @param source rows x columns.length
   * @param columns no two alike
   */
  default void scatterColumns(Matrix source, int[] columns, Matrix target) {
    Operands.columns("scatterColumns", target, columns, source);
    int rows = source.rows();
    for (int j = 0; j < columns.length; ) {
      int run = Operands.run(columns, j);
      copy(source.view(0, rows, j, run), target.view(0, rows, columns[j], run));
      j += run;
    }
  }

  // ---- activations -------------------------------------------------------------------------

  /** phi = f(h); phi may be h. */
  void activate(Activation f, Matrix h, Matrix phi);

  /** phi = f(h) and slope = f'(h) in one pass; phi may be h. */
  void activateWithDerivative(Activation f, Matrix h, Matrix phi, Matrix slope);

  /**
   * phi_ij = E_z f(h_ij + s_j z) with z ~ N(0, 1): the activation of a preactivation that is known
   * up to Gaussian noise. ReLU: h NormCdf(h/s) + s NormPdf(h/s); erf: erf(h / sqrt(1 + 2 s^2));
   * linear: h; tanh: a trapezoidal rule whose spacing follows s, good to 1e-6. FLOAT32.
   *
   * @param deviation 1 x columns, s_j &gt;= 0
   * @param phi may be h
   */
  void activateSmoothed(Activation f, Matrix h, Matrix deviation, Matrix phi);

  /**
   * phi = f(h), and the derivative of f with a kink resolved as a point sees it that its own pull
   * moves across: for ReLU slope_ij = clamp(1/2 + h_ij / (reach_j |pull_ij|), 0, 1). A pull towards
   * the kink from both sides then comes to rest within reach_j |pull_ij| / 2 of it, at the slope
   * that balances it. Smooth activations have their plain derivative. FLOAT32.
   *
   * @param pull same shape as h; only its magnitude counts
   * @param reach 1 x columns, positive: how far a unit pull is smoothed over
   * @param phi may be h
   * @param slope may be pull
   */
  void activateSliding(Activation f, Matrix h, Matrix pull, Matrix reach, Matrix phi, Matrix slope);

  // ---- patches of images ---------------------------------------------------------------------

  /**
   * Patches of images side by side (im2col): target[d S + i, mu A + a] = source[i, mu B + t] with t
   * = table[a, d], and 0 where t is negative. Columns of a field are (image, site). FLOAT32.
   *
   * @param table A x k, whole numbers below B: the site of the source that offset d of site a
   *     reads, -1 for none
   * @param source S x (images B)
   * @param target (k S) x (images A)
   */
  void cols(Matrix table, Matrix source, Matrix target);

  /**
   * The transpose of {@link #cols}: target[i, mu A + b] = sum_d source[d S + i, mu B + t] with t =
   * table[b, d], over t that are not negative, in the order of d. FLOAT32.
   *
   * @param table A x k, whole numbers below B: the site of the source that reads site b at offset
   *     d, -1 for none
   * @param source (k S) x (images B)
   * @param target S x (images A)
   */
  void uncols(Matrix table, Matrix source, Matrix target);

  /**
   * Kernels between pairs of sites, averaged over the offsets of a convolution: target[mu A + a, nu
   * C + b] = scale sum_d source[mu B + t, nu D + u] with t = rows[a, d] and u = columns[b, d], over
   * t and u that are not negative, in the order of d. The table of inputs on both sides gives k F
   * at scale 1, that of outputs its adjoint. FLOAT64.
   *
   * @param rows A x k in FLOAT32, whole numbers below B
   * @param columns C x k in FLOAT32, whole numbers below D; may be rows
   * @param source (images B) x (other images D)
   * @param target (images A) x (other images C); not source
   */
  void averagePatches(double scale, Matrix rows, Matrix columns, Matrix source, Matrix target);

  // ---- kernels at initialisation (FLOAT64) --------------------------------------------------

  /**
   * Closed-form expectations of an activation over a Gaussian pair: value_ij = E[f(u) f(v)] and
   * slope_ij = E[f'(u) f'(v)] with Var u = rowVariance_i, Var v = columnVariance_j and Cov(u, v) =
   * covariance_ij. ReLU and leaky ReLU: arc-cosine kernels; erf: arc-sine; GELU; linear: covariance
   * and 1.
   *
   * @param covariance P x Q
   * @param rowVariance P x 1
   * @param columnVariance Q x 1
   * @param value P x Q; may be covariance
   * @param slope P x Q
   * @throws IllegalArgumentException for an activation without a closed form; use {@link
   *     #dualSeries}
   */
  void dualActivation(
      Activation f,
      Matrix covariance,
      Matrix rowVariance,
      Matrix columnVariance,
      Matrix value,
      Matrix slope);

  /**
   * The same expectations from Hermite coefficients: value_ij = sum_n a_in b_jn rho_ij^n and
   * slope_ij = sum_n n a_in b_jn rho_ij^(n-1).
   *
   * @param rowCoefficients P x (n_max + 1)
   * @param columnCoefficients Q x (n_max + 1)
   * @param correlation P x Q, entries in [-1, 1]
   * @param value P x Q; may be correlation
   * @param slope P x Q
   */
  void dualSeries(
      Matrix rowCoefficients,
      Matrix columnCoefficients,
      Matrix correlation,
      Matrix value,
      Matrix slope);

  // ---- fused steps of the samplers (FLOAT32) -------------------------------------------------

  /**
   * Back-projection of a rank-K pull on an activation: out_si = scale slope_si sum_k (sum_j phi_sj
   * v_jk) v_ik.
   *
   * @param phi S x P
   * @param slope S x P, the derivative of the activation
   * @param v P x K
   * @param out S x P; may be slope
   */
  void backProject(double scale, Matrix phi, Matrix slope, Matrix v, Matrix out);

  /**
   * A kick followed by the exact flow of the harmonic oscillator for a time (angle): p = p - kick
   * g; then (x, p) = (x cos + p sin, p cos - x sin), taken as the three shears x += tan(angle / 2)
   * p, p -= sin(angle) x, x += tan(angle / 2) p, which preserve volume exactly in rounded
   * arithmetic too. All are S x r.
   */
  void kickRotate(double kick, Matrix g, double angle, Matrix x, Matrix p);

  // ---- word embeddings (FLOAT32) -------------------------------------------------------------

  /**
   * Gradient descent on continuous bags of words with negative sampling (Mikolov et al.,
   * arXiv:1310.4546, as the word2vec program orders it). A position with contexts c_1..c_m (with
   * repetition) and targets t_0, t_1, ... in order, rho = 1 - rate decay:
   *
   * <pre>
   * h = (1/m) sum_j A_cj, e = 0
   * for each target t:  g = rate (label - sigmoid(h.B_t)); e += g B_t; B_t = rho B_t + g h
   * for each context c: A_c = rho A_c + e/m
   * </pre>
   *
   * with label 1 of t_0 and 0 of the others. Equal targets follow each other, so that h.B_t of the
   * second is rho h.B_t + g |h|^2. The sigmoid is exact, and 0 or 1 beyond 12. In batches h and e
   * are those at the rows before the batch, and the rows are then moved in the order of the
   * positions; batches of 1 are the sequential program. Sums over columns have an order that
   * depends on their number alone, so threads change no bit.
   *
   * @param bags each with a context at least and at most {@link Operands#MOST_TARGETS} targets
   * @param batch number of positions of a batch; the last batch may be shorter
   * @param decay weight decay lambda of the rows that a position touches, once an occurrence
   * @param input A, V x H
   * @param output B, V x H
   * @param hidden at least batch x H; undefined afterwards
   * @param pull the same
   * @param losses 1 x at least positions, FLOAT64: loss_i = -sum_t ln sigmoid(+-h.B_t) of each
   */
  void descendBags(
      WordBags bags,
      int batch,
      double decay,
      Matrix input,
      Matrix output,
      Matrix hidden,
      Matrix pull,
      Matrix losses);

  // ---- work that comes again and again ---------------------------------------------------------

  /**
   * Work to be repeated: a device may record it once and repeat it by one call, with the same
   * numbers. Recording runs the work without effect, so it consists of operations of this backend
   * alone, which are the same each time, and neither allocates, nor moves data to or from arrays,
   * nor asks for a number.
   *
   * @param name for messages
   */
  default Routine routine(String name, Runnable work) {
    return Routine.of(work);
  }

  // ---- random numbers ----------------------------------------------------------------------

  /** Standard normals of samples from their first one on. */
  default void fillGaussian(long seed, long stream, long firstSample, Matrix target) {
    fillGaussian(seed, stream, firstSample, 0, target);
  }

  /**
   * Standard normals from Philox 4x32-10 and Box-Muller. Element (i, j) depends on (seed, stream,
   * firstSample + i, firstIndex + j) alone, so any block of rows and columns may be filled on its
   * own.
   *
   * @param seed the key
   * @param stream purpose of the numbers; see {@link RandomStreams}
   * @param firstSample index of the first row in the population, 0 to 2^32 - 1
   * @param firstIndex index of the first column among the numbers of a sample, at least 0
   * @param target FLOAT32
   */
  void fillGaussian(long seed, long stream, long firstSample, int firstIndex, Matrix target);

  /**
   * Uniforms in (0, 1]: the word rounded to float32, then times 2^-32 plus 2^-33 in one fused
   * multiply-add; counters as in fillGaussian.
   */
  void fillUniform(long seed, long stream, long firstSample, Matrix target);

  /** Waits for all work under way. */
  void synchronize();

  /** Frees scratch memory; matrices still open are reported by an IllegalStateException. */
  @Override
  void close();
}
