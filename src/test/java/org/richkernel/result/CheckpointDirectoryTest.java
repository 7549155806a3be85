package org.richkernel.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.network.InvalidProblemException;

class CheckpointDirectoryTest {
  @TempDir Path folder;

  private CheckpointDirectory open() {
    return new CheckpointDirectory(folder, Map.of("gamma", 1.0, "samples", 100));
  }

  private static void save(CheckpointDirectory checkpoints, long iteration) {
    checkpoints.save(
        iteration,
        Map.of("step", 0.1 * iteration, "seed", Long.MAX_VALUE - iteration),
        ArrayBundle.empty()
            .with("xi", new float[] {iteration, 0.5f}, 2)
            .with("phi", new double[] {iteration, Double.NaN, 1.0 / 3, 4}, 2, 2));
  }

  @Test
  void thereIsNothingToResumeAtFirst() {
    assertThat(open().latest()).isEmpty();
    open().clear();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void theNewestSnapshotComesBackExactly() {
    CheckpointDirectory checkpoints = open();
    save(checkpoints, 3);
    save(checkpoints, 4);

    Snapshot snapshot = open().latest().orElseThrow();

    assertThat(snapshot.iteration()).isEqualTo(4);
    assertThat(snapshot.number("step").doubleValue()).isEqualTo(0.1 * 4);
    assertThat(snapshot.number("seed").longValue()).isEqualTo(Long.MAX_VALUE - 4);
    assertThat(snapshot.array("xi").values()).containsExactly(4, 0.5);
    assertThat(snapshot.array("phi").values()).containsExactly(4, Double.NaN, 1.0 / 3, 4);
    assertThat(snapshot.array("phi").shape()).containsExactly(2, 2);
  }

  @Test
  void theLastTwoSnapshotsAreKept() throws IOException {
    CheckpointDirectory checkpoints = open();
    for (int i = 1; i <= 5; i++) {
      save(checkpoints, i);
    }

    assertThat(names()).containsExactly("snapshot-0000000004", "snapshot-0000000005");
  }

  @ParameterizedTest
  @ValueSource(strings = {"arrays.npz", "state.json", "state.sha256"})
  void anyDamageMakesTheSnapshotBeforeTheNewest(String file) throws IOException {
    for (Damage damage : Damage.values()) {
      CheckpointDirectory checkpoints = open();
      checkpoints.clear();
      save(checkpoints, 1);
      save(checkpoints, 2);
      damage.apply(folder.resolve("checkpoint/snapshot-0000000002").resolve(file));

      assertThat(open().latest().orElseThrow().iteration()).as("%s %s", damage, file).isEqualTo(1);
    }
  }

  private enum Damage {
    TRUNCATED {
      @Override
      void apply(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
      }
    },
    EMPTIED {
      @Override
      void apply(Path file) throws IOException {
        Files.write(file, new byte[0]);
      }
    },
    ONE_BIT_FLIPPED {
      @Override
      void apply(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
      }
    },
    REMOVED {
      @Override
      void apply(Path file) throws IOException {
        Files.delete(file);
      }
    };

    abstract void apply(Path file) throws IOException;
  }

  @Test
  void whenEverySnapshotIsDamagedThereIsNothingToResume() throws IOException {
    save(open(), 1);
    Files.delete(folder.resolve("checkpoint/snapshot-0000000001/arrays.npz"));

    assertThat(open().latest()).isEmpty();
  }

  @Test
  void aDamagedSnapshotDoesNotCrowdOutASoundOne() throws IOException {
    CheckpointDirectory first = open();
    save(first, 1);
    save(first, 2);
    Files.delete(folder.resolve("checkpoint/snapshot-0000000002/state.json"));

    CheckpointDirectory resumed = open();
    assertThat(resumed.latest().orElseThrow().iteration()).isEqualTo(1);
    save(resumed, 2);

    assertThat(names()).containsExactly("snapshot-0000000001", "snapshot-0000000003");
  }

  @Test
  void temporaryDirectoriesOfKilledProcessesAreIgnoredAndRemoved() throws IOException {
    save(open(), 1);
    Path torn = Files.createDirectories(folder.resolve("checkpoint/.tmp-killed"));
    Files.writeString(torn.resolve("state.json"), "{\"iteration\": 99");

    assertThat(open().latest().orElseThrow().iteration()).isEqualTo(1);
    save(open(), 2);
    assertThat(names()).containsExactly("snapshot-0000000001", "snapshot-0000000002");
  }

  @Test
  void clearingLeavesNoTrace() {
    CheckpointDirectory checkpoints = open();
    save(checkpoints, 1);
    checkpoints.clear();

    assertThat(folder).isEmptyDirectory();
    assertThat(checkpoints.latest()).isEmpty();
  }

  @Test
  void otherOptionsAreRefusedByName() {
    save(open(), 1);
    CheckpointDirectory other =
        new CheckpointDirectory(folder, Map.of("gamma", 2.0, "samples", 100));

    assertThatThrownBy(other::latest)
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("gamma is 2.0")
        .hasMessageContaining("made with gamma 1.0")
        .hasMessageNotContaining("\n");
    assertThatThrownBy(new CheckpointDirectory(folder, Map.of("gamma", 1.0))::latest)
        .hasMessageContaining("samples is (not set)");
  }

  @Test
  void aCheckpointOfAnotherFormatIsRefusedWithAMend() throws IOException {
    save(open(), 1);
    Path state = folder.resolve("checkpoint").resolve(names().get(0)).resolve("state.json");
    String text = Files.readString(state).replaceFirst("\"format\" ?: ?\\d+", "\"format\":1");
    Files.writeString(state, text);
    Files.writeString(
        state.resolveSibling("state.sha256"),
        Checksum.of(text.getBytes(StandardCharsets.UTF_8)) + "  state.json\n");

    assertThatThrownBy(open()::latest)
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageStartingWith(
            "checkpoint is " + folder.resolve("checkpoint") + "; it has format 1")
        .hasMessageContaining("leave out --resume")
        .hasMessageNotContaining("\n");
  }

  @Test
  void equalNumbersOfOtherTypesAreTheSameOption() {
    save(open(), 1);

    assertThat(new CheckpointDirectory(folder, Map.of("gamma", 1, "samples", 100L)).latest())
        .isPresent();
  }

  @Test
  void aStateThatJsonCannotHoldIsRefusedAndLeavesNothing() throws IOException {
    CheckpointDirectory checkpoints = open();
    save(checkpoints, 1);

    for (Object bad :
        List.of(Double.NaN, Map.of("deep", Double.NaN), new double[] {1, Double.NaN})) {
      assertThatThrownBy(() -> checkpoints.save(2, Map.of("step", bad), ArrayBundle.empty()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("state.step");
    }
    assertThat(names()).containsExactly("snapshot-0000000001");
  }

  @Test
  void aProcessKilledAtAnyMomentLeavesASoundSnapshot() throws Exception {
    save(open(), 0);
    for (int delay : new int[] {5, 60, 131}) {
      Process writer =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  EndlessWriter.class.getName(),
                  folder.toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        // the first byte says that it has begun to write
        assertThat(writer.getInputStream().read()).isEqualTo('.');
        TimeUnit.MILLISECONDS.sleep(delay);
      } finally {
        writer.destroyForcibly().waitFor();
      }
      Snapshot snapshot = open().latest().orElseThrow();
      double[] values = snapshot.array("values").values();
      assertThat(snapshot.iteration()).isPositive();
      assertThat(values).hasSize(EndlessWriter.SIZE).containsOnly(snapshot.iteration());
    }
    save(open(), 7);
    assertThat(names()).hasSize(2).allMatch(name -> name.startsWith("snapshot-"));
  }

  /** Writes snapshots until it is killed. */
  static final class EndlessWriter {
    static final int SIZE = 50_000;

    private EndlessWriter() {}

    public static void main(String[] arguments) {
      CheckpointDirectory checkpoints =
          new CheckpointDirectory(Path.of(arguments[0]), Map.of("gamma", 1.0, "samples", 100));
      for (long iteration = 1; ; iteration++) {
        double[] values = new double[SIZE];
        Arrays.fill(values, iteration);
        checkpoints.save(iteration, Map.of(), ArrayBundle.empty().with("values", values, SIZE));
        if (iteration == 1) {
          System.out.print('.');
          System.out.flush();
        }
      }
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("checkpoint"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
