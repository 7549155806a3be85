package org.richkernel.fit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.richkernel.bayes.AdaptiveNbkSolution;
import org.richkernel.bayes.Certificate;
import org.richkernel.bayes.ChainDiagnostics;
import org.richkernel.bayes.LinearSaddle;
import org.richkernel.bayes.ReadoutForm;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.bayes.Search;
import org.richkernel.bayes.SiteFeatures;
import org.richkernel.bayes.sweep.AuditResult;
import org.richkernel.bayes.sweep.CrossCheck;
import org.richkernel.data.Datasets;
import org.richkernel.metrics.Scores;
import org.richkernel.model.ModelSettings;
import org.richkernel.network.NetworkSpec;
import org.richkernel.network.Predictor;
import org.richkernel.network.Targets;
import org.richkernel.result.LayerSummary;
import org.richkernel.result.MonteCarlo;
import org.richkernel.result.Result;
import org.richkernel.result.SavedModel;
import org.richkernel.result.Summary;
import org.richkernel.sampling.Estimate;
import org.richkernel.sampling.SampledVector;

/** A finished adaptive NBK with the NNGP for comparison. */
public final class AdaptiveNbkFit implements Fit {
  private final NetworkSpec network;
  private final SaddleOptions options;
  private final AdaptiveNbkSolution solution;
  private final Search.Outcome outcome;
  private final Optional<CrossCheck> crossCheck;
  private final Optional<AuditTable> audit;
  private final BesideLazy beside;
  private final Points points;
  private final Datasets data;

  /** The outcome of a search with its checks, and the NNGP of the same data. */
  public AdaptiveNbkFit(
      NetworkSpec network,
      Search.Outcome outcome,
      Optional<CrossCheck> crossCheck,
      Optional<AuditTable> audit,
      BesideLazy beside,
      Datasets data) {
    this.network = network;
    this.outcome = outcome;
    this.crossCheck = crossCheck;
    this.audit = audit;
    this.options = outcome.options();
    this.solution = outcome.solution();
    this.beside = beside;
    this.points = beside.points();
    this.data = data;
  }

  /** Kernels, certificate, predictions. */
  public AdaptiveNbkSolution solution() {
    return solution;
  }

  /** The path, starts and candidates of additional solves. */
  public Search.Outcome outcome() {
    return outcome;
  }

  /** Difference to the kernels of an independent method, if requested. */
  public Optional<CrossCheck> crossCheck() {
    return crossCheck;
  }

  /** The audit, if requested and the fit converged by its own certificate. */
  public Optional<AuditResult> audit() {
    return audit.flatMap(AuditTable::audit);
  }

  /**
   * The NNGP fit of the same data with the same noise.
   *
   * @throws java.util.NoSuchElementException if it was left out, see {@link #withoutKernels}
   */
  public LazyFit lazy() {
    return beside.lazy();
  }

  /** The NNGP fit, if it was computed. */
  public Optional<LazyFit> initial() {
    return beside.initial();
  }

  /** Says that P x P kernels were left out; empty where they are there. */
  public Optional<String> withoutKernels() {
    return solution.kernels().isEmpty()
        ? Optional.of(
            kernelNames().replace(" is that", "").replace(" are those", "")
                + " and the kernel at initialisation are left out of the result: "
                + points.trainInputs().rows()
                + " training points are above --save-kernels-up-to "
                + options.largeData().kernelsUpTo())
        : Optional.empty();
  }

  @Override
  public boolean converged() {
    return outcome.converged() && !auditFailed();
  }

  private boolean auditFailed() {
    return failedAudit().isPresent();
  }

  private Optional<AuditResult> failedAudit() {
    return audit().filter(made -> made.outcome() == AuditResult.Outcome.FAILED);
  }

  /** The criteria of the certificate and of the audit that fail, each in a line. */
  public List<String> failures() {
    List<String> failures = new ArrayList<>(solution.certificate().failures(options.tolerance()));
    failedAudit().ifPresent(made -> failures.add("audit: " + made.verdict()));
    return failures;
  }

  /** Whether nothing contradicts the errors of the chains. */
  private boolean errorsHold() {
    return solution.certificate().errorsHold(options.tolerance()) && !auditFailed();
  }

  /** Largest residual and error of the residual that are certified. */
  public double tolerance() {
    return options.tolerance();
  }

  @Override
  public Scores trainScores() {
    return beside.trainScores(solution.trainPredictions());
  }

  @Override
  public Optional<Scores> testScores() {
    return beside.testScores(solution.testPredictions());
  }

  /**
   * Standard error of the test loss that the Monte Carlo error of the predictions causes; 0 for
   * closed forms.
   */
  public double testLossError() {
    return beside.testLossError(solution.test());
  }

