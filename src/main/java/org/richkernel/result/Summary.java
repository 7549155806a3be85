package org.richkernel.result;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.richkernel.compute.BackendInfo;
import org.richkernel.data.DataOrigin;

/**
 * Options, machine and numerical results of a computation: the content of summary.json.
 *
 * @param version of richkernel
 * @param command that was run, for example "bayes"
 * @param config every option by its name, defaults included, in order; null without a value
 * @param lazy scores of the kernel at initialisation by the name of the set, "test" and maybe
 *     "train"
 * @param residual that convergence is judged by
 * @param residualStandardError its Monte Carlo error, where it has one that is not itself
 * @param seconds wall-clock time by part, of the process that finished the run: after a resume the
 *     time before the stop is not in it. "total" is the whole, "io" reading and writing of data,
 *     checkpoints, model and arrays
 * @param peakBytes memory by place, see {@link PeakMemory}
 * @param provenance machine, time and data; empty in summaries of versions without it
 * @param details further numbers of the command: JSON values (maps, lists, text, numbers, booleans)
 *     that stand at the top level of summary.json after the others
 */
public record Summary(
    String version,
    String command,
    Map<String, @Nullable Object> config,
    Optional<BackendInfo> backend,
    OptionalLong seed,
    boolean converged,
    OptionalLong iterations,
    OptionalDouble residual,
    OptionalDouble residualStandardError,
    OptionalDouble tolerance,
    Optional<MonteCarlo> monteCarlo,
    Optional<Score> train,
    Optional<Score> test,
    Map<String, Score> lazy,
    List<LayerSummary> layers,
    Map<String, Double> seconds,
    Map<String, Long> peakBytes,
    Optional<Provenance> provenance,
    Map<String, Object> details) {

  /**
   * Takes copies of the maps; JSON values are normalised and numbers that are not finite dropped.
   */
  public Summary {
    config = JsonValues.options(config, "config");
    lazy = Collections.unmodifiableMap(new LinkedHashMap<>(lazy));
    layers = List.copyOf(layers);
    seconds = Collections.unmodifiableMap(new LinkedHashMap<>(seconds));
    peakBytes = Collections.unmodifiableMap(new LinkedHashMap<>(peakBytes));
    details = JsonValues.object(details, "details");
    for (String key : details.keySet()) {
      if (SummaryJson.KEYS.contains(key)) {
        throw new IllegalArgumentException("the detail " + key + " has a place of its own");
      }
    }
  }

  /**
   * The same after more time on files, which "io" and "total" grow by, and with the time of "total"
   * that belongs to no part as "other"; itself if it has no "total".
   */
  Summary plusIo(double more) {
    if (!seconds.containsKey("total")) {
      return this;
    }
    Map<String, Double> grown = new LinkedHashMap<>(seconds);
    grown.merge("total", more, Double::sum);
    grown.merge("io", more, Double::sum);
    grown.remove("other");
    double parts = -grown.get("total");
    for (double part : grown.values()) {
      parts += part;
    }
    grown.put("other", Math.max(0, grown.get("total") - parts));
    return with(grown, details);
  }

  /** The same with one more detail. */
  Summary withDetail(String key, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(details);
    more.put(key, value);
    return with(seconds, more);
  }

  private Summary with(Map<String, Double> newSeconds, Map<String, Object> newDetails) {
    return new Summary(
        version,
        command,
        config,
        backend,
        seed,
        converged,
        iterations,
        residual,
        residualStandardError,
        tolerance,
        monteCarlo,
        train,
        test,
        lazy,
        layers,
        newSeconds,
        peakBytes,
        provenance,
        newDetails);
  }

  /** Starts a summary of a command with its options. */
  public static Builder builder(String command, Map<String, ?> config) {
    return new Builder(command, config);
  }

  /** Builder of a summary; parts that are not given are absent. */
  public static final class Builder {
    private final String command;
    private final Map<String, @Nullable Object> config;
    private String version = Version.get();
    private Optional<BackendInfo> backend = Optional.empty();
    private OptionalLong seed = OptionalLong.empty();
    private boolean converged;
    private OptionalLong iterations = OptionalLong.empty();
    private OptionalDouble residual = OptionalDouble.empty();
    private OptionalDouble residualStandardError = OptionalDouble.empty();
    private OptionalDouble tolerance = OptionalDouble.empty();
    private Optional<MonteCarlo> monteCarlo = Optional.empty();
    private Optional<Score> train = Optional.empty();
    private Optional<Score> test = Optional.empty();
    private final Map<String, Score> lazy = new LinkedHashMap<>();
    private final List<LayerSummary> layers = new ArrayList<>();
    private final Map<String, Double> seconds = new LinkedHashMap<>();
    private final Map<String, Long> peakBytes = new LinkedHashMap<>();
    private Optional<Provenance> provenance = Optional.of(Provenance.here());
    private final Map<String, Object> details = new LinkedHashMap<>();

    private Builder(String command, Map<String, ?> config) {
      this.command = Objects.requireNonNull(command, "command");
      this.config = new LinkedHashMap<>(config);
    }

    /** Sets the version, for summaries that are read back. */
    Builder version(String value) {
      version = value;
      return this;
    }

    /** The points that it is about. */
    public Builder data(DataOrigin origin) {
      provenance = provenance.map(here -> here.of(origin));
      return this;
    }

    /** Sets where it came to be, for summaries that are read back. */
    Builder provenance(Optional<Provenance> value) {
      provenance = value;
      return this;
    }

    /** Machine and libraries. */
    public Builder backend(BackendInfo value) {
      backend = Optional.of(value);
      return this;
    }

    /** The seed of the random numbers. */
    public Builder seed(long value) {
      seed = OptionalLong.of(value);
      return this;
    }

    /** Whether the stop rule's condition was met; false unless set. */
    public Builder converged(boolean value) {
      converged = value;
      return this;
    }

    /** Iterations done. */
    public Builder iterations(long value) {
      iterations = OptionalLong.of(value);
      return this;
    }

    /** The residual that convergence is judged by; absent when not finite. */
    public Builder residual(double value) {
      residual = Present.of(value);
      return this;
    }

    /** The Monte Carlo error of the residual; absent when not finite. */
    public Builder residualStandardError(double value) {
      residualStandardError = Present.of(value);
      return this;
    }

    /** Tolerance of the residual. */
    public Builder tolerance(double value) {
      tolerance = Present.of(value);
      return this;
    }

    /** The Monte Carlo effort. */
    public Builder monteCarlo(MonteCarlo value) {
      monteCarlo = Optional.of(value);
      return this;
    }

    /** Score on the training set. */
    public Builder train(Score value) {
      train = Optional.of(value);
      return this;
    }

    /** Score on the test set. */
    public Builder test(Score value) {
      test = Optional.of(value);
      return this;
    }

    /** Score of the kernel at initialisation on the test set. */
    public Builder lazyTest(Score value) {
      lazy.put("test", value);
      return this;
    }

    /** Score of the kernel at initialisation on the training set. */
    public Builder lazyTrain(Score value) {
      lazy.put("train", value);
      return this;
    }

    Builder lazy(String set, Score value) {
      lazy.put(set, value);
      return this;
    }

    /** Adds a hidden layer. */
    public Builder layer(LayerSummary value) {
      layers.add(value);
      return this;
    }

    /** Wall-clock seconds of a part: "total", "sampling", "gram", "solve", "io", ... */
    public Builder seconds(String part, double value) {
      if (Double.isFinite(value)) {
        seconds.put(part, value);
      }
      return this;
    }

    /** Most bytes held at once on the host and on the device. */
    public Builder peakBytes(long host, long device) {
      peakBytes.put("host", host);
      peakBytes.put("device", device);
      return this;
    }

    /** Peak memory, bytes, in all and of matrices. */
    public Builder peakBytes(PeakMemory peak) {
      peakBytes(peak.host(), peak.device());
      peakBytes.put("matrices", peak.matrices());
      return this;
    }

    Builder peakBytes(String place, long bytes) {
      peakBytes.put(place, bytes);
      return this;
    }

    /**
     * Adds a number or a structure of the command's own.
     *
     * @throws IllegalArgumentException on {@link #build} if the key has a place of its own
     */
    public Builder detail(String key, Object value) {
      details.put(key, value);
      return this;
    }

    /** The summary. */
    public Summary build() {
      return new Summary(
          version,
          command,
          config,
          backend,
          seed,
          converged,
          iterations,
          residual,
          residualStandardError,
          tolerance,
          monteCarlo,
          train,
          test,
          lazy,
          layers,
          seconds,
          peakBytes,
          provenance,
          details);
    }
  }
}
