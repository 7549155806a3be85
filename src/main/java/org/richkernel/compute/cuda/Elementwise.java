package org.richkernel.compute.cuda;

import org.richkernel.compute.Activation;
import org.richkernel.compute.Operands;
import org.richkernel.compute.Precision;

/** Elementwise operations and products of rows, one kernel each. */
final class Elementwise {
  private final KernelLauncher launcher;

  Elementwise(KernelLauncher launcher) {
    this.launcher = launcher;
  }

  /** The arguments that every kernel over a rectangle begins with. */
  private LaunchArguments begin(Rectangle shape) {
    return launcher.arguments().add(shape.rows()).add(shape.columns()).add(shape.wide());
  }

  private void launch(Kernel kernel, CudaMatrix result, Rectangle shape) {
    launcher.overRectangle(kernel, result.precision(), shape.rows(), shape.columns(), shape.unit());
  }

  void copy(CudaMatrix source, CudaMatrix target) {
    Operands.sameShape("copy", source, target);
    if (target.isEmpty()) {
      return;
    }
    Rectangle shape = Rectangle.flat(source, target);
    // wide copies move four elements at any precisions
    Rectangle four =
        new Rectangle(shape.rows(), shape.columns(), fourFit(shape, source, target) ? 4 : 1);
    begin(four).add(source).add(target);
    launch(source.isSingle() ? Kernel.COPY_FLOAT32 : Kernel.COPY_FLOAT64, target, four);
  }

  private static boolean fourFit(Rectangle shape, CudaMatrix source, CudaMatrix target) {
    return shape.unit() > 1
        && shape.columns() % 4 == 0
        && (shape.rows() <= 1 || (source.stride() % 4 == 0 && target.stride() % 4 == 0));
  }

  void fill(double value, CudaMatrix x) {
    if (x.isEmpty()) {
      return;
    }
    Rectangle shape = Rectangle.flat(x);
    begin(shape).add(value, x.precision()).add(x);
    launch(Kernel.FILL, x, shape);
  }

  void activate(Activation f, CudaMatrix h, CudaMatrix phi) {
    Operands.alike("activate", h, phi);
    if (h.isEmpty()) {
      return;
    }
    Rectangle shape = Rectangle.flat(h, phi);
    begin(shape).add(f.number()).add(f.parameter(), Precision.FLOAT64).add(h).add(phi);
    launch(Kernel.ACTIVATE, phi, shape);
  }

  void activateWithDerivative(Activation f, CudaMatrix h, CudaMatrix phi, CudaMatrix slope) {
    Operands.alike("activateWithDerivative", h, phi);
    Operands.alike("activateWithDerivative", h, slope);
    if (h.isEmpty()) {
      return;
    }
    Rectangle shape = Rectangle.flat(h, phi, slope);
    begin(shape).add(f.number()).add(f.parameter(), Precision.FLOAT64).add(h).add(phi).add(slope);
    launch(Kernel.DIFFERENTIATE, phi, shape);
  }

  void activateSmoothed(Activation f, CudaMatrix h, CudaMatrix deviation, CudaMatrix phi) {
    Operands.alike("activateSmoothed", h, phi);
    Operands.precision("activateSmoothed", Precision.FLOAT32, h);
    Operands.precision("activateSmoothed", Precision.FLOAT32, deviation);
    Operands.shape("activateSmoothed", deviation, 1, h.columns());
    if (h.isEmpty()) {
      return;
    }
    Rectangle shape = withRow(Rectangle.byRows(h, phi), deviation);
    begin(shape)
        .add(f.number())
        .add(f.parameter(), Precision.FLOAT64)
        .add(h)
        .add(deviation.pointer())
        .add(phi);
    launch(Kernel.SMOOTH, phi, shape);
  }

  void activateSliding(
      Activation f,
      CudaMatrix h,
      CudaMatrix pull,
      CudaMatrix reach,
      CudaMatrix phi,
      CudaMatrix slope) {
    Operands.precision("activateSliding", Precision.FLOAT32, h);
    Operands.precision("activateSliding", Precision.FLOAT32, reach);
    Operands.alike("activateSliding", h, pull);
    Operands.alike("activateSliding", h, phi);
    Operands.alike("activateSliding", h, slope);
    Operands.shape("activateSliding", reach, 1, h.columns());
    if (h.isEmpty()) {
      return;
    }
    Rectangle shape = withRow(Rectangle.byRows(h, pull, phi, slope), reach);
    begin(shape)
        .add(f.number())
        .add(f.parameter(), Precision.FLOAT64)
        .add(h)
        .add(pull)
        .add(reach.pointer())
        .add(phi)
        .add(slope);
    launch(Kernel.SLIDE, phi, shape);
  }