  @Override
  public Predictor predictor() {
    return solution.predictor();
  }

  @Override
  public Result result(Map<String, ?> config, double ioSeconds) {
    Certificate certificate = solution.certificate();
    Summary.Builder summary =
        beside
            .summary("bayes", withSelected(config), ioSeconds)
            .data(data.origin())
            .seed(options.seed())
            .converged(converged())
            .iterations(solution.iterations())
            .residual(certificate.residual())
            .tolerance(options.tolerance());
    solution.seconds().forEach(summary::seconds);
    beside.scores(summary, printed(solution.train()), printed(solution.test()));
    if (!solution.chains().isEmpty()) {
      summary.residualStandardError(certificate.residualError()).monteCarlo(monteCarlo());
    }
    for (int l = 1; l <= solution.layers().size(); l++) {
      AdaptiveNbkSolution.Layer layer = solution.layers().get(l - 1);
      LayerSummary line =
          LayerSummary.of(
              l, layer.alignment().value(), layer.trace().value(), layer.frobenius().value());
      summary.layer(
          solution.chains().isEmpty() || !errorsHold()
              ? line
              : line.withStandardErrors(
                  layer.alignment().error(), layer.trace().error(), layer.frobenius().error()));
    }
    summary.detail("method", solution.method());
    solution
        .form()
        .ifPresent(
            form -> {
              summary.detail("form", form.id());
              summary.detail("kernels", kernelsIn(form));
            });
    solution.fields().ifPresent(fields -> summary.detail("fields", fields.id()));
    summary.detail("stop", solution.stop().name().toLowerCase(java.util.Locale.ROOT));
    summary.detail("dualFit", estimate(solution.dualFit()));
    summary.detail("certificate", certificate(certificate));
    if (!solution.chains().isEmpty()) {
      summary.detail("draws", draws());
      summary.detail("chains", chains());
    }
    if (!solution.roots().isEmpty()) {
      summary.detail("roots", roots());
    }
    SearchTables tables = new SearchTables(outcome, points, !auditFailed());
    tables.addTo(summary);
    audit.ifPresent(table -> table.addTo(summary));
    Optional<CrossCheckTable> check = crossCheck.map(CrossCheckTable::new);
    check.ifPresent(table -> table.addTo(summary));
    Result all = tables.addTo(arrays(summary.build()));
    return check.map(table -> table.addTo(all)).orElse(all);
  }

  /** The subject of a sentence about them. */
  private String kernelNames() {
    int depth = network.hiddenLayers();
    return depth == 1 ? "phi_1 is that" : "phi_1 to phi_" + depth + " are those";
  }

  /** Where the kernels of the result come from. */
  private String kernelsIn(ReadoutForm form) {
    return withoutKernels()
        .orElse(
            form == ReadoutForm.DUAL
                ? kernelNames()
                    + " of the populations kept for predictions; numbers average all sweeps"
                : "averages over all sweeps");
  }

  /** The options with the richness and the noise that a selection found. */
  private Map<String, ?> withSelected(Map<String, ?> config) {
    if (outcome.candidates().isEmpty()) {
      return config;
    }
    Map<String, @Nullable Object> found = new LinkedHashMap<>(config);
    found.put("gamma", options.gamma());
    found.put("beta", options.beta());
    found.put("kappa", options.kappa());
    return found;
  }

  private Result arrays(Summary summary) {
    Result result =
        beside.arrays(
            summary, solution.trainPredictions(), solution.testPredictions(), solution.kernels());
    result = ResultParts.with(result, "v", solution.dual(), points.trainTargets().outputs());
    result = beside.withTests(result, printed(solution.test()).standardError());
    double[] trainErrors = printed(solution.train()).standardError();
    if (trainErrors.length > 0) {
      result =
          ResultParts.with(
              result, "f_train_standard_error", trainErrors, points.trainTargets().outputs());
    }
    result = withSites(result);
    for (Map.Entry<String, double[]> column : solution.history().entrySet()) {
      result =
          result.with("history_" + column.getKey(), column.getValue(), column.getValue().length);
    }
    return result;
  }

  /** Adds sites and filters of a convolutional network, and sites at initialisation. */
  private Result withSites(Result result) {
    Optional<SiteFeatures> found =
        solution.sites().map(sites -> errorsHold() ? sites : sites.withoutErrors());
    if (found.isEmpty()) {
      return result;
    }
    Result with = SiteArrays.sites(result, "", found.get().layers());
    if (beside.initial().isPresent()) {
      with = SiteArrays.sites(with, "lazy_", lazy().solution().gram().sites());
    }
    return found.get().filters().isPresent()
        ? SiteArrays.filters(
            with, found.get().filters().get(), network.convolutions().orElseThrow().layers().get(0))
        : with;
  }

