package org.richkernel.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.richkernel.bayes.SaddleOptions;
import org.richkernel.dynamics.DynamicsOptions;
import org.richkernel.finite.LangevinOptions;
import org.richkernel.network.InvalidProblemException;

class SettingsTest {
  enum Shade {
    LIGHT,
    VERY_DARK
  }

  record Frame(@Setting(label = "N", usual = "2", min = 1, help = "Width.") int frameWidth) {}

  record Picture(
      @Setting(label = "X", usual = "0.5", above = 0, help = "Size.") double size,
      @Setting(name = "tone", label = "NAME", usual = "very-dark", help = "Tone.") Shade shade,
      Frame frame,
      @Setting(usual = "false", help = "Flag.") boolean signed) {
    static final Settings<Picture> SETTINGS = Settings.of(Picture.class);

    Picture {
      SETTINGS.check(size, shade, frame, signed);
    }
  }

  private static final Settings<Picture> SETTINGS = Picture.SETTINGS;

  @Test
  void aRecordHasTheDefaultsOfItsDeclarations() {
    assertThat(SETTINGS.usual()).isEqualTo(new Picture(0.5, Shade.VERY_DARK, new Frame(2), false));
    assertThat(SETTINGS.items())
        .extracting(Settings.Item::name)
        .containsExactly("size", "tone", "frame-width", "signed");
  }

  @Test
  void valuesAreReadByNameAndDescribedByTheSameNames() {
    Map<String, Object> values =
        Map.of("size", 3.0, "tone", Shade.LIGHT, "frame-width", 7, "signed", true);
    Picture picture = SETTINGS.read(values);
    assertThat(picture).isEqualTo(new Picture(3, Shade.LIGHT, new Frame(7), true));
    assertThat(SETTINGS.describe(picture))
        .containsExactly(
            Map.entry("size", 3.0),
            Map.entry("tone", "light"),
            Map.entry("frame-width", 7),
            Map.entry("signed", true));
  }

  @Test
  void copiesDifferInOneComponent() {
    Picture picture = SETTINGS.usual();
    assertThat(SETTINGS.with(picture, "shade", Shade.LIGHT))
        .isEqualTo(new Picture(0.5, Shade.LIGHT, new Frame(2), false));
    assertThat(SETTINGS.with(picture, Map.of("size", 2.0)))
        .isEqualTo(new Picture(2, Shade.VERY_DARK, new Frame(2), false));
    assertThatThrownBy(() -> SETTINGS.with(picture, "colour", 1)).hasMessageContaining("colour");
  }

  @Test
  void copiesAreCheckedAsTheRecordIs() {
    assertThatThrownBy(() -> SETTINGS.with(SETTINGS.usual(), "size", 0.0))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("size is 0.0; use a positive finite number");
    assertThatThrownBy(() -> new Picture(Double.NaN, Shade.LIGHT, new Frame(1), false))
        .hasMessageContaining("size is NaN");
    assertThatThrownBy(() -> new Picture(Double.POSITIVE_INFINITY, Shade.LIGHT, null, false))
        .hasMessageContaining("size is Infinity");
  }

  @Test
  void theTheoriesHaveTheDefaultsOfTheCommandLine() {
    assertThat(SaddleOptions.usual().describe())
        .containsEntry("gamma", 1.0)
        .containsEntry("beta", 100.0)
        .containsEntry("samples", 2000)
        .containsEntry("form", "auto")
        .containsEntry("save-kernels-up-to", 5000);
    assertThat(DynamicsOptions.of(0.5, 3, 0.2).describe())
        .containsEntry("gamma", 0.5)
        .containsEntry("loss", "sum")
        .containsEntry("samples", 10000);
    assertThat(LangevinOptions.of(1, 10, 5).describe())
        .containsEntry("width", 5)
        .containsEntry("repeats", 4)
        .containsEntry("readout-weights", "integrated");
  }

  @ParameterizedTest
  @CsvSource({
    "gama, gamma",
    "dul, dual",
    "tahn, tanh",
    "mean-filed, mean-field",
    "one_loop, one-loop",
    "x, ''",
    "guess, ''",
    "--kapa, --kappa"
  })
  void theWordThatIsLikeOneIsFound(String given, String like) {
    List<String> known =
        List.of("gamma", "dual", "tanh", "mean-field", "one-loop", "causal", "--kappa", "--beta");
    assertThat(Words.like(given, known).orElse("")).isEqualTo(like);
  }

  @Test
  void wordsThatAreNotKnownAreRefusedWithTheirLikes() {
    assertThat(Words.constant("tone", Shade.class, "Very-Dark")).isEqualTo(Shade.VERY_DARK);
    assertThatThrownBy(() -> Words.constant("tone", Shade.class, "lihgt"))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("tone is lihgt; did you mean light? use light or very-dark");
  }
}
