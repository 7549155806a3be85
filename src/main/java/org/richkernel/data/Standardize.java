package org.richkernel.data;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.richkernel.network.InputValues;
import org.richkernel.network.InvalidProblemException;

/** Choice of the standardization of the inputs. */
public sealed interface Standardize {
  /** None, for IDX bytes too. */
  record None() implements Standardize {
    @Override
    public Standardization fit(String source, InputValues raw, boolean idxBytes) {
      return Standardization.IDENTITY;
    }
  }

  /**
   * Subtracts the overall mean of the chosen training inputs and divides by their overall standard
   * deviation (that of the population), after scaling IDX bytes to [0, 1].
   */
  record Global() implements Standardize {
    /**
     * Mean and deviation of all values, in two passes.
     *
     * @throws InvalidDataException if all values are equal, or their variance overflows
     */
    @Override
    public Standardization fit(String source, InputValues raw, boolean idxBytes) {
      double first = raw.get(0);
      if (stream(raw).allMatch(v -> v == first)) {
        throw new InvalidDataException(
            source,
            "all chosen training inputs equal " + first + ", so their standard deviation is 0",
            "use --standardize none, or choose other rows");
      }
      double scale = scale(idxBytes);
      // the sums of streams are compensated, which 10^7 values and more need
      double mean = stream(raw).map(v -> v / scale).sum() / raw.length();
      double squares =
          stream(raw).map(v -> v / scale - mean).map(deviation -> deviation * deviation).sum();
      double std = Math.sqrt(squares / raw.length());
      if (!(std > 0) || !Double.isFinite(std)) {
        throw new InvalidDataException(
            source,
            "the standard deviation of the inputs is out of range (" + std + ")",
            "rescale them, or use --standardize none");
      }
      return new Standardization(mean, std, scale);
    }
  }

  /** Subtracts a given mean and divides by a given number, after scaling IDX bytes to [0, 1]. */
  record Fixed(double mean, double std) implements Standardize {
    /** Refuses a mean that is not finite and a divisor that is not positive and finite. */
    public Fixed {
      if (!Double.isFinite(mean) || !(std > 0) || Double.isInfinite(std)) {
        throw invalid(mean + "," + std);
      }
    }

    @Override
    public Standardization fit(String source, InputValues raw, boolean idxBytes) {
      return new Standardization(mean, std, scale(idxBytes));
    }
  }

  /** A standardization without effect. */
  static Standardize none() {
    return new None();
  }

  /** Takes mean and standard deviation from the chosen training inputs. */
  static Standardize global() {
    return new Global();
  }

  /**
   * Takes the given mean and standard deviation.
   *
   * @throws InvalidProblemException if they are not finite or the deviation is not positive
   */
  static Standardize fixed(double mean, double std) {
    return new Fixed(mean, std);
  }

  /**
   * The choice that a command line names: none, global, or MEAN,STD.
   *
   * @throws InvalidProblemException for anything else
   */
  static Standardize parse(String text) {
    String choice = text.strip();
    if (choice.equals("none")) {
      return none();
    }
    if (choice.equals("global")) {
      return global();
    }
    String[] numbers = choice.split(",", -1);
    if (numbers.length != 2) {
      throw invalid(text);
    }
    try {
      return fixed(Double.parseDouble(numbers[0].strip()), Double.parseDouble(numbers[1].strip()));
    } catch (NumberFormatException e) {
      InvalidProblemException invalid = invalid(text);
      invalid.initCause(e);
      throw invalid;
    }
  }

  private static InvalidProblemException invalid(String value) {
    return new InvalidProblemException(
        "standardize", value, "use none, global, or MEAN,STD with a positive STD");
  }

  /**
   * The numbers that the choice comes to.
   *
   * @param source how messages name the training inputs
   * @param raw the chosen training inputs as they were read
   * @param idxBytes whether these are bytes of an IDX file
   * @throws InvalidDataException if there is nothing to divide by
   */
  Standardization fit(String source, InputValues raw, boolean idxBytes);

  private static DoubleStream stream(InputValues values) {
    return IntStream.range(0, values.length()).mapToDouble(values::get);
  }

  private static double scale(boolean idxBytes) {
    return idxBytes ? Standardization.BYTE_SCALE : 1;
  }
}
