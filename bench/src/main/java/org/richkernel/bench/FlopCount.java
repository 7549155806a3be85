package org.richkernel.bench;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import org.richkernel.compute.Backend;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.Precision;
import org.richkernel.compute.Transpose;

/**
 * A backend that counts the multiplications and additions of its products, by precision, on one
 * device.
 */
final class FlopCount {
  private final Backend counted;
  private double single;
  private double twice;

  FlopCount(Backend backend) {
    counted =
        (Backend)
            Proxy.newProxyInstance(
                Backend.class.getClassLoader(),
                new Class<?>[] {Backend.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("devices")) {
                    return List.of(proxy);
                  }
                  count(method.getName(), arguments);
                  try {
                    return method.invoke(backend, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
  }

  Backend backend() {
    return counted;
  }

  /** Operations in float32. */
  double single() {
    return single;
  }

  /** Operations in float64. */
  double twice() {
    return twice;
  }

  private void count(String operation, Object[] arguments) {
    switch (operation) {
      case "gemm" -> {
        Matrix a = (Matrix) arguments[3];
        Matrix c = (Matrix) arguments[6];
        double inner = arguments[0] == Transpose.YES ? a.rows() : a.columns();
        add(a.precision(), 2.0 * c.size() * inner);
      }
      case "gram" -> {
        Matrix a = (Matrix) arguments[1];
        add(a.precision(), (double) a.size() * a.columns());
      }
      case "crossGram" -> {
        Matrix a = (Matrix) arguments[1];
        Matrix b = (Matrix) arguments[2];
        add(a.precision(), 2.0 * a.size() * b.columns());
      }
      case "mirroredCrossGram" -> {
        Matrix a = (Matrix) arguments[1];
        add(a.precision(), (double) a.size() * a.columns());
      }
      case "multiplyTriangular" -> {
        Matrix b = (Matrix) arguments[2];
        add(b.precision(), (double) b.size() * b.columns());
      }
      case "solveTriangular" -> {
        Matrix l = (Matrix) arguments[3];
        Matrix b = (Matrix) arguments[4];
        add(l.precision(), (double) b.size() * l.rows());
      }
      case "cholesky" -> {
        Matrix a = (Matrix) arguments[0];
        add(a.precision(), (double) a.size() * a.rows() / 3);
      }
      default -> {
        // elementwise work is not counted
      }
    }
  }

  private void add(Precision precision, double flops) {
    if (precision == Precision.FLOAT32) {
      single += flops;
    } else {
      twice += flops;
    }
  }
}
