package org.richkernel.bayes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.richkernel.compute.Activation;
import org.richkernel.compute.Backend;
import org.richkernel.compute.BackendOptions;
import org.richkernel.compute.Backends;
import org.richkernel.group.RankGroup;
import org.richkernel.group.RankThreads;
import org.richkernel.network.NetworkSpec;
import org.richkernel.solver.SolverState;
import org.richkernel.stack.Conditions;
import org.richkernel.stack.FieldForm;
import org.richkernel.stack.FieldShape;

/** Chains of deep networks whose points are spread over ranks, threads of this process. */
@Timeout(200)
class RankChainsTest {
  /** Four blocks. */
  private static final int P = 16_385;

  private static final int D = 5;
  private static final int K = 2;
  private static final int S = 64;
  private static final double STEP = 0.4; // few leapfrogs
  private static final NetworkSpec NETWORK =
      NetworkSpec.of(2, Activation.TANH).withBiasVariance(0.3);

  private static final SaddleOptions OPTIONS =
      new SaddleOptions(0.5, 0.01, S, 0, 1, 1e-9, 20)
          .withLargeData(new LargeData(ReadoutForm.DUAL, FieldForm.WEIGHTS, 0));

  private static double[] normals(int count, long seed) {
    Random random = new Random(seed);
    return random.doubles(count).map(u -> random.nextGaussian()).toArray();
  }

  private static WarmStart start() {
    FieldShape shape = FieldShape.of(NETWORK, D + 1, P, FieldForm.WEIGHTS);
    List<float[]> fields = new ArrayList<>();
    for (int samples : new int[] {S, S, S / 4, S / 4}) {
      double[] values = normals(samples * shape.width(samples), fields.size());
      float[] single = new float[values.length];
      for (int i = 0; i < single.length; i++) {
        single[i] = (float) values[i];
      }
      fields.add(single);
    }
    return new WarmStart(0.5, 100, fields, new double[] {STEP, STEP, STEP, STEP});
  }

  /** All of a checkpoint after a sweep of burn-in and one that is measured. */
  private static Map<String, Object> swept(RankGroup group) {
    BackendOptions options = new BackendOptions(1, Long.MAX_VALUE).among(group);
    SolverState state = new SolverState();
    try (Backend backend = Backends.open("cpu", options, line -> {})) {
      InputFactor input = InputFactor.of(backend, NETWORK, normals(P * D, 11), P, D);
      InputFactor.Coordinates test = input.coordinates(backend, normals(5 * D, 12), 5);
      try (ChainEnsemble chains =
          new ChainEnsemble(backend, NETWORK, input, normals(P * K, 13), OPTIONS, test, 0)) {
        chains.start(start(), new Conditions(0.5, 100));
        chains.move(SamplingChain::burnIn);
        chains.forEach(SamplingChain::freeze);
        chains.move(SamplingChain::sweep);
        chains.keepSnapshots();
        chains.move(SamplingChain::sweep);
        chains.save(state);
      }
      assertThat(backend.openMatrices()).isZero();
    }
    Map<String, Object> arrays = new LinkedHashMap<>(state.allDoubles());
    arrays.putAll(state.allFloats());
    return arrays;
  }

  @Test
  void anyNumberOfRanksHasTheBitsOfOne() {
    Map<String, Object> one = swept(RankGroup.alone());
    assertThat(one).hasSizeGreaterThan(20);
    for (int ranks = 2; ranks <= 3; ranks++) {
      for (Map<String, Object> found :
          RankThreads.run(ranks, Duration.ofSeconds(60), RankChainsTest::swept)) {
        assertThat(found.keySet()).isEqualTo(one.keySet());
        one.forEach((name, values) -> assertThat(found.get(name)).as(name).isEqualTo(values));
      }
    }
  }
}
