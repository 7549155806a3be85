package org.richkernel.group;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The connection to another rank. One thread sends and another one receives; a message is its
 * number, its length and its bytes.
 */
final class Peer implements AutoCloseable {
  private static final int CHUNK = 1 << 18; // bytes
  private static final int HEADER = 16;

  private final int rank;
  private final String address;
  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final ByteBuffer sent = buffer();
  private final ByteBuffer received = buffer();

  /**
   * @param rank of the other side
   * @param address of the other side, for messages
   */
  Peer(int rank, String address, Socket socket) throws IOException {
    this.rank = rank;
    this.address = address;
    this.socket = socket;
    in = new DataInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  private static ByteBuffer buffer() {
    return ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
  }

  int rank() {
    return rank;
  }

  /** Begins a message. */
  void sendHeader(long number, long length) {
    sent.clear();
    sent.putLong(number).putLong(length);
    sendBuffer();
  }

  /** Sends elements of an array as a part of a message. */
  void send(double[] values, int from, int to) {
    for (int i = from; i < to; i += CHUNK / Double.BYTES) {
      int count = Math.min(CHUNK / Double.BYTES, to - i);
      sent.clear();
      sent.asDoubleBuffer().put(values, i, count);
      sent.position(count * Double.BYTES);
      sendBuffer();
    }
  }

  private void sendBuffer() {
    send(sent.array(), sent.position());
  }

  /** Sends the first bytes of an array as a part of a message. */
  void send(byte[] bytes, int count) {
    try {
      out.write(bytes, 0, count);
    } catch (IOException e) {
      throw lost("it cannot be sent to (" + e.getMessage() + ")", e);
    }
  }

  /**
   * Takes the beginning of a message.
   *
   * @return its length
   * @throws RanksPartedException if it is another message than this rank is at
   */
  long receiveHeader(long number) {
    receive(received.array(), HEADER);
    long found = received.getLong(0);
    if (found != number) {
      throw new RanksPartedException(
          "rank " + rank + " is at message " + found + ", and this one at " + number);
    }
    return received.getLong(Long.BYTES);
  }

  /** Takes the beginning of a message whose length is known. */
  void receiveHeader(long number, long length) {
    long found = receiveHeader(number);
    if (found != length) {
      throw new RanksPartedException(
          "rank " + rank + " sends " + found + " numbers in place of " + length);
    }
  }

  /** Receives elements of an array. */
  void receive(double[] values, int from, int to) {
    for (int i = from; i < to; i += CHUNK / Double.BYTES) {
      int count = Math.min(CHUNK / Double.BYTES, to - i);
      receive(received.array(), count * Double.BYTES);
      received.clear();
      received.asDoubleBuffer().get(values, i, count);
    }
  }

  /** Receives the first bytes of an array. */
  void receive(byte[] bytes, int count) {
    try {
      in.readFully(bytes, 0, count);
    } catch (SocketTimeoutException e) {
      throw lost("nothing was heard of it for " + timeoutSeconds() + " s", e);
    } catch (EOFException e) {
      throw lost("it ended, or left after the loss of another one", e);
    } catch (IOException e) {
      throw lost("it cannot be heard (" + e.getMessage() + ")", e);
    }
  }

  private double timeoutSeconds() {
    try {
      return socket.getSoTimeout() * 1e-3;
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  private RankLostException lost(String how, IOException cause) {
    return new RankLostException(
        rank, "rank " + rank + " at " + address + " is lost: " + how, cause);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // the connection is of no more use in any case
    }
  }
}
