package org.richkernel.result;

import de.siegmar.fastcsv.writer.CsvWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.richkernel.data.Table;

/**
 * predictions.csv: a line for each point with its row in the file, target, prediction, standard
 * error and class. With K outputs there are K columns of each number.
 */
final class PredictionsFile {
  /** Name of the file. */
  static final String NAME = "predictions.csv";

  private PredictionsFile() {}

  /** The file of a result; empty where it does not say which points were predicted. */
  static Optional<byte[]> of(Result result) {
    return result
        .predicted()
        .flatMap(
            points ->
                result
                    .array("f_" + points.set())
                    .map(f -> text(result, points, f).getBytes(StandardCharsets.UTF_8)));
  }

  private static String text(Result result, PredictedRows points, Table predictions) {
    int[] rows = points.rows();
    double[] f = predictions.values();
    int outputs = f.length / rows.length;
    double[] y = values(result, "y_" + points.set());
    double[] error = values(result, "f_" + points.set() + "_standard_error");
    StringWriter text = new StringWriter();
    try (CsvWriter csv = CsvWriter.builder().build(text)) {
      List<String> header = new ArrayList<>(List.of("row"));
      for (String name : List.of("target", "prediction", "error")) {
        for (int k = 1; k <= outputs; k++) {
          header.add(outputs == 1 ? name : name + "_" + k);
        }
      }
      header.add("class");
      csv.writeRecord(header);
      for (int i = 0; i < rows.length; i++) {
        List<String> cells = new ArrayList<>(List.of(Integer.toString(rows[i])));
        for (double[] numbers : List.of(y, f, error)) {
          for (int k = i * outputs; k < (i + 1) * outputs; k++) {
            cells.add(numbers.length == f.length ? Double.toString(numbers[k]) : "");
          }
        }
        cells.add(
            className(points.classNames(), Arrays.copyOfRange(f, i * outputs, (i + 1) * outputs)));
        csv.writeRecord(cells);
      }
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e); // in memory
    }
    return text.toString();
  }

  private static double[] values(Result result, String name) {
    return result.array(name).map(Table::values).orElse(new double[0]);
  }

  /** The class of the sign of one output, or of the largest of several. */
  private static String className(List<String> names, double[] f) {
    if (f.length == 1) {
      return names.size() == 2 ? names.get(f[0] < 0 ? 0 : 1) : "";
    }
    if (names.size() != f.length) {
      return "";
    }
    int largest = 0;
    for (int k = 1; k < f.length; k++) {
      largest = f[k] > f[largest] ? k : largest;
    }
    return names.get(largest);
  }
}
