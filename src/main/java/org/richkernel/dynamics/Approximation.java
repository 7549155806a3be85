package org.richkernel.dynamics;

/** Approximations of the dynamical theory (Bordelon and Pehlevan, arXiv:2205.09653). */
public enum Approximation {
  /** The full theory. */
  NONE,
  /** Kernels frozen at their initial values, {@link StaticKernelSolver}. */
  STATIC_NTK,
  /** Responses A and B set to zero, {@link GradientIndependenceSolver}. */
  GRADIENT_INDEPENDENCE,
  /** Leading order of the kernels in gamma^2, {@link PerturbativeSolver}. */
  PERTURBATIVE;

  /** The name used on the command line and in result files. */
  public String id() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }
}
