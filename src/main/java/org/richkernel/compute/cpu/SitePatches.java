package org.richkernel.compute.cpu;

import java.util.Arrays;
import org.richkernel.compute.Operands;

/** Patches of images by index tables: side by side, added back, and averaged over offsets. */
final class SitePatches {
  /** Elements of the images that a thread works on at a time. */
  private static final int CHUNK = 4096;

  /** The frame of a task: images in chunks, the table by offset, and room for a chunk a thread. */
  private abstract static class Images implements Task {
    private final WorkerTeam team;
    private final Room[] rooms;
    private int chunks;
    private int units;
    CpuMatrix source;
    CpuMatrix target;
    private Runs[] runs = {}; // by offset
    int[][] table = {}; // [d][a]
    private int images;
    int inputs; // sites of an image of the source
    int outputs; // sites of an image of the target
    private int chunk;

    Images(WorkerTeam team) {
      this.team = team;
      rooms = new Room[team.threads()];
      Arrays.setAll(rooms, i -> new Room());
    }

    /**
     * Reads the table, cuts the images into chunks, and works on all of them.
     *
     * @param rows of the matrix that has a row for each that is worked on
     */
    final void run(int imageCount, int rows, CpuMatrix entries, CpuMatrix from, CpuMatrix to) {
      source = from;
      target = to;
      if (to.isEmpty()) {
        return;
      }
      outputs = entries.rows();
      inputs = from.columns() / imageCount;
      images = imageCount;
      units = rows;
      table = byOffset(entries, table);
      findRuns();
      chunk = Math.max(1, CHUNK / Math.max(1, Math.max(inputs, outputs)));
      chunks = (images + chunk - 1) / chunk;
      team.run(this);
    }

    /** A table by offset, into an array of before where that fits. */
    final int[][] byOffset(CpuMatrix entries, int[][] before) {
      int offsets = entries.columns();
      int sites = entries.rows();
      int[][] made =
          before.length != offsets || offsets > 0 && before[0].length != sites
              ? new int[offsets][sites]
              : before;
      float[] row = team.caller().f0;
      for (int a = 0; a < sites; a++) {
        for (int first = 0; first < offsets; first += Worker.TILE) {
          int n = Math.min(Worker.TILE, offsets - first);
          entries.read(entries.at(a, first), row, n);
          for (int d = 0; d < n; d++) {
            made[first + d][a] = (int) row[d];
          }
        }
      }
      return made;
    }

    /**
     * Target sites of an offset that follow each other and read sites that follow each other, or
     * none; whole images where they are the last index of a site.
     */
    final Runs runs(int d) {
      return runs[d];
    }

    private void findRuns() {
      if (runs.length != table.length) {
        runs = new Runs[table.length];
        Arrays.setAll(runs, d -> new Runs());
      }
      for (int d = 0; d < table.length; d++) {
        runs[d].find(table[d]);
      }
    }

    @Override
    public final int pieces() {
      return Math.multiplyExact(units, chunks);
    }

    @Override
    public final void run(int piece, Worker worker) {
      int first = piece % chunks * chunk;
      work(piece / chunks, first, Math.min(chunk, images - first), rooms[worker.index]);
    }

    /** Works on some images of a row. */
    abstract void work(int row, int first, int count, Room room);
  }

  /** Runs of one offset: their start among the targets, and the source of their first target. */
  private static final class Runs {
    /** Floats from which a copy by the system is faster. */
    private static final int LONG = 16;

    private int[] first = {};
    private int[] source = {};
    private int count;

    void find(int[] table) {
      if (first.length <= table.length) {
        first = new int[table.length + 1];
        source = new int[table.length];
      }
      count = 0;
      for (int a = 0; a < table.length; a++) {
        if (a == 0 || !follows(table[a - 1], table[a])) {
          first[count] = a;
          source[count++] = table[a];
        }
      }
      first[count] = table.length;
    }

    private static boolean follows(int before, int after) {
      return after < 0 ? before < 0 : before >= 0 && after == before + 1;
    }

    /** y_a = x_t, 0 where t is negative. */
    void copy(float[] x, int in, float[] y, int out) {
      for (int r = 0; r < count; r++) {
        int from = out + first[r];
        int to = out + first[r + 1];
        if (source[r] < 0) {
          Arrays.fill(y, from, to, 0);
        } else if (to - from >= LONG) {
          System.arraycopy(x, in + source[r], y, from, to - from);
        } else {
          int shift = in + source[r] - from;
          for (int a = from; a < to; a++) {
            y[a] = x[a + shift];
          }
        }
      }
    }

    /** y_a += x_t where t is not negative. */
    void add(float[] x, int in, float[] y, int out) {
      for (int r = 0; r < count; r++) {
        if (source[r] >= 0) {
          int from = out + first[r];
          int to = out + first[r + 1];
          int shift = in + source[r] - from;
          for (int a = from; a < to; a++) {
            y[a] += x[a + shift];
          }
        }
      }
    }
  }

  /** Arrays of one thread, as long as the chunks of the last task need. */
  private static final class Room {
    float[] floats = {};
    float[] moreFloats = {};
    double[] doubles = {};
    double[] moreDoubles = {};

