package org.richkernel.cli;

import java.util.List;
import org.richkernel.compute.Activation;
import org.richkernel.compute.FieldPrecision;
import org.richkernel.data.ImageLayout;
import org.richkernel.dynamics.Approximation;
import org.richkernel.dynamics.SolverKind;
import org.richkernel.finite.Criterion;
import org.richkernel.finite.WidthScale;
import org.richkernel.lazy.KernelKind;
import org.richkernel.network.SiteMap;
import org.richkernel.network.SiteReadout;
import org.richkernel.option.Words;
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
        String like = likely(value);
        throw new CommandLine.TypeConversionException(like + e.getMessage());
      }
    }

    private static String likely(String value) {
      List<String> names =
          Activation.all().stream().map(each -> each.id().replaceAll(":.*", "")).toList();
      return value.contains(":")
          ? ""
          : Words.like(value, names).map(like -> "did you mean " + like + "? ").orElse("");
    }
  }

  /** Reads a kernel at initialisation. */
  static final class KernelName implements CommandLine.ITypeConverter<KernelKind> {
    @Override
    public KernelKind convert(String value) {
      return converted(KernelKind.class, value);
    }
  }

  /** Reads what is done with networks of finite width. */
  static final class MethodName implements CommandLine.ITypeConverter<FiniteCommand.Method> {
    @Override
    public FiniteCommand.Method convert(String value) {
      return converted(FiniteCommand.Method.class, value);
    }
  }

  /** Reads a solver of the dynamics. */
  static final class SolverName implements CommandLine.ITypeConverter<SolverKind> {
    @Override
    public SolverKind convert(String value) {
      return converted(SolverKind.class, value);
    }
  }

  /** Reads an approximation of the dynamics. */
  static final class ApproximationName implements CommandLine.ITypeConverter<Approximation> {
    @Override
    public Approximation convert(String value) {
      return converted(Approximation.class, value);
    }
  }

  /** Reads how float32 products are taken. */
  static final class FieldPrecisionName implements CommandLine.ITypeConverter<FieldPrecision> {
    @Override
    public FieldPrecision convert(String value) {
      return converted(FieldPrecision.class, value);
    }
  }

  /** Reads how the richness depends on the width. */
  static final class WidthScaleName implements CommandLine.ITypeConverter<WidthScale> {
    @Override
    public WidthScale convert(String value) {
      return converted(WidthScale.class, value);
    }
  }

  /** Reads what training lowers. */
  static final class CriterionName implements CommandLine.ITypeConverter<Criterion> {
    @Override
    public Criterion convert(String value) {
      return converted(Criterion.class, value);
    }
  }

  /** Reads the order of the numbers of an image. */
  static final class LayoutName implements CommandLine.ITypeConverter<ImageLayout> {
    @Override
    public ImageLayout convert(String value) {
      return converted(ImageLayout.class, value);
    }
  }

  /** Reads what lies beyond the edges of an image. */
  static final class PaddingName implements CommandLine.ITypeConverter<SiteMap.Padding> {
    @Override
    public SiteMap.Padding convert(String value) {
      return converted(SiteMap.Padding.class, value);
    }
  }

  /** Reads how sites are read out. */
  static final class SiteReadoutName implements CommandLine.ITypeConverter<SiteReadout> {
    @Override
    public SiteReadout convert(String value) {
      return converted(SiteReadout.class, value);
    }
  }

  /** Reads a constant of any enum. */
  static CommandLine.ITypeConverter<Object> words(Class<?> type) {
    return value -> converted(type, value);
  }

  private static <E> E converted(Class<E> type, String value) {
    try {
      return Words.constant(type, value);
    } catch (IllegalArgumentException e) {
      throw new CommandLine.TypeConversionException(e.getMessage());
    }
  }
}
