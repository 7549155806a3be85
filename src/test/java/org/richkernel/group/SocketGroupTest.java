package org.richkernel.group;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ranks as threads: the same bits for every number of them, and one exception for a loss. */
@Timeout(60)
class SocketGroupTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static double[][] blocks(int blocks, int length) {
    Random random = new Random(blocks);
    double[][] values = new double[blocks][length];
    for (double[] block : values) {
      for (int i = 0; i < length; i++) {
        block[i] = random.nextGaussian() * Math.pow(10, random.nextInt(9) - 4);
      }
    }
    return values;
  }

  /** The tree as it is defined: halves of a power of two, of which those beyond B are empty. */
  private static double sum(double[][] values, int i, int first, int span) {
    if (span == 1) {
      return values[first][i];
    }
    int half = span / 2;
    double left = sum(values, i, first, half);
    return first + half < values.length ? left + sum(values, i, first + half, half) : left;
  }

  private static double[] tree(double[][] values) {
    int root = 1;
    while (root < values.length) {
      root *= 2;
    }
    double[] total = new double[values[0].length];
    for (int i = 0; i < total.length; i++) {
      total[i] = sum(values, i, 0, root);
    }
    return total;
  }

  private static double[] summed(RankGroup group, double[][] values) {
    BlockShares shares = new BlockShares(values.length, group.size());
    BlockSum own = new BlockSum(values[0].length);
    double[] total = new double[values[0].length];
    for (int repeat = 0; repeat < 2; repeat++) {
      for (int b = shares.first(group.rank()); b < shares.first(group.rank() + 1); b++) {
        double[] block = own.next();
        System.arraycopy(values[b], 0, block, 0, block.length);
        own.add(b, block);
      }
      group.sum(shares, own, total);
    }
    return total;
  }

  @Test
  void sumsHaveTheBitsOfTheTreeForEveryNumberOfRanks() {
    for (int length : new int[] {1, 100, 5000}) {
      for (int count : new int[] {8, 13, 32}) {
        double[][] values = blocks(count, length);
        double[] expected = tree(values);
        for (int ranks : new int[] {1, 2, 3, 5, 8}) {
          assertThat(RankThreads.run(ranks, PATIENCE, group -> summed(group, values)))
              .as("%d numbers, %d blocks, %d ranks", length, count, ranks)
              .allSatisfy(total -> assertThat(total).containsExactly(expected));
        }
      }
    }
  }

  /** Else the test above could not fail. */
  @Test
  void anotherOrderHasOtherBits() {
    double[][] values = blocks(13, 100);
    double[] inOrder = new double[100];
    for (double[] block : values) {
      Arrays.setAll(inOrder, i -> inOrder[i] + block[i]);
    }
    assertThat(tree(values)).isNotEqualTo(inOrder);
  }

  @Test
  void sharesCoverEveryBlockOnce() {
    for (int blocks = 1; blocks < 70; blocks++) {
      for (int ranks = 1; ranks <= blocks; ranks++) {
        BlockShares shares = new BlockShares(blocks, ranks);
        int next = 0;
        for (int r = 0; r < ranks; r++) {
          assertThat(shares.first(r)).isEqualTo(next);
          for (BlockShares.Node node : shares.nodes(r)) {
            assertThat(node.first()).isEqualTo(next);
            assertThat(Integer.bitCount(node.span())).isOne();
            assertThat(node.first() % node.span()).isZero();
            next += node.span();
          }
        }
        assertThat(next).isEqualTo(blocks);
      }
    }
  }

  @Test
  void blocksOfAnotherRankAreRefused() {
    BlockSum own = new BlockSum(1);
    own.add(1, new double[1]);
    assertThatThrownBy(() -> RankGroup.alone().sum(new BlockShares(2, 1), own, new double[1]))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void partsAreGathered() {
    int[] bounds = {0, 3, 3, 7};
    List<double[]> all =
        RankThreads.run(
            3,
            PATIENCE,
            group -> {
              double[] values = new double[7];
              Arrays.fill(values, bounds[group.rank()], bounds[group.rank() + 1], group.rank() + 1);
              group.gather(values, bounds);
              return values;
            });
    assertThat(all).allSatisfy(v -> assertThat(v).containsExactly(1, 1, 1, 3, 3, 3, 3));
  }

  @Test
  void bytesOfTheFirst() {
    byte[] large = new byte[3_000_000];
    new Random(1).nextBytes(large);
    assertThat(
            RankThreads.run(
                4, PATIENCE, group -> group.fromFirst(group.rank() == 0 ? large : null)))
        .allSatisfy(bytes -> assertThat(bytes).isEqualTo(large));
  }

  /** All others learn of it at once, and every call from then on fails as well. */
  @Test
  void aRankThatLeavesIsLost() {
    double[][] values = blocks(8, 5000);
    List<Throwable> seen =
        RankThreads.run(
            4,
            PATIENCE,
            group -> {
              summed(group, values);
              if (group.rank() == 2) {
                return null;
              }
              Throwable first = catchThrowable(() -> summed(group, values));
              assertThat(catchThrowable(() -> group.gather(new double[4], new int[5])))
                  .isSameAs(first);
              return first;
            });
    for (int r : new int[] {0, 1, 3}) {
      assertThat(seen.get(r))
          .isInstanceOf(RankLostException.class)
          .hasMessageMatching("rank [0-9] at localhost:[0-9]+ is lost: it .*");
    }
    assertThat(seen.stream().filter(RankLostException.class::isInstance))
        .anySatisfy(e -> assertThat(((RankLostException) e).rank()).isEqualTo(2));
  }

  @Test
  void aRankThatSaysNothingIsLost() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    List<Throwable> seen =
        RankThreads.run(
            2,
            Duration.ofMillis(300),
            group -> {
              if (group.rank() == 1) {
                return done.handle((nothing, e) -> e).join();
              }
              Throwable lost = catchThrowable(() -> summed(group, blocks(4, 10)));
              done.complete(null);
              return lost;
            });
    assertThat(seen.get(0))
        .isInstanceOf(RankLostException.class)
        .hasMessageContaining("rank 1 at localhost:")
        .hasMessageEndingWith("nothing was heard of it for 0.3 s");
  }

  @Test
  void aRankThatDoesNotComeIsLost() {
    try (Entrance entrance = Entrance.open()) {
      List<String> addresses = List.of("localhost:" + entrance.port(), "localhost:1");
      assertThatThrownBy(() -> entrance.join(0, addresses, 1, Duration.ofMillis(200)))
          .isInstanceOf(RankLostException.class)
          .hasMessageStartingWith("rank 1 at localhost:1 did not come within");
      assertThatThrownBy(() -> entrance.join(1, List.of("localhost:1", "localhost:2"), 1, PATIENCE))
          .isInstanceOf(RankLostException.class)
          .hasMessageStartingWith("rank 0 cannot be reached at localhost:1");
    }
  }

  /** Callers of another computation, or of none, are sent away while the ranks meet. */
  @Test
  void strangersAreNotAdmitted() throws IOException {
    try (Entrance zero = Entrance.open();
        Entrance one = Entrance.open();
        Socket silent = new Socket(InetAddress.getLoopbackAddress(), zero.port())) {
      silent.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
      List<String> addresses = List.of("localhost:" + zero.port(), "localhost:" + one.port());
      CompletableFuture<RankGroup> first =
          CompletableFuture.supplyAsync(() -> zero.join(0, addresses, 5, PATIENCE));
      assertThatThrownBy(() -> one.join(1, addresses, 6, PATIENCE))
          .isInstanceOf(RankLostException.class);
      try (RankGroup second = one.join(1, addresses, 5, PATIENCE)) {
        assertThat(second.size()).isEqualTo(2);
        first.join().close();
      }
    } catch (CompletionException e) {
      throw new AssertionError(e);
    }
  }

  /** Ranks that have lost step are told so, and do not add up what does not belong together. */
  @Test
  void ranksAtDifferentCallsAreRefused() {
    List<Throwable> seen =
        RankThreads.run(
            2, PATIENCE, group -> catchThrowable(() -> summed(group, blocks(4, group.rank() + 1))));
    assertThat(seen).anySatisfy(e -> assertThat(e).isInstanceOf(RanksPartedException.class));
    assertThat(seen).doesNotContainNull();
  }
}
