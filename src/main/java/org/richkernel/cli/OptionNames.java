package org.richkernel.cli;

import java.util.Locale;
import org.richkernel.compute.Activation;
import org.richkernel.compute.FieldPrecision;
import org.richkernel.dynamics.Approximation;
import org.richkernel.dynamics.Loss;
import org.richkernel.dynamics.SolverKind;
import org.richkernel.finite.Readout;
import org.richkernel.lazy.KernelKind;
import picocli.CommandLine;

/** Values of options that are one of a few words. */
final class OptionNames {
  private OptionNames() {}

  /** Reads an activation. */
  static final class ActivationName implements CommandLine.ITypeConverter<Activation> {
    @Override
    public Activation convert(String value) {
      try {
        return Activation.named(value);
      } catch (IllegalArgumentException e) {
        throw new CommandLine.TypeConversionException(e.getMessage());
      }
    }
  }

  /** Reads a kernel at initialisation. */
  static final class KernelName implements CommandLine.ITypeConverter<KernelKind> {
    @Override
    public KernelKind convert(String value) {
      return parse(KernelKind.class, value, "nngp or ntk");
    }
  }

  /** Reads what is done with networks of finite width. */
  static final class MethodName implements CommandLine.ITypeConverter<FiniteCommand.Method> {
    @Override
    public FiniteCommand.Method convert(String value) {
      return parse(FiniteCommand.Method.class, value, "gd or langevin");
    }
  }

  /** Reads the treatment of the readout weights. */
  static final class ReadoutName implements CommandLine.ITypeConverter<Readout> {
    @Override
    public Readout convert(String value) {
      return parse(Readout.class, value, "integrated or sampled");
    }
  }

  /** Reads how squared errors are put together. */
  static final class LossName implements CommandLine.ITypeConverter<Loss> {
    @Override
    public Loss convert(String value) {
      return parse(Loss.class, value, "sum or mean");
    }
  }

  /** Reads a solver of the dynamics. */
  static final class SolverName implements CommandLine.ITypeConverter<SolverKind> {
    @Override
    public SolverKind convert(String value) {
      return parse(SolverKind.class, value, "causal, alternating, linear, one-hidden or auto");
    }
  }

  /** Reads an approximation of the dynamics. */
  static final class ApproximationName implements CommandLine.ITypeConverter<Approximation> {
    @Override
    public Approximation convert(String value) {
      return parse(
          Approximation.class, value, "none, static-ntk, gradient-independence or perturbative");
    }
  }

  /** Reads how float32 products are taken. */
  static final class FieldPrecisionName implements CommandLine.ITypeConverter<FieldPrecision> {
    @Override
    public FieldPrecision convert(String value) {
      return parse(FieldPrecision.class, value, "fp32, tf32 or tf32x3");
    }
  }

  private static <E extends Enum<E>> E parse(Class<E> type, String value, String allowed) {
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(value.toUpperCase(Locale.ROOT).replace('-', '_'))) {
        return constant;
      }
    }
    throw new CommandLine.TypeConversionException("'" + value + "' is not known, use " + allowed);
  }
}
