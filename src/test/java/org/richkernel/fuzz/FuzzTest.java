package org.richkernel.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Readers of files under mutations of sound ones: only declared exceptions, in one line; no
 * allocation beyond 16 MiB for files of a few kilobytes, whatever their headers promise (but of
 * HDF5, which a library reads); and no file under a checksum is loaded with a flipped bit. {@code
 * -Drichkernel.fuzz.executions=2000000} makes the run longer, {@code -Drichkernel.fuzz.seed}
 * another one. {@link ReaderFuzz} gives the same readers to Jazzer.
 */
class FuzzTest {
  private static final long EXECUTIONS = Long.getLong("richkernel.fuzz.executions", 3000);
  private static final long SEED = Long.getLong("richkernel.fuzz.seed", 1);

  @TempDir Path folder;

  @Test
  void noRowsOfMoreColumnsThanThereAreNumbersAreRefused() throws IOException {
    byte[] wide = HexFormat.of().parseHex("00000803000000007fffffff7fffffff");
    assertThat(new FuzzedReader(FuzzTarget.IDX, folder).refuses(wide)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = "(MODEL|SNAPSHOT)_.*")
  void mutatedFilesAreReadOrRefusedInALine(FuzzTarget target) throws IOException {
    FuzzedReader reader = new FuzzedReader(target, folder);
    Mutations mutations = new Mutations(reader.corpus(), SEED);
    // decoding images takes ten times as long as the rest
    boolean images = target == FuzzTarget.IMAGES || target == FuzzTarget.PNG;
    long executions = images ? EXECUTIONS / 6 : EXECUTIONS;
    long refused = 0;
    for (long i = 0; i < executions; i++) {
      refused += refuses(reader, i, mutations.of(i), false) ? 1 : 0;
    }
    System.out.println(
        "fuzzed " + target + ": " + executions + " executions, " + refused + " refused");
    // neither everything nor nothing is still sound
    assertThat(refused).isBetween(executions / 20, executions - executions / 200);
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.MATCH_ANY,
      names = {"NPZ", "GZIP", "PNG", "(MODEL|SNAPSHOT)_.*"})
  void aFlippedBitUnderAChecksumIsRefusedOrChangesNothing(FuzzTarget target) throws IOException {
    assertThat(target.isChecked()).isTrue();
    FuzzedReader reader = new FuzzedReader(target, folder);
    byte[] sound = reader.corpus().get(0);
    assertThat(reader.refuses(sound)).isFalse();
    Mutations mutations = new Mutations(List.of(sound), SEED + 1);
    for (long i = 0; i < EXECUTIONS / 6; i++) {
      // a part of a model or checkpoint may not change at all
      boolean whole = target.isPart() && i % 2 == 1;
      refuses(reader, i, whole ? mutations.of(i) : mutations.flipped(i), true);
    }
    assertThat(reader.refuses(sound)).isFalse();
  }

  private static boolean refuses(FuzzedReader reader, long i, byte[] file, boolean damaged) {
    try {
      return damaged ? reader.refusesDamaged(file) : reader.refuses(file);
    } catch (AssertionError e) {
      throw new AssertionError("execution " + i + " of seed " + SEED + ": " + e.getMessage(), e);
    }
  }
}
