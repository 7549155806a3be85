package org.richkernel.bench;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.richkernel.compute.Backend;

/** A backend that adds up time by operation. */
public final class MeteredBackend {
  /** Operations whose work is matrix-matrix products or factorizations built of them. */
  private static final Set<String> BLAS3 =
      Set.of(
          "gemm",
          "syrk",
          "gram",
          "crossGram",
          "mirroredCrossGram",
          "multiplyTriangular",
          "cholesky",
          "solveTriangular",
          "solveCholesky",
          "eigenSymmetric");

  private final Map<String, long[]> nanosAndCalls = new TreeMap<>();
  private final Backend metered;

  /** A backend that adds up wall-clock time. */
  public MeteredBackend(Backend backend) {
    this(backend, System::nanoTime);
  }

  /**
   * A backend that adds up the time of a clock.
   *
   * @param clock nanoseconds
   */
  public MeteredBackend(Backend backend, LongSupplier clock) {
    metered =
        (Backend)
            Proxy.newProxyInstance(
                Backend.class.getClassLoader(),
                new Class<?>[] {Backend.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("devices")) {
                    return List.of(proxy);
                  }
                  long start = clock.getAsLong();
                  try {
                    return method.invoke(backend, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  } finally {
                    long[] entry =
                        nanosAndCalls.computeIfAbsent(method.getName(), name -> new long[2]);
                    entry[0] += clock.getAsLong() - start;
                    entry[1]++;
                  }
                });
  }

  public Backend backend() {
    return metered;
  }

  /** Forgets what was added up. */
  public void clear() {
    nanosAndCalls.clear();
  }

  /** Share of the given time that was spent in BLAS-3 and LAPACK. */
  public double blas3Share(double seconds) {
    long nanos = 0;
    for (Map.Entry<String, long[]> entry : nanosAndCalls.entrySet()) {
      nanos += BLAS3.contains(entry.getKey()) ? entry.getValue()[0] : 0;
    }
    return nanos * 1e-9 / seconds;
  }

  /** Operations by time, as rows of a Markdown table. */
  public String table(double seconds) {
    StringBuilder text =
        new StringBuilder(
            "| operation | calls | seconds | share |\n| --- | ---: | ---: | ---: |\n");
    nanosAndCalls.entrySet().stream()
        .sorted((a, b) -> Long.compare(b.getValue()[0], a.getValue()[0]))
        .limit(14)
        .forEach(
            e ->
                text.append(
                    String.format(
                        Locale.ROOT,
                        "| %s | %d | %.2f | %.1f %% |%n",
                        e.getKey(),
                        e.getValue()[1],
                        e.getValue()[0] * 1e-9,
                        100 * e.getValue()[0] * 1e-9 / seconds)));
    return text.toString();
  }
}