  void axpy(double alpha, CudaMatrix x, CudaMatrix y) {
    Operands.alike("axpy", x, y);
    if (y.isEmpty()) {
      return;
    }
    Rectangle shape = Rectangle.flat(x, y);
    begin(shape).add(alpha, y.precision()).add(x).add(y);
    launch(Kernel.AXPY, y, shape);
  }

  /** x = beta x; with beta = 0 the old x is not read. */
  void scaleOld(double beta, CudaMatrix x) {
    if (beta == 0) {
      fill(0, x);
    } else {
      scale(beta, x);
    }
  }

  void scale(double alpha, CudaMatrix x) {
    if (x.isEmpty()) {
      return;
    }
    Rectangle shape = Rectangle.flat(x);
    begin(shape).add(alpha, x.precision()).add(x);
    launch(Kernel.SCALE, x, shape);
  }

  void multiply(CudaMatrix x, CudaMatrix y) {
    Operands.alike("multiply", x, y);
    if (y.isEmpty()) {
      return;
    }
    Rectangle shape = Rectangle.flat(x, y);
    begin(shape).add(x).add(y);
    launch(Kernel.MULTIPLY, y, shape);
  }

  void addDiagonal(double value, CudaMatrix a) {
    Operands.square("addDiagonal", a);
    if (a.isEmpty()) {
      return;
    }
    launcher.arguments().add((long) a.rows()).add(value, a.precision()).add(a);
    launcher.overBlocks(Kernel.ADD_DIAGONAL, a.precision(), diagonalBlocks(a));
  }

  void addDiagonal(double factor, CudaMatrix value, CudaMatrix a) {
    Operands.number("addDiagonal", value);
    Operands.square("addDiagonal", a);
    Operands.precision("addDiagonal", Precision.FLOAT64, a);
    if (a.isEmpty()) {
      return;
    }
    launcher
        .arguments()
        .add((long) a.rows())
        .add(factor, Precision.FLOAT64)
        .add(value.pointer())
        .add(a);
    launcher.overBlocks(Kernel.ADD_DIAGONAL_NUMBER, Precision.FLOAT64, diagonalBlocks(a));
  }

  private static int diagonalBlocks(CudaMatrix a) {
    return (int) Math.min(KernelLauncher.ceil(a.rows(), 256), 1024);
  }

  void scaleRows(CudaMatrix w, CudaMatrix a) {
    Operands.samePrecision("scaleRows", w, a);
    Operands.shape("scaleRows", w, a.rows(), 1);
    if (a.isEmpty()) {
      return;
    }
    Rectangle shape = Rectangle.byRows(a);
    begin(shape).add(w).add(a);
    launch(Kernel.SCALE_ROWS, a, shape);
  }

  void scaleColumns(CudaMatrix w, CudaMatrix a) {
    Operands.samePrecision("scaleColumns", w, a);
    Operands.shape("scaleColumns", w, 1, a.columns());
    if (a.isEmpty()) {
      return;
    }
    Rectangle both = withRow(Rectangle.byRows(a), w);
    begin(both).add(w.pointer()).add(a);
    launch(Kernel.SCALE_COLUMNS, a, both);
  }

  /** Wide accesses only where those to a row vector are aligned too. */
  private static Rectangle withRow(Rectangle shape, CudaMatrix row) {
    boolean wide = shape.unit() > 1 && row.pointer().address() % 16 == 0;
    return new Rectangle(shape.rows(), shape.columns(), wide ? shape.unit() : 1);
  }

  void rowDot(CudaMatrix a, CudaMatrix b, CudaMatrix out) {
    Operands.alike("rowDot", a, b);
    Operands.samePrecision("rowDot", a, out);
    Operands.shape("rowDot", out, a.rows(), 1);
    if (a.rows() == 0) {
      return;
    }
    launcher.arguments().add((long) a.rows()).add((long) a.columns()).add(a).add(b).add(out);
    launcher.overRows(Kernel.ROW_DOT, out.precision(), a.rows());
  }

  void kickRotate(double kick, CudaMatrix g, double angle, CudaMatrix x, CudaMatrix p) {
    Operands.precision("kickRotate", Precision.FLOAT32, g);
    Operands.alike("kickRotate", g, x);
    Operands.alike("kickRotate", g, p);
    if (x.isEmpty()) {
      return;
    }
    Rectangle shape = Rectangle.flat(g, x, p);
    begin(shape)
        .add(kick, Precision.FLOAT32)
        .add(Math.tan(0.5 * angle), Precision.FLOAT32)
        .add(Math.sin(angle), Precision.FLOAT32)
        .add(g)
        .add(x)
        .add(p);
    launch(Kernel.KICK_ROTATE, x, shape);
  }
}
