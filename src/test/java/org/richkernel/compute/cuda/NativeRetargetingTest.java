package org.richkernel.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is overwritten in JCuda's natives; that the dynamic loader takes them, CudaToolkitsTest. */
class NativeRetargetingTest {
  private static byte[] natives(String name) throws IOException {
    try (InputStream resource =
        NativeRetargetingTest.class.getResourceAsStream(
            "/lib/lib" + name + "-12.6.0-linux-x86_64.so")) {
      return resource.readAllBytes();
    }
  }

  /** A digit of the name, and of the hash its last byte. */
  @ParameterizedTest
  @CsvSource({
    "JNvrtc, libnvrtc.so.12, libnvrtc.so.13",
    "JCublas2, libcublas.so.12, libcublas.so.13",
    "JCusolver, libcusolver.so.11, libcusolver.so.12",
    "JCusolver, libcusolverMg.so.11, libcusolverMg.so.12"
  })
  void nameAndHashChangeAndNothingElse(String file, String old, String name) throws IOException {
    byte[] before = natives(file);
    byte[] after = NativeRetargeting.retarget(before, Map.of(old, name));
    assertThat(after).hasSameSizeAs(before);
    int changed = 0;
    for (int i = 0; i < before.length; i++) {
      changed += before[i] == after[i] ? 0 : 1;
    }
    assertThat(changed).isEqualTo(2);
    assertThat(new String(after, StandardCharsets.ISO_8859_1)).contains("\0" + name + "\0");
    assertThat(NativeRetargeting.retarget(after, Map.of(name, old))).isEqualTo(before);
  }

  /** Hashes as readelf shows them for version nodes of the C library. */
  @Test
  void hashIsThatOfTheLinker() {
    assertThat(NativeRetargeting.hash("GLIBC_2.2.5".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(0x09691a75);
    assertThat(NativeRetargeting.hash("GLIBC_2.17".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(0x06969197);
  }

  @Test
  void whatIsNoSuchFileIsRefused() throws IOException {
    byte[] whole = natives("JNvrtc");
    Map<String, String> names = Map.of("libnvrtc.so.12", "libnvrtc.so.13");
    assertThatThrownBy(() -> NativeRetargeting.retarget(new byte[100], names))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not a 64-bit ELF file");
    assertThatThrownBy(() -> NativeRetargeting.retarget(Arrays.copyOf(whole, 2000), names))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> NativeRetargeting.retarget(whole, Map.of("libcuda.so.1", "libcuda.so.2")))
        .hasMessageContaining("does not ask for libcuda.so.1");
    assertThatThrownBy(
            () -> NativeRetargeting.retarget(whole, Map.of("libnvrtc.so.12", "libnvrtc.so.1")))
        .hasMessageContaining("differ in length");
  }
}
