package org.richkernel.group;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A port at which a rank waits for the others. Ranks open it, exchange its number through their
 * launcher, and then join.
 */
public final class Entrance implements AutoCloseable {
  private static final int BACKLOG = 1024;
  private static final int HELLO_MILLIS = 10_000; // for the first words of a caller

  private final ServerSocket server;

  private Entrance(ServerSocket server) {
    this.server = server;
  }

  /**
   * Opens any free port of all addresses of the machine.
   *
   * @throws UncheckedIOException if there is none
   */
  public static Entrance open() {
    try {
      return new Entrance(new ServerSocket(0, BACKLOG, (InetAddress) null));
    } catch (IOException e) {
      throw new UncheckedIOException("no port can be opened for other ranks (" + e + ")", e);
    }
  }

  /** The number of the port. */
  public int port() {
    return server.getLocalPort();
  }

  /**
   * Waits until all ranks are connected.
   *
   * @param addresses host and port of every rank, with a colon between
   * @param key of this computation; connections with another one are not of this group
   * @param timeout for everything that a rank waits for, now and later
   * @throws RankLostException if a rank does not come
   */
  public RankGroup join(int rank, List<String> addresses, long key, Duration timeout) {
    int size = addresses.size();
    if (size == 1) {
      return RankGroup.alone();
    }
    Hello own = new Hello(key, size, rank);
    List<@Nullable Peer> peers = new ArrayList<>(Collections.nCopies(size, null));
    try {
      for (int other = 0; other < rank; other++) {
        peers.set(other, connect(own, other, addresses.get(other), timeout));
      }
      long end = System.nanoTime() + timeout.toNanos();
      for (int left = size - 1 - rank; left > 0; ) {
        Peer peer = accept(own, peers, addresses, timeout, end);
        if (peer != null) {
          peers.set(peer.rank(), peer);
          left--;
        }
      }
      return new SocketGroup(rank, peers);
    } catch (RuntimeException e) {
      peers.stream().filter(peer -> peer != null).forEach(Peer::close);
      throw e;
    }
  }

  /** Greeting of both sides of a connection. */
  private record Hello(long key, int size, int rank) {
    void write(Socket socket) throws IOException {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.writeLong(key);
      out.writeInt(size);
      out.writeInt(rank);
      out.flush();
    }

    static Hello read(Socket socket) throws IOException {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      return new Hello(in.readLong(), in.readInt(), in.readInt());
    }

    boolean isOfSameGroup(Hello other) {
      return key == other.key && size == other.size;
    }
  }

  private static Peer connect(Hello own, int other, String address, Duration timeout) {
    Socket socket = new Socket();
    try {
      int colon = address.lastIndexOf(':');
      int port = Integer.parseInt(address.substring(colon + 1));
      int millis = Math.toIntExact(timeout.toMillis());
      prepare(socket, millis);
      socket.connect(new InetSocketAddress(address.substring(0, colon), port), millis);
      own.write(socket);
      Hello found = Hello.read(socket);
      if (!own.isOfSameGroup(found) || found.rank() != other) {
        throw new IOException("another program answers");
      }
      return new Peer(other, address, socket);
    } catch (IOException e) {
      closeQuietly(socket);
      throw new RankLostException(
          other, "rank " + other + " cannot be reached at " + address + " (" + e + ")", e);
    }
  }

  /** The next rank, or null for a caller that is none. */
  private @Nullable Peer accept(
      Hello own, List<@Nullable Peer> peers, List<String> addresses, Duration timeout, long end) {
    Socket socket = null;
    try {
      long left = Math.max(1, (end - System.nanoTime()) / 1_000_000);
      server.setSoTimeout((int) Math.min(Integer.MAX_VALUE, left));
      socket = server.accept();
      int millis = Math.toIntExact(timeout.toMillis());
      prepare(socket, Math.min(millis, HELLO_MILLIS));
      Hello caller = Hello.read(socket);
      socket.setSoTimeout(millis);
      boolean isAwaited =
          own.isOfSameGroup(caller)
              && caller.rank() > own.rank()
              && caller.rank() < own.size()
              && peers.get(caller.rank()) == null;
      if (!isAwaited) {
        closeQuietly(socket);
        return null;
      }
      own.write(socket);
      return new Peer(caller.rank(), addresses.get(caller.rank()), socket);
    } catch (SocketTimeoutException e) {
      if (socket != null) {
        closeQuietly(socket); // a caller that says nothing
        return null;
      }
      int missing = peers.subList(own.rank() + 1, own.size()).indexOf(null) + own.rank() + 1;
      throw new RankLostException(
          missing,
          "rank "
              + missing
              + " at "
              + addresses.get(missing)
              + " did not come within "
              + timeout.toSeconds()
              + " s",
          e);
    } catch (IOException e) {
      if (server.isClosed()) {
        throw new UncheckedIOException("the port for other ranks is closed", e);
      }
      closeQuietly(socket); // a caller that left again
      return null;
    }
  }

  private static void prepare(Socket socket, int millis) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setKeepAlive(true);
    socket.setSoTimeout(millis);
  }

  private static void closeQuietly(@Nullable Socket socket) {
    if (socket == null) {
      return;
    }
    try {
      socket.close();
    } catch (IOException e) {
      // the connection is of no more use in any case
    }
  }

  /** Closes the port; connections stay. */
  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