    void requireFloats(int source, int target) {
      floats = floats.length < source ? new float[source] : floats;
      moreFloats = moreFloats.length < target ? new float[target] : moreFloats;
    }

    void requireDoubles(int source, int target) {
      doubles = doubles.length < source ? new double[source] : doubles;
      moreDoubles = moreDoubles.length < target ? new double[target] : moreDoubles;
    }
  }

  private static void read(CpuMatrix x, int row, long column, float[] target, int count) {
    for (int i = 0; i < count; i += NativeBlock.LONGEST_RUN) {
      x.read(x.at(row, column + i), target, i, Math.min(NativeBlock.LONGEST_RUN, count - i));
    }
  }

  private static void write(CpuMatrix x, int row, long column, float[] source, int count) {
    for (int i = 0; i < count; i += NativeBlock.LONGEST_RUN) {
      x.write(x.at(row, column + i), source, i, Math.min(NativeBlock.LONGEST_RUN, count - i));
    }
  }

  private static void read(CpuMatrix x, int row, long column, double[] target, int count) {
    for (int i = 0; i < count; i += NativeBlock.LONGEST_RUN) {
      x.read(x.at(row, column + i), target, i, Math.min(NativeBlock.LONGEST_RUN, count - i));
    }
  }

  private static void write(CpuMatrix x, int row, long column, double[] source, int count) {
    for (int i = 0; i < count; i += NativeBlock.LONGEST_RUN) {
      x.write(x.at(row, column + i), source, i, Math.min(NativeBlock.LONGEST_RUN, count - i));
    }
  }

  /** Patches side by side. */
  private static final class Cols extends Images {
    Cols(WorkerTeam team) {
      super(team);
    }

    @Override
    void work(int row, int first, int count, Room room) {
      room.requireFloats(count * inputs, count * outputs);
      float[] x = room.floats;
      float[] y = room.moreFloats;
      read(source, row, (long) first * inputs, x, count * inputs);
      for (int d = 0; d < table.length; d++) {
        for (int m = 0; m < count; m++) {
          runs(d).copy(x, m * inputs, y, m * outputs);
        }
        write(target, d * source.rows() + row, (long) first * outputs, y, count * outputs);
      }
    }
  }

  /** The transpose: patches added back. */
  private static final class Uncols extends Images {
    Uncols(WorkerTeam team) {
      super(team);
    }

    @Override
    void work(int row, int first, int count, Room room) {
      room.requireFloats(count * inputs, count * outputs);
      float[] x = room.floats;
      float[] sum = room.moreFloats;
      Arrays.fill(sum, 0, count * outputs, 0);
      for (int d = 0; d < table.length; d++) {
        read(source, d * target.rows() + row, (long) first * inputs, x, count * inputs);
        for (int m = 0; m < count; m++) {
          runs(d).add(x, m * inputs, sum, m * outputs);
        }
      }
      write(target, row, (long) first * outputs, sum, count * outputs);
    }
  }

  /** Pairs of sites averaged over offsets. */
  private static final class Average extends Images {
    private double scale;
    private int[][] down = {}; // the table of rows by offset
    private int height; // sites of an image along the rows of the source

    Average(WorkerTeam team) {
      super(team);
    }

    @Override
    void work(int row, int first, int count, Room room) {
      room.requireDoubles(count * inputs, count * outputs);
      double[] x = room.doubles;
      double[] sum = room.moreDoubles;
      Arrays.fill(sum, 0, count * outputs, 0);
      int sites = down[0].length;
      int image = row / sites;
      int site = row % sites;
      for (int d = 0; d < table.length; d++) {
        int[] from = table[d];
        int above = down[d][site];
        if (above < 0) {
          continue;
        }
        read(source, image * height + above, (long) first * inputs, x, count * inputs);
        for (int m = 0; m < count; m++) {
          int in = m * inputs;
          int out = m * outputs;
          for (int b = 0; b < outputs; b++) {
            if (from[b] >= 0) {
              sum[out + b] += x[in + from[b]];
            }
          }
        }
      }
      for (int i = 0; i < count * outputs; i++) {
        sum[i] *= scale;
      }
      write(target, row, (long) first * outputs, sum, count * outputs);
    }
  }

  private final Cols cols;
  private final Uncols uncols;
  private final Average average;

  SitePatches(WorkerTeam team) {
    cols = new Cols(team);
    uncols = new Uncols(team);
    average = new Average(team);
  }

  void cols(CpuMatrix table, CpuMatrix source, CpuMatrix target) {
    cols.run(Operands.cols(table, source, target), source.rows(), table, source, target);
  }

  void uncols(CpuMatrix table, CpuMatrix source, CpuMatrix target) {
    uncols.run(Operands.uncols(table, source, target), target.rows(), table, source, target);
  }

  void average(
      double scale, CpuMatrix rows, CpuMatrix columns, CpuMatrix source, CpuMatrix target) {
    int[] images = Operands.averagePatches(rows, columns, source, target);
    average.scale = scale;
    average.down = average.byOffset(rows, average.down);
    average.height = images[0] == 0 ? 0 : source.rows() / images[0];
    average.run(images[1], target.rows(), columns, source, target);
  }
}
