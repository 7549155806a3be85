package org.richkernel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.richkernel.compute.Activation;

class ConvolutionsTest {
  @Test
  void textIsReadAndWritten() {
    Convolutions layers = Convolutions.parse("3x3, 5x1/2");

    assertThat(layers.layers()).containsExactly(new Convolution(3, 3, 1), new Convolution(5, 1, 2));
    assertThat(layers.padding()).isEqualTo(SiteMap.Padding.SAME);
    assertThat(layers.readout()).isEqualTo(SiteReadout.FLATTEN);
    assertThat(layers.text()).isEqualTo("3x3,5x1/2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "3", "3x3/", "3x3/0", "0x3", "3x3;3x3", "3x3,", "-3x3"})
  void textThatNamesNoLayersIsRefused(String text) {
    assertThatThrownBy(() -> Convolutions.parse(text))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageStartingWith("convolutions is ");
  }

  @Test
  void mapsFollowEachOther() {
    List<SiteMap> maps = Convolutions.parse("3x3/2,3x3/2").maps(new ImageShape(7, 7, 1));

    assertThat(maps.get(0).outputSites()).isEqualTo(16);
    assertThat(maps.get(1).inputSites()).isEqualTo(16);
    assertThat(maps.get(1).outputSites()).isEqualTo(4);
    assertThatThrownBy(
            () ->
                Convolutions.parse("3x3,9x9")
                    .withPadding(SiteMap.Padding.VALID)
                    .maps(new ImageShape(7, 7, 1)))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessageContaining("convolutions is 9x9")
        .hasMessageContaining("5x5");
  }

  @Test
  void hiddenLayersAreTheConvolutions() {
    Convolutions two = Convolutions.parse("3x3,3x3");

    assertThatThrownBy(() -> NetworkSpec.of(3, Activation.RELU).withConvolutions(two))
        .isInstanceOf(InvalidProblemException.class)
        .hasMessage("hidden-layers is 3; it is the number of convolutions, 2; leave it out");
    NetworkSpec network =
        NetworkSpec.of(2, Activation.RELU).withConvolutions(two).withBiasVariance(0.1);
    assertThat(network.convolutions()).contains(two);
    assertThatThrownBy(() -> network.requireDense("theory", "use another"))
        .hasMessage("convolutions is 3x3,3x3; theory has fully connected layers; use another");
  }
}
