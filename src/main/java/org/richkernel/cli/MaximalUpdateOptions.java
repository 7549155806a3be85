package org.richkernel.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.richkernel.dynamics.MaximalUpdate;
import org.richkernel.network.InvalidProblemException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Gradient descent as another parametrization of the width has it. */
final class MaximalUpdateOptions {
  private static final String MEAN_FIELD = "mean-field";
  private static final String MUP = "mup";

  @Option(
      names = "--parametrization",
      paramLabel = "NAME",
      defaultValue = MEAN_FIELD,
      description =
          "What --step-size and --weight-decay are those of: mean-field (f = w.phi/(gamma N)) or"
              + " mup, the maximal update parametrization (arXiv:2011.14522), in which gamma is 1 /"
              + " --multiplier, the step multiplier^2 times --step-size and the decay --weight-decay"
              + " / multiplier^2. Default: ${DEFAULT-VALUE}.")
  private String parametrization = MEAN_FIELD;

  @Option(
      names = "--multiplier",
      paramLabel = "ALPHA",
      defaultValue = "1",
      description =
          "Multiplier of the output of --parametrization mup, a pure number. Default:"
              + " ${DEFAULT-VALUE}.")
  private double multiplier = 1;

  /**
   * Whether there is something to translate.
   *
   * @throws InvalidProblemException if the name is not known
   */
  boolean isGiven() {
    if (List.of("sp", "ntp").contains(parametrization)) {
      throw new InvalidProblemException(
          "parametrization",
          parametrization,
          "its limit is a kernel that stays as it is: use --approximation static-ntk, or the"
              + " command lazy");
    }
    if (!List.of(MEAN_FIELD, MUP).contains(parametrization)) {
      throw new InvalidProblemException(
          "parametrization", parametrization, "use " + MEAN_FIELD + " or " + MUP);
    }
    if (parametrization.equals(MEAN_FIELD) && multiplier != 1) {
      throw new InvalidProblemException(
          "multiplier", multiplier, "it is of --parametrization mup; use --gamma");
    }
    return parametrization.equals(MUP);
  }

  /**
   * Replaces gamma and weight decay by those of the mean-field network.
   *
   * @param rate learning rate
   * @param values of the options by name
   * @return its step size
   */
  double translate(Optional<Double> rate, Map<String, Object> values, CommandSpec command) {
    if (command.commandLine().getParseResult().hasMatchedOption("--gamma")) {
      throw new InvalidProblemException(
          "gamma",
          values.get("gamma"),
          "--parametrization mup has --multiplier instead, 1 / gamma; give one of the two");
    }
    double eta =
        rate.orElseThrow(
            () ->
                new InvalidProblemException(
                    "step-size", "missing", "give the learning rate of --parametrization mup"));
    MaximalUpdate update = new MaximalUpdate(multiplier);
    values.put("gamma", update.gamma());
    if (values.get("weight-decay") instanceof Double decay) {
      values.put("weight-decay", update.weightDecay(decay));
    }
    return update.stepSize(eta);
  }

  /**
   * The translation in one line, in the numbers of both.
   *
   * @param rate learning rate
   * @param values of the options by name, translated
   */
  String translation(double rate, Map<String, Object> values) {
    MaximalUpdate update = new MaximalUpdate(multiplier);
    double decay = (Double) values.get("weight-decay");
    return String.format(
        Locale.ROOT,
        "mup with --multiplier %s --step-size %s --weight-decay %s is mean-field with --gamma %s"
            + " --step-size %s --weight-decay %s",
        brief(multiplier),
        brief(rate),
        brief(decay * multiplier * multiplier),
        brief(update.gamma()),
        brief(update.stepSize(rate)),
        brief(decay));
  }

  private static String brief(double value) {
    BigDecimal rounded = new BigDecimal(value).round(new MathContext(6));
    return rounded.stripTrailingZeros().toPlainString();
  }

  /** Records the translation, which another run can use directly. */
  static void resolve(Map<String, Object> options) {
    options.put("parametrization", MEAN_FIELD);
    options.put("multiplier", 1.0);
  }
}
