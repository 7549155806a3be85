package org.richkernel.group;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.richkernel.group.BlockShares.Node;

/**
 * Ranks in processes of their own with a connection between any two. Each rank adds one segment of
 * the numbers, in the order of the tree, and sends it to all others: 2 (W - 1) / W times the
 * numbers leave a rank whose blocks are one node of the tree, as many as in a ring. Short messages
 * go whole to everyone.
 *
 * <p>The first failure closes all connections, so that no rank waits for one that is gone; from
 * then on every call throws it.
 */
public final class SocketGroup implements RankGroup {
  /** Numbers that are not cut into segments: a second round costs more than they do. */
  private static final int SHORT = 2048;

  private final int rank;
  private final List<@Nullable Peer> peers; // null in place of this rank
  private final ExecutorService sender;
  private final Map<Integer, BlockSum> trees = new HashMap<>(); // by the length of a segment
  private long messages;
  private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

  SocketGroup(int rank, List<@Nullable Peer> peers) {
    this.rank = rank;
    this.peers = peers;
    sender =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread thread = new Thread(work, "rank " + rank + " sends");
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return peers.size();
  }

  @Override
  public void sum(BlockShares shares, BlockSum own, double[] total) {
    own.requireAll(shares, rank);
    int length = own.length();
    boolean isShort = length <= SHORT;
    int[] bounds = isShort ? null : segments(length);
    int first = isShort ? 0 : bounds[rank];
    int end = isShort ? length : bounds[rank + 1];
    BlockSum tree = trees.computeIfAbsent(end - first, BlockSum::new);
    List<List<double[]>> parts = new ArrayList<>();
    for (int r = 0; r < size(); r++) {
      List<double[]> sums = new ArrayList<>();
      for (int i = 0; i < shares.nodes(r).size(); i++) {
        sums.add(tree.next());
        if (r == rank) {
          System.arraycopy(own.sums().get(i), first, sums.get(i), 0, end - first);
        }
      }
      parts.add(sums);
    }
    exchange(
        to -> {
          int from = isShort ? 0 : bounds[to.rank()];
          int until = isShort ? length : bounds[to.rank() + 1];
          to.sendHeader(messages, (long) own.sums().size() * (until - from));
          own.sums().forEach(sum -> to.send(sum, from, until));
        },
        from -> {
          List<double[]> sums = parts.get(from.rank());
          from.receiveHeader(messages, (long) sums.size() * (end - first));
          sums.forEach(sum -> from.receive(sum, 0, sum.length));
        });
    own.clear();
    for (int r = 0; r < size(); r++) {
      List<Node> nodes = shares.nodes(r);
      for (int i = 0; i < nodes.size(); i++) {
        tree.add(nodes.get(i), parts.get(r).get(i));
      }
    }
    tree.finish(total, first, end - first);
    if (!isShort) {
      gather(total, bounds);
    }
  }

  /** Bounds of the segment of each rank. */
  private int[] segments(int length) {
    int[] bounds = new int[size() + 1];
    for (int r = 0; r <= size(); r++) {
      bounds[r] = (int) ((long) length * r / size());
    }
    return bounds;
  }

  @Override
  public void gather(double[] values, int[] bounds) {
    int own = bounds[rank + 1] - bounds[rank];
    exchange(
        to -> {
          to.sendHeader(messages, own);
          to.send(values, bounds[rank], bounds[rank + 1]);
        },
        from -> {
          int first = bounds[from.rank()];
          int end = bounds[from.rank() + 1];
          from.receiveHeader(messages, end - first);
          from.receive(values, first, end);
        });
  }

  @Override
  public byte[] fromFirst(byte @Nullable [] own) {
    byte[][] found = {own};
    exchange(
        to -> {
          byte[] bytes = rank == 0 ? Objects.requireNonNull(own) : new byte[0];
          to.sendHeader(messages, bytes.length);
          to.send(bytes, bytes.length);
        },
        from -> {
          byte[] bytes = new byte[Math.toIntExact(from.receiveHeader(messages))];
          from.receive(bytes, bytes.length);
          if (from.rank() == 0) {
            found[0] = bytes;
          }
        });
    return Objects.requireNonNull(found[0]);
  }

  /**
   * Sends to every peer and receives from every peer. In round k a rank sends to the k-th one after
   * it while it receives from the k-th one before it, so no two of them wait for each other.
   */
  private void exchange(Consumer<Peer> send, Consumer<Peer> receive) {
    if (sender.isShutdown()) {
      throw new IllegalStateException("rank " + rank + " has left the group");
    }
    messages++;
    Future<?> sending = sender.submit(() -> unlessFailed(() -> inTurn(1, send)));
    unlessFailed(() -> inTurn(-1, receive));
    unlessFailed(() -> await(sending));
    RuntimeException found = failure.get();
    if (found != null) {
      throw found;
    }
  }

  private void unlessFailed(Runnable part) {
    if (failure.get() != null) {
      return;
    }
    try {
      part.run();
    } catch (RuntimeException e) {
      failure.compareAndSet(null, e);
      disconnect();
    }
  }

  private static void await(Future<?> sending) {
    try {
      sending.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted among other ranks", e);
    }
  }

  private void inTurn(int direction, Consumer<Peer> action) {
    for (int k = 1; k < size(); k++) {
      action.accept(Objects.requireNonNull(peers.get(Math.floorMod(rank + direction * k, size()))));
    }
  }

  /** Leaves the group; whoever still waits for this rank learns it at once. */
  @Override
  public void close() {
    disconnect();
    sender.shutdown();
  }

  private void disconnect() {
    for (Peer peer : peers) {
      if (peer != null) {
        peer.close();
      }
    }
  }
}
