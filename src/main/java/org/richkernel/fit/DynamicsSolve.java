package org.richkernel.fit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.richkernel.compute.Backend;
import org.richkernel.compute.MemoryPlan;
import org.richkernel.dynamics.AlternatingOptions;
import org.richkernel.dynamics.AlternatingSolver;
import org.richkernel.dynamics.Approximation;
import org.richkernel.dynamics.CausalOptions;
import org.richkernel.dynamics.CausalSolver;
import org.richkernel.dynamics.DynamicsProblem;
import org.richkernel.dynamics.DynamicsSolution;
import org.richkernel.dynamics.GradientIndependenceSolver;
import org.richkernel.dynamics.LinearSolver;
import org.richkernel.dynamics.NetworkComparison;
import org.richkernel.dynamics.OneHiddenLayerSolver;
import org.richkernel.dynamics.PerturbativeSolver;
import org.richkernel.dynamics.SolutionForm;
import org.richkernel.dynamics.SolverKind;
import org.richkernel.dynamics.StaticKernelSolver;
import org.richkernel.network.InvalidProblemException;
import org.richkernel.solver.RunControl;
import org.richkernel.solver.Stages;
import org.richkernel.solver.StopReason;

/** The solves behind one {@link DynamicsFit}: the lazy limit, the approximations, the theory. */
public final class DynamicsSolve {
  private static final double STABLE_SHARE = 0.25;
  private static final double FLOW_ACCURACY = 3e-3;

  private final DynamicsSettings settings;
  private final DynamicsProblem problem;
  private final DynamicsProblem comparison; // the same without two-time kernels
  private final Backend backend;

  /**
   * Solutions of all solves.
   *
   * @param course of the requested theory
   * @param lazy the limit gamma to 0
   * @param approximations beside it, with --compare
   * @param refusals why an approximation does not apply, with --compare
   */
  public record Solved(
      DynamicsCourse course,
      DynamicsSolution lazy,
      Map<Approximation, DynamicsSolution> approximations,
      Map<Approximation, String> refusals) {}

  /**
   * @param settings resolved
   */
  public DynamicsSolve(DynamicsSettings settings, Points points, Backend backend) {
    this.settings = settings;
    this.backend = backend;
    problem = settings.problem(points);
    comparison = problem.withOptions(problem.options().withSaveHistory(false));
  }

  /** Advice on a cheaper way to the theory, in one line, if there is one. */
  public Optional<String> cheaper() {
    boolean marched =
        settings.approximation() == Approximation.NONE && settings.solver() == SolverKind.CAUSAL;
    return marched ? new NetworkComparison(problem, causal()).advice() : Optional.empty();
  }

  /** One plan for each solve. */
  public List<MemoryPlan> plans() {
    List<MemoryPlan> plans = new ArrayList<>();
    plans.add(new StaticKernelSolver().plan(problem));
    compared().forEach(kind -> plans.add(plan(kind, comparison)));
    plans.add(
        settings.approximation() == Approximation.NONE
            ? planTheory()
            : plan(settings.approximation(), problem));
    return plans;
  }

  private MemoryPlan plan(Approximation kind, DynamicsProblem on) {
    return switch (kind) {
      case NONE, STATIC_NTK -> new StaticKernelSolver().plan(on);
      case GRADIENT_INDEPENDENCE -> {
        GradientIndependenceSolver.requireSolvable(on);
        yield new GradientIndependenceSolver(causal()).plan(on);
      }
      case PERTURBATIVE -> {
        PerturbativeSolver.requireSolvable(on);
        yield perturbative().plan(on);
      }
    };
  }

  private MemoryPlan planTheory() {
    return switch (settings.solver()) {
      case CAUSAL, AUTO -> new CausalSolver(causal()).plan(problem);
      case ALTERNATING -> alternating().plan(problem);
      case LINEAR -> new LinearSolver().plan(problem);
      case ONE_HIDDEN -> flow().plan(problem);
    };
  }

  private CausalOptions causal() {
    CausalOptions defaults = CausalOptions.defaults();
    return settings.tolerance().isEmpty()
        ? defaults
        : defaults.withTolerance(settings.tolerance().getAsDouble());
  }

  private PerturbativeSolver perturbative() {
    return settings.tolerance().isEmpty()
        ? new PerturbativeSolver()
        : new PerturbativeSolver(settings.tolerance().getAsDouble());
  }

  private AlternatingSolver alternating() {
    AlternatingOptions defaults = AlternatingOptions.defaults();
    return new AlternatingSolver(
        new AlternatingOptions(
            defaults.damping(),
            defaults.maxPasses(),
            settings.tolerance().orElse(defaults.tolerance()),
            defaults.jitter(),
            defaults.populations()));
  }

