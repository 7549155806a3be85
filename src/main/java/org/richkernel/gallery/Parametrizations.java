package org.richkernel.gallery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.richkernel.data.Table;
import org.richkernel.report.Figure;
import org.richkernel.report.Section;
import org.richkernel.report.plot.Numbers;
import org.richkernel.report.plot.Plot;
import org.richkernel.result.Result;

/** Exponents of the width of several parametrizations, predicted and measured. */
final class Parametrizations implements Page {
  /** What fits over a few widths may miss beside their errors. */
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
    return List.of(
        Run.of(
            "runs",
            "sweep --over=named=%s abc --train --widths=%s --repeats=%s",
            size.of("ntp,mup", "sp,ntp,mfp,mup,mup-adam", "sp,ntp,mfp,mup,mup-adam"),
            size.of("32,64,128,256", "64,128,256,512,1024", "128,256,512,1024,2048,4096"),
            size.of("16", "64", "64")));
  }

  @Override
  public Findings findings(Results results) {
    List<Results.Swept> runs = results.swept("runs");
    List<Check> checks = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    List<String> features = new ArrayList<>();
    for (Results.Swept run : runs) {
      List<Check> parts = new ArrayList<>();
      for (Map<?, ?> slope : slopes(run.result())) {
        if (Boolean.TRUE.equals(slope.get("predictedIsBound"))) {
          continue;
        }
        Measured measured = new Measured(number(slope, "slope"), number(slope, "slopeStandardError"));
        double predicted = fraction(String.valueOf(slope.get("predicted")));
        String quantity = String.valueOf(slope.get("quantity"));
        parts.add(
            Check.near(
                "", quantity, measured, "predicted", Measured.exact(predicted), ALLOWED));
        rows.add(
            List.of(
                run.option("named") + ", " + quantity,
                measured.text(),
                String.valueOf(slope.get("predicted"))));
      }
      String verdict = String.valueOf(run.summary().details().get("verdict"));
      if (verdict.equals("feature learning")) {
        features.add(run.option("named"));
      }
      checks.add(
          Check.all(
              run.option("named") + " (" + verdict + "): exponents of the width are the predicted"
                  + " ones to " + ALLOWED + ".",
              parts));
    }
    return new Findings(
        "Features are learned with " + String.join(", ", features)
            + ", and not with the others; measured exponents beside the predicted ones.",
        List.of(
            new Section(
                "figures",
                "Change of the last preactivations",
                "",
                List.of(figure(runs)),
                List.of(
                    new Section.Grid(List.of("", "measured exponent", "predicted"), rows)))),
        checks);
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

  private static Figure figure(List<Results.Swept> runs) {
    Plot plot =
        new Plot("Change of the last preactivations", "width", "|\u0394h| per coordinate")
            .size(560, 380)
            .logX()
            .logY();
    for (int i = 0; i < runs.size(); i++) {
      Result result = runs.get(i).result();
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
          runs.get(i).option("named"), "c" + i, Readings.array(result, "width").values(), sizes, errors);
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
