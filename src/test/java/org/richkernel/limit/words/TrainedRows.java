package org.richkernel.limit.words;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.richkernel.compute.Backend;
import org.richkernel.solver.RunControl;

/** What a training leaves: courses, and the rows of every width. */
final class TrainedRows implements WordTraining.Receiver {
  final Map<String, double[][]> inputs = new HashMap<>();
  final Map<String, double[][]> outputs = new HashMap<>();
  List<WordCourse> courses = List.of();

  static TrainedRows of(WordTraining training, Backend backend) {
    TrainedRows rows = new TrainedRows();
    rows.courses = training.run(backend, RunControl.silent(), rows).orElseThrow();
    return rows;
  }

  static List<OptionalInt> widths(int... widths) {
    List<OptionalInt> all = new ArrayList<>();
    for (int width : widths) {
      all.add(width == 0 ? OptionalInt.empty() : OptionalInt.of(width));
    }
    return all;
  }

  @Override
  public void receive(OptionalInt width, WordTraining.Rows rows) {
    List<double[]> input = new ArrayList<>();
    List<double[]> output = new ArrayList<>();
    float[] row = new float[rows.columns()];
    for (int w = 0; w < Integer.MAX_VALUE; w++) {
      try {
        rows.input(w, 1, row);
      } catch (IndexOutOfBoundsException e) {
        break;
      }
      input.add(wide(row));
      rows.output(w, 1, row);
      output.add(wide(row));
    }
    inputs.put(WordCourse.name(width), input.toArray(double[][]::new));
    outputs.put(WordCourse.name(width), output.toArray(double[][]::new));
  }

  private static double[] wide(float[] row) {
    double[] values = new double[row.length];
    for (int k = 0; k < row.length; k++) {
      values[k] = row[k];
    }
    return values;
  }

  double[][] logits(String width) {
    return PlainProgram.products(inputs.get(width), outputs.get(width));
  }

  /** Cosines of all pairs of input rows. */
  double[][] cosines(String width) {
    double[][] rows = inputs.get(width);
    double[][] cosines = PlainProgram.products(rows, rows);
    double[] lengths = new double[rows.length];
    for (int i = 0; i < rows.length; i++) {
      lengths[i] = Math.sqrt(cosines[i][i]);
    }
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows.length; j++) {
        cosines[i][j] /= lengths[i] * lengths[j];
      }
    }
    return cosines;
  }

  /** Root mean square of x - y. */
  static double distance(double[][] x, double[][] y) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < x[i].length; j++) {
        sum += (x[i][j] - y[i][j]) * (x[i][j] - y[i][j]);
        count++;
      }
    }
    return Math.sqrt(sum / count);
  }
}
