package org.richkernel.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.richkernel.data.InvalidDataException;

class ModelFileTest {
  @TempDir Path folder;

  private static void write(Path where, Map<String, Object> settings, ArrayBundle arrays) {
    ResultFolder.write(
        where,
        Result.of(Summary.builder("bayes", Map.of()).build()),
        Optional.of(new SavedModel(settings, arrays)));
  }

  @Test
  void aModelComesBackAsItWasWritten() {
    float[] fields = new float[20_000];
    for (int i = 0; i < fields.length; i++) {
      fields[i] = (float) Math.sin(i);
    }
    write(
        folder,
        Map.of("activation", "erf", "gamma", 0.1, "layers", 2),
        ArrayBundle.empty().with("dual", new double[] {0.1, -3}, 2).with("xi", fields, 200, 100));

    ModelFile.Model model = ModelFile.read(folder);

    assertThat(model.settings())
        .containsEntry("activation", "erf")
        .containsEntry("gamma", 0.1)
        .containsEntry("layers", 2);
    assertThat(model.array("dual").values()).containsExactly(0.1, -3);
    assertThat(model.array("xi").shape()).containsExactly(200, 100);
    double[] back = model.array("xi").values();
    for (int i = 0; i < fields.length; i++) {
      assertThat(back[i]).isEqualTo((double) fields[i]);
    }
    assertThatThrownBy(() -> model.array("other"))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("other");
  }

  @Test
  void float32ArraysTakeFourBytesPerValue() throws Exception {
    write(folder, Map.of(), ArrayBundle.empty().with("xi", new float[100_000], 100_000));

    assertThat(Files.size(folder.resolve("model.npz"))).isBetween(400_000L, 402_000L);
  }

  @Test
  void filesOfDifferentRunsAreNotTakenForOneModel() throws Exception {
    Path other = Files.createDirectory(folder.resolve("other"));
    write(other, Map.of(), ArrayBundle.empty().with("dual", new double[] {1}, 1));
    write(folder, Map.of(), ArrayBundle.empty().with("dual", new double[] {2}, 1));
    Files.copy(
        other.resolve("model.npz"),
        folder.resolve("model.npz"),
        StandardCopyOption.REPLACE_EXISTING);

    assertThatThrownBy(() -> ModelFile.read(folder))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("checksum")
        .hasMessageNotContaining("\n");
  }

  @Test
  void aFolderWithoutAModelIsRefusedInOneLine() {
    assertThat(ModelFile.isPresent(folder)).isFalse();
    assertThatThrownBy(() -> ModelFile.read(folder))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("no saved model");
  }
}