  /** Effective samples: independent preactivation draws behind the averages at S. */
  private MonteCarlo monteCarlo() {
    double effective = 0;
    for (ChainDiagnostics chain : solution.chains()) {
      if (chain.samples() == options.samples()) {
        effective += chain.samples() * chain.sweeps() / chain.autocorrelationTime();
      }
    }
    return MonteCarlo.of(options.samples(), effective, solution.certificate().residualError());
  }

  /** Errors that the certificate or the audit does not vouch for are not printed. */
  private SampledVector printed(SampledVector vector) {
    return errorsHold() ? vector : SampledVector.exact(vector.value());
  }

  private Map<String, Object> estimate(Estimate estimate) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("value", estimate.value());
    if (errorsHold()) {
      map.put("standardError", estimate.error());
    }
    return map;
  }

  /** Independent draws behind each number and the agreement of the chains on it. */
  private Map<String, Object> draws() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("dualFit", draws(solution.dualFit()));
    for (int l = 1; l <= solution.layers().size(); l++) {
      AdaptiveNbkSolution.Layer layer = solution.layers().get(l - 1);
      all.put("alignment_" + l, draws(layer.alignment()));
      all.put("trace_" + l, draws(layer.trace()));
      all.put("frobenius_" + l, draws(layer.frobenius()));
    }
    return all;
  }

  private static Map<String, Object> draws(Estimate estimate) {
    Map<String, Object> map = new LinkedHashMap<>();
    putFinite(map, "effectiveSamples", estimate.effectiveSamples());
    putFinite(map, "rHat", estimate.rHat());
    return map;
  }

  private static void putFinite(Map<String, Object> map, String key, double value) {
    if (Double.isFinite(value)) {
      map.put(key, value);
    }
  }

  private Map<String, Object> certificate(Certificate certificate) {
    Map<String, Object> map = new LinkedHashMap<>();
    putFinite(map, "residual", certificate.residual());
    putFinite(map, "residualStandardError", certificate.residualError());
    if (!certificate.layers().isEmpty()) {
      putFinite(map, "rHat", certificate.mixing().rHat());
      putFinite(map, "effectiveSweeps", certificate.effectiveSweeps());
      map.put("slowest", certificate.mixing().slowest());
      map.put("sweeps", certificate.sweeps());
      putFinite(map, "largestShare", certificate.largestShare());
      certificate.wells().ifPresent(wells -> map.put("wells", wells));
    }
    certificate.sampleSize().ifPresent(size -> map.put("sampleSize", sampleSize(size)));
    map.put("failures", failures());
    if (certificate.layers().size() > 1) {
      map.put("layers", certificate.layers().stream().map(AdaptiveNbkFit::layer).toList());
    }
    return map;
  }

  private static Map<String, Object> sampleSize(Certificate.SampleSize size) {
    Map<String, Object> map = new LinkedHashMap<>();
    putFinite(map, "residual", size.residual());
    putFinite(map, "residualStandardError", size.residualError());
    putFinite(map, "effectiveDimension", size.dimension());
    map.put("largestEffectiveDimension", size.largestDimension());
    putFinite(map, "effectiveDimensionAtS", size.dimensionAtS());
    map.put("samplesWanted", size.wanted());
    return map;
  }

  private static Map<String, Object> layer(Certificate.Layer layer) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("layer", layer.layer());
    putFinite(map, "residual", layer.residual());
    putFinite(map, "residualStandardError", layer.residualError());
    return map;
  }

  private List<Map<String, Object>> chains() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (ChainDiagnostics chain : solution.chains()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("samples", chain.samples());
      row.put("step", chain.step());
      row.put("acceptance", chain.acceptance());
      row.put("autocorrelationTime", chain.autocorrelationTime());
      row.put("sweeps", chain.sweeps());
      row.put("devices", chain.devices());
      rows.add(row);
    }
    return rows;
  }

  private List<Map<String, Object>> roots() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (LinearSaddle.Root root : solution.roots()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("t", root.t());
      row.put("action", root.action());
      row.put("chosen", rows.isEmpty());
      rows.add(row);
    }
    return rows;
  }

  /** Targets of the test points, if there were any. */
  public Optional<Targets> testTargets() {
    return points.testTargets();
  }

  @Override
  public Map<String, Object> options() {
    Map<String, Object> all = ModelSettings.describe(network);
    all.putAll(options.describe());
    return all;
  }

  @Override
  public Optional<SavedModel> model() {
    return Optional.of(ModelSettings.of(predictor(), data));
  }
}