  private OneHiddenLayerSolver flow() {
    return settings.tolerance().isEmpty()
        ? new OneHiddenLayerSolver()
        : new OneHiddenLayerSolver(FLOW_ACCURACY, settings.tolerance().getAsDouble());
  }

  /** The approximations that --compare asks for and that the problem allows, the lazy one aside. */
  private List<Approximation> compared() {
    List<Approximation> kinds = new ArrayList<>();
    if (settings.compare()) {
      for (Approximation kind :
          List.of(Approximation.PERTURBATIVE, Approximation.GRADIENT_INDEPENDENCE)) {
        if (refusal(kind).isEmpty()) {
          kinds.add(kind);
        }
      }
    }
    return kinds;
  }

  /** Why an approximation does not apply to the problem, in a line. */
  private Optional<String> refusal(Approximation kind) {
    try {
      plan(kind, comparison);
      return Optional.empty();
    } catch (InvalidProblemException e) {
      // not a failure: --compare shows the methods that apply
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Solves the cheap problems first and the theory last; a checkpoint holds the finished solutions
   * and the state of the present problem.
   *
   * @return empty if a stop was requested
   */
  public Optional<Solved> solve(RunControl control) {
    Stages stages = new Stages(control);
    Optional<DynamicsSolution> found =
        stages.next(new SolutionForm(problem), own -> whole(lazy().solve(problem, backend, own)));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    DynamicsSolution lazy = found.get();
    Map<Approximation, DynamicsSolution> approximations = new LinkedHashMap<>();
    Map<Approximation, String> refusals = new LinkedHashMap<>();
    if (settings.compare()) {
      approximations.put(Approximation.STATIC_NTK, lazy);
      for (Approximation kind : Approximation.values()) {
        refusal(kind).ifPresent(reason -> refusals.put(kind, reason));
      }
    }
    for (Approximation kind : compared()) {
      Optional<DynamicsSolution> solution =
          stages.next(
              new SolutionForm(comparison), own -> whole(solve(kind, comparison, lazy, own)));
      if (solution.isEmpty()) {
        return Optional.empty();
      }
      approximations.put(kind, solution.get());
    }
    return stages
        .last(own -> course(lazy, own))
        .map(course -> new Solved(course, lazy, approximations, refusals));
  }

  /** A solution, unless it was cut short by a stop. */
  private static Optional<DynamicsSolution> whole(DynamicsSolution solution) {
    return Optional.of(solution).filter(found -> found.reason() != StopReason.INTERRUPTED);
  }

  private Optional<DynamicsCourse> course(DynamicsSolution lazy, RunControl control) {
    if (settings.approximation() == Approximation.NONE
        && settings.solver() == SolverKind.ONE_HIDDEN) {
      return Optional.of(flow().solve(problem, backend, control))
          .filter(solution -> solution.reason() != StopReason.INTERRUPTED)
          .map(solution -> DynamicsCourse.of(solution, backend));
    }
    if (settings.approximation() == Approximation.NONE
        && settings.solver() == SolverKind.ALTERNATING) {
      return Optional.of(alternating().solve(problem, backend, control))
          .filter(solution -> solution.dynamics().reason() != StopReason.INTERRUPTED)
          .map(DynamicsCourse::of);
    }
    DynamicsSolution solution =
        settings.approximation() == Approximation.NONE
            ? theory(control)
            : solve(settings.approximation(), problem, lazy, control);
    return whole(solution).map(DynamicsCourse::of);
  }

  /** The lazy limit of the steps, or of the flow, whose times may be far apart. */
  private StaticKernelSolver lazy() {
    StaticKernelSolver plain = new StaticKernelSolver();
    if (settings.solver() != SolverKind.ONE_HIDDEN) {
      return plain;
    }
    double small = STABLE_SHARE * plain.largestStableStep(problem, backend);
    return new StaticKernelSolver(
        (int) Math.max(1, Math.ceil(problem.options().stepSize() / small)));
  }

  private DynamicsSolution theory(RunControl control) {
    return settings.solver() == SolverKind.LINEAR
        ? new LinearSolver().solve(problem, backend, control)
        : new CausalSolver(causal()).solve(problem, backend, control);
  }

  private DynamicsSolution solve(
      Approximation kind, DynamicsProblem on, DynamicsSolution lazy, RunControl control) {
    return switch (kind) {
      case NONE, STATIC_NTK -> lazy;
      case GRADIENT_INDEPENDENCE ->
          new GradientIndependenceSolver(causal()).solve(on, backend, control);
      case PERTURBATIVE -> perturbative().solve(on, backend, control);
    };
  }
}
