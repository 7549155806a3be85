package org.richkernel.compute.cpu;

/** Moves elements between Java arrays and matrices, converting where the precisions differ. */
final class HostTransfer extends TiledTask {
  private final WorkerTeam team;
  private CpuMatrix matrix;
  private float[] floats;
  private double[] doubles;
  private boolean toHost;

  HostTransfer(WorkerTeam team) {
    this.team = team;
  }

  void upload(float[] source, CpuMatrix target) {
    start("upload", source, null, source.length, target, false);
  }

  void upload(double[] source, CpuMatrix target) {
    start("upload", null, source, source.length, target, false);
  }

  void download(CpuMatrix source, float[] target) {
    start("download", target, null, target.length, source, true);
  }

  void download(CpuMatrix source, double[] target) {
    start("download", null, target, target.length, source, true);
  }

  private void start(
      String operation, float[] single, double[] wide, int length, CpuMatrix m, boolean download) {
    if (length != m.size()) {
      throw new IllegalArgumentException(
          operation + ": an array of " + length + " elements does not fit " + m.describe());
    }
    floats = single;
    doubles = wide;
    matrix = m;
    toHost = download;
    frame(m);
    try {
      team.run(this);
    } finally {
      floats = null;
      doubles = null;
    }
  }

  @Override
  void tile(Worker w, int piece, int row, long column, int n) {
    int host = (int) ((long) row * matrix.columns() + column);
    long element = matrix.at(row, column);
    if (toHost) {
      toArray(w, element, host, n);
    } else {
      toMatrix(w, element, host, n);
    }
  }

  private void toArray(Worker w, long element, int host, int n) {
    if (floats != null && matrix.isSingle()) {
      matrix.read(element, floats, host, n);
    } else if (floats != null) {
      matrix.read(element, w.d0, n);
      Loops.narrow(w.d0, w.f0, n);
      System.arraycopy(w.f0, 0, floats, host, n);
    } else if (matrix.isSingle()) {
      matrix.read(element, w.f0, n);
      Loops.widen(w.f0, w.d0, n);
      System.arraycopy(w.d0, 0, doubles, host, n);
    } else {
      matrix.read(element, doubles, host, n);
    }
  }

  private void toMatrix(Worker w, long element, int host, int n) {
    if (floats != null && matrix.isSingle()) {
      matrix.write(element, floats, host, n);
    } else if (floats != null) {
      System.arraycopy(floats, host, w.f0, 0, n);
      Loops.widen(w.f0, w.d0, n);
      matrix.write(element, w.d0, n);
    } else if (matrix.isSingle()) {
      System.arraycopy(doubles, host, w.d0, 0, n);
      Loops.narrow(w.d0, w.f0, n);
      matrix.write(element, w.f0, n);
    } else {
      matrix.write(element, doubles, host, n);
    }
  }
}
