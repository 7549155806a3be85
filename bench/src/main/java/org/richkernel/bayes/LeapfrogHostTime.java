package org.richkernel.bayes;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.richkernel.bench.HostTime;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendThreads;
import org.richkernel.compute.Backends;
import org.richkernel.compute.Matrix;
import org.richkernel.compute.OwnedResources;
import org.richkernel.compute.Precision;
import org.richkernel.data.Dataset;
import org.richkernel.network.NetworkSpec;
import org.richkernel.stack.PosteriorParameters;

/**
 * Time that the host needs to ask the CUDA device for a leapfrog step: {@code LeapfrogHostTime P S
 * [LANES]} with the libraries of native/idle, which compute nothing. Processor time of the asking
 * thread is counted, so what else runs on the machine matters little; of several lanes, which work
 * at the same time, that of all their threads, and beside it the time on the clock.
 */
public final class LeapfrogHostTime {
  /** Steps of a trajectory; what a move costs beside its steps is spread over them. */
  private static final int STEPS = 1000;

  private static final int WARM_UP = 40;
  private static final int MOVES = 21;

  private static final PosteriorParameters CONDITIONS = new PosteriorParameters(1, 0.1, 1, 0);

  private final List<Backend> lanes;
  private final Dataset digits;
  private final int samples;

  private LeapfrogHostTime(List<Backend> lanes, Dataset digits, int samples) {
    this.lanes = lanes;
    this.digits = digits;
    this.samples = samples;
  }

  /** Prints one row per network. */
  public static void main(String[] arguments) {
    Dataset digits = HostTime.digits(Integer.parseInt(arguments[0]));
    int samples = Integer.parseInt(arguments[1]);
    int count = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 1;
    try (Backend backend = HostTime.device()) {
      System.out.printf(
          Locale.ROOT,
          "%s, P = %d, S = %d, lanes = %d%n%n"
              + "| network | host us per step, median | least | clock us per step, median | least |%n"
              + "| --- | ---: | ---: | ---: | ---: |%n",
          backend.info().device(),
          digits.points(),
          samples,
          count);
      LeapfrogHostTime time = new LeapfrogHostTime(backend.lanes(count), digits, samples);
      for (int layers = 1; layers <= 3; layers++) {
        time.report(NetworkSpec.of(layers, Activation.RELU));
      }
    }
  }

  private MarginalPosterior posterior(Backend lane, NetworkSpec network) {
    InputFactor input = input(network);
    return network.hiddenLayers() == 1
        ? PrimalPosterior.ofBlocks(
            lane, network.activation(), input, digits.targets(), CONDITIONS, samples)
        : new PrimalPosterior(lane, network, input, digits.targets(), CONDITIONS, samples);
  }

  /** From the processor: eigenvectors that a device did not compute are of no use. */
  private InputFactor input(NetworkSpec network) {
    try (Backend cpu = Backends.cpu()) {
      return InputFactor.of(
          cpu, network, digits.inputs(), digits.points(), digits.inputDimension());
    }
  }

  /** A chain of a lane. */
  private record Chain(
      MarginalPosterior posterior, FieldPopulation population, Matrix uniforms, CollectiveHmc hmc) {
    void move(int move) {
      hmc.move(posterior, 0, move, 0.01, STEPS);
    }
  }

  private void report(NetworkSpec network) {
    double[] host = new double[MOVES];
    double[] clock = new double[MOVES];
    try (OwnedResources owned = new OwnedResources()) {
      BackendThreads threads =
          owned.own(new BackendThreads("lane", lanes.stream().map(List::<Backend>of).toList()));
      List<Chain> chains = new ArrayList<>();
      for (Backend lane : lanes) {
        MarginalPosterior posterior = owned.own(posterior(lane, network));
        FieldPopulation population = owned.own(posterior.newPopulation(samples, 1));
        Matrix uniforms = owned.own(lane.allocate(Precision.FLOAT32, 1, 2, "uniforms"));
        posterior.refresh(population);
        CollectiveHmc hmc = new CollectiveHmc(lane, 1, 0, uniforms, (xi, gradient) -> {});
        chains.add(new Chain(posterior, population, uniforms, hmc));
      }
      for (int move = 0; move < WARM_UP + MOVES; move++) {
        int index = move;
        AtomicLong nanos = new AtomicLong();
        long start = System.nanoTime();
        threads.run(lane -> nanos.addAndGet(ownTime(() -> chains.get(lane).move(index))));
        if (move >= WARM_UP) {
          clock[move - WARM_UP] = micros(System.nanoTime() - start);
          host[move - WARM_UP] = micros(nanos.get());
        }
      }
    }
    Arrays.sort(host);
    Arrays.sort(clock);
    int layers = network.hiddenLayers();
    System.out.printf(
        Locale.ROOT,
        "| %s | %.1f | %.1f | %.1f | %.1f |%n",
        layers == 1 ? "one hidden layer" : "deep, L = " + layers,
        host[MOVES / 2],
        host[0],
        clock[MOVES / 2],
        clock[0]);
  }

  /** Of a step, of which every lane has made the same number. */
  private double micros(long nanos) {
    return nanos * 1e-3 / STEPS / lanes.size();
  }

  /** Processor time of the calling thread for some work. */
  private static long ownTime(Runnable work) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    work.run();
    return threads.getCurrentThreadCpuTime() - start;
  }
}
