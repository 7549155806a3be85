package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.richkernel.data.Table;
import org.richkernel.report.Figure;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Exponents of the width of several parametrizations, predicted and measured. */
final class Parametrizations implements Page {
  /** Allowance for systematic errors of fits over a few widths. */
  private static final double ALLOWED = 0.15;

  @Override
  public String name() {
    return "parametrizations";
  }

  @Override
  public String title() {
    return "Which parametrizations learn features";
  }

  @Override
  public String source() {
    return "arXiv:2011.14522, abc-parametrizations: feature learning or kernel regime";
  }

  @Override
  public String shows() {
    return "Multipliers, initial variances and learning rates that scale with powers of the width"
        + " decide whether an infinitely wide network learns features: in the standard and the"
        + " tangent-kernel parametrization preactivations stop moving as the width grows, in the"
        + " maximal update parametrization they move as much at every width.";
  }

  @Override
  public List<Run> runs(Size size) {
    String networks =
        "--train --widths="
            + size.of("32,64,128,256", "64,128,256,512,1024", "128,256,512,1024,2048,4096")
            + " --repeats="
            + size.of("16", "64", "64");
    return List.of(
        Run.of("deep", "sweep --over=named=ntp,mup,mup-adam abc --depth=2 %s", networks),
        Run.of("standard", "abc --named=sp --c=1 --depth=2 %s", networks),
        Run.of("mean-field", "abc --named=mfp --depth=1 %s", networks));
  }

  /** A parametrization and its networks. */
  private record Case(String name, Result result) {
    String verdict() {
      return String.valueOf(result.summary().details().get("verdict"));
    }
  }

  @Override
  public Findings findings(Results results) {
    List<Case> cases = new ArrayList<>();
    results.swept("deep").forEach(run -> cases.add(new Case(run.option("named"), run.result())));
    cases.add(new Case("sp, c = 1", results.of("standard")));
    cases.add(new Case("mfp, one hidden layer", results.of("mean-field")));
    List<Check> checks = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    for (Case each : cases) {
      List<Check> parts = new ArrayList<>();
      for (Map<?, ?> slope : slopes(each.result())) {
        if (Boolean.TRUE.equals(slope.get("predictedIsBound"))) {
          continue;
        }
        Measured measured =
            new Measured(number(slope, "slope"), number(slope, "slopeStandardError"));
        String predicted = String.valueOf(slope.get("predicted"));
        String quantity = String.valueOf(slope.get("quantity"));
        Measured exact = Measured.exact(fraction(predicted));
        parts.add(Check.near("", quantity, measured, "predicted", exact, ALLOWED));
        rows.add(List.of(each.name() + ": " + quantity, measured.text(), predicted));
      }
      checks.add(
          Check.all(
              each.name()
                  + " ("
                  + each.verdict()
                  + "): exponents of the width are the predicted"
                  + " ones to "
                  + ALLOWED
                  + ".",
              parts));
    }
    return new Findings(
        "Features are learned with "
            + names(cases, true)
            + ", and not with "
            + names(cases, false)
            + ".",
        List.of(
            Section.ofFigures(
                "figures", "Change of the last preactivations", "", List.of(figure(cases))),
            Section.ofTable(
                "exponents",
                "Exponents of the width",
                "Of the preactivations' changes, the outputs' change with its two terms, and the"
                    + " outputs at the start.",
                new Section.Grid(List.of("", "measured", "predicted"), rows))),
        checks);
  }

  private static String names(List<Case> cases, boolean features) {
    return cases.stream()
        .filter(each -> each.verdict().equals("feature learning") == features)
        .map(Case::name)
        .collect(Collectors.joining("; "));
  }

  private static List<Map<?, ?>> slopes(Result result) {
    List<Map<?, ?>> slopes = new ArrayList<>();
    if (result.summary().details().get("slopes") instanceof List<?> list) {
      for (Object item : list) {
        if (item instanceof Map<?, ?> slope) {
          slopes.add(slope);
        }
      }
    }
    return slopes;
  }

  private static double number(Map<?, ?> map, String key) {
    return map.get(key) instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  /** The number that a fraction like -3/2 names. */
  private static double fraction(String text) {
    String[] parts = text.split("/", 2);
    double over = parts.length == 2 ? Double.parseDouble(parts[1]) : 1;
    return Double.parseDouble(parts[0]) / over;
  }

  private static Figure figure(List<Case> cases) {
    Plot plot =
        new Plot("Change of the last preactivations", "width", "|\u0394h| per coordinate")
            .size(560, 380)
            .logX()
            .logY();
    for (int i = 0; i < cases.size(); i++) {
      Result result = cases.get(i).result();
      List<Map<?, ?>> slopes = slopes(result);
      int row = 0;
      for (int k = 0; k < slopes.size(); k++) {
        row = String.valueOf(slopes.get(k).get("quantity")).startsWith("dh_") ? k : row;
      }
      double[] sizes = row(Readings.array(result, "size"), row);
      double[] errors = row(Readings.array(result, "size_log_standard_error"), row);
      for (int k = 0; k < errors.length; k++) {
        errors[k] *= sizes[k];
      }
      plot.pointsWithErrors(
          cases.get(i).name(), "c" + i, Readings.array(result, "width").values(), sizes, errors);
    }
    return new Figure(
        plot,
        "Root mean square change of the last hidden preactivations after training, means over"
            + " networks. Where it does not fall with the width, features are learned.");
  }

  private static double[] row(Table table, int row) {
    double[] values = new double[table.columns()];
    Arrays.setAll(values, column -> table.get(row, column));
    return values;
  }
}
