package org.richkernel.bayes;

import org.richkernel.compute.*;
import org.richkernel.data.*;
import org.richkernel.network.*;
import org.richkernel.solver.*;

class Trial {
  public static void main(String[] a) throws Exception {
    Activation f = Activation.valueOf(a[0].toUpperCase());
    double gamma = Double.parseDouble(a[1]), kappa = Double.parseDouble(a[2]);
    int p = Integer.parseInt(a[3]), s = Integer.parseInt(a[4]), max = Integer.parseInt(a[5]);
    int d = 784;
    byte[] im =
        new java.util.zip.GZIPInputStream(
                new java.io.FileInputStream("/work/shared/data/mnist/train-images-idx3-ubyte.gz"))
            .readAllBytes();
    byte[] la =
        new java.util.zip.GZIPInputStream(
                new java.io.FileInputStream("/work/shared/data/mnist/train-labels-idx1-ubyte.gz"))
            .readAllBytes();
    double[] x = new double[p * d], y = new double[p];
    int[] n = new int[2];
    int c = 0;
    for (int i = 0; c < p; i++) {
      int l = la[8 + i];
      if (l > 1 || n[l] >= p / 2) continue;
      n[l]++;
      for (int j = 0; j < d; j++)
        x[c * d + j] = ((im[16 + i * d + j] & 255) / 255. - 0.1307) / 0.3081;
      y[c++] = l == 1 ? 1 : -1;
    }
    long t0 = System.nanoTime();
    try (Backend b = Backends.cpu()) {
      NetworkSpec spec = NetworkSpec.of(1, f);
      InputFactor in = InputFactor.of(b, spec, x, p, d);
      SaddleOptions o = SaddleOptions.of(gamma, 1 / kappa).withSamples(s).withMaxSweeps(max);
      System.out.printf("rank %d%n", in.rank());
      try (SaddleSampler z = new SaddleSampler(b, f, in, y, 1, o, null)) {
        long[] cnt = {0};
        long t1 = System.nanoTime();
        StopReason r =
            z.run(
                new RunControl(
                    q -> {
                      if (++cnt[0] % 40 == 0)
                        System.out.printf(
                            "%.1fs %s %d/%d acc %.2f res %.4f%n",
                            (System.nanoTime() - t0) * 1e-9,
                            q.phase(),
                            q.done(),
                            q.total(),
                            q.acceptance(),
                            q.residual());
                    },
                    new StopSignal(),
                    CheckpointStore.none()));
        System.out.println(r);
        for (double[] h : z.history()) System.out.println(java.util.Arrays.toString(h));
        for (SamplingChain ch :
            new SamplingChain[] {z.large()[0], z.large()[1], z.small()[0], z.small()[1]})
          System.out.printf(
              "S=%d step %.3f acc %.2f tau %.1f yv %.4f+-%.4f yPhiy %.5f+-%.5f tr %.4f+-%.4f%n",
              ch.samples(),
              ch.step(),
              ch.acceptance(),
              ch.autocorrelationTime(),
              ch.dualFit().mean(),
              ch.dualFit().standardError(),
              ch.kernelFit().mean() / p / p,
              ch.kernelFit().standardError() / p / p,
              ch.trace().mean() / p,
              ch.trace().standardError() / p);
        SaddleEstimate e = z.estimate();
        double yky = 0, fr = 0, tr = 0, yv = 0;
        for (int i = 0; i < p; i++) {
          tr += e.kernel()[i * p + i] / p;
          yv += y[i] * e.dual()[i];
          for (int j = 0; j < p; j++) {
            yky += y[i] * y[j] * e.kernel()[i * p + j];
            fr += Math.pow(e.kernel()[i * p + j], 2);
          }
        }
        System.out.printf(
            "extrapolated yPhiy %.5f tr %.4f yv %.4f align %.4f residual %.5f +- %.5f%n",
            yky / p / p, tr, yv, yky / Math.sqrt(fr) / p, e.residual(), e.residualError());
        double[] k0 = z.fresh().meanKernel(0), k1 = z.fresh().meanKernel(1);
        double nr = 0, dr = 0;
        double[] km = new double[p * p];
        for (int i = 0; i < p * p; i++) km[i] = (k0[i] + k1[i]) / 2;
        double[] r0 = e.residual(k0, e.dual(), y, kappa),
            r1 = e.residual(k1, e.dual(), y, kappa),
            rm = e.residual(km, e.dual(), y, kappa);
        double q = 0, q2 = 0;
        for (int i = 0; i < p; i++) {
          q += rm[i] * rm[i];
          q2 += (r0[i] - r1[i]) * (r0[i] - r1[i]) / 4;
        }
        System.out.printf(
            "fresh residual %.5f +- %.5f acc %.2f%n",
            Math.sqrt(q / p), Math.sqrt(q2 / p), z.fresh().acceptance());
        System.out.printf(
            "total %.1f s, sampling %.1f s, %d iterations%n",
            (System.nanoTime() - t0) * 1e-9, (System.nanoTime() - t1) * 1e-9, z.iterations());
      }
    }
  }
}
