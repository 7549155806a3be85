package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checksums of files of every kind, taken while they are read. */
class DataFileTest {
  @TempDir Path folder;

  private static byte[] packed(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private void require(String name, byte[] bytes, String array)
      throws IOException, NoSuchAlgorithmException {
    Path file = Files.write(folder.resolve(name), bytes);
    String sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    String argument = file + (array.isEmpty() ? "" : ":" + array);
    assertThat(ArrayReader.read(argument).file())
        .as(argument)
        .contains(new DataFile(file.toString(), array, sha256));
  }

  /** 300000 numbers, more than any buffer holds. */
  @Test
  void theChecksumIsThatOfTheWholeFileAsItLies() throws IOException, NoSuchAlgorithmException {
    double[] values = new double[300_000];
    StringBuilder text = new StringBuilder();
    byte[] idx = new byte[8 + values.length];
    System.arraycopy(new byte[] {0, 0, 8, 1, 0, 4, (byte) 0x93, (byte) 0xe0}, 0, idx, 0, 8);
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.sin(i);
      text.append(values[i]).append('\n');
    }
    Path npy = folder.resolve("made.npy");
    NpyWriter.write(npy, values, values.length);
    Path npz = folder.resolve("made.npz");
    try (NpzWriter arrays = NpzWriter.create(npz)) {
      arrays.put("a", values, values.length);
      arrays.put("b", new double[] {1, 2}, 2);
      arrays.commit();
    }
    require("x.npy", Files.readAllBytes(npy), "");
    require("x.npy.gz", packed(Files.readAllBytes(npy)), "");
    require("x.csv", text.toString().getBytes(StandardCharsets.UTF_8), "");
    require("x.csv.gz", packed(text.toString().getBytes(StandardCharsets.UTF_8)), "");
    require("x-idx1-ubyte", idx, "");
    require("x.npz", Files.readAllBytes(npz), "a");
    require("x.npz", Files.readAllBytes(npz), "b");
  }

  @Test
  void pointsHaveTheChecksumOfTheirNumbers() {
    Dataset points = Dataset.of(new double[][] {{1, 2}, {3, 4}}, new double[] {5, 6});
    Dataset same = Dataset.of(new double[] {1, 2, 3, 4}, new double[] {5, 6}, 2);
    Dataset other = Dataset.of(new double[] {1, 2, 3, 4}, new double[] {5, 7}, 2);
    // sha256 of the big-endian float64 1, 2, 3, 4, 5, 6
    assertThat(points.checksum()).isEqualTo(SIX).isEqualTo(same.checksum());
    assertThat(other.checksum()).isNotEqualTo(SIX);
  }

  private static final String SIX =
      "b11c9d9df2cf55965d4fcde61b66bde30151087ef6ce0d8669f2fee2082d0515";
}
