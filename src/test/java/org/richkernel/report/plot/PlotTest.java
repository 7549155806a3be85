package org.richkernel.report.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlotTest {
  @Test
  void aPngIsDecodedToTheColoursThatWerePutIn() throws Exception {
    byte[] indices = new byte[7 * 5];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = (byte) (i * 7);
    }

    BufferedImage image = ImageIO.read(new ByteArrayInputStream(PngEncoder.encode(indices, 7, 5)));

    assertThat(image.getWidth()).isEqualTo(7);
    assertThat(image.getHeight()).isEqualTo(5);
    for (int y = 0; y < 5; y++) {
      for (int x = 0; x < 7; x++) {
        int expected = ColorMap.rgb((indices[y * 7 + x] & 0xff) / 255.0);
        assertThat(image.getRGB(x, y) & 0xffffff).isEqualTo(expected);
      }
    }
  }

  @Test
  void lightnessOfTheColourMapIncreases() {
    double before = -1;
    // steps of five, since neighbours differ by less than the rounding to eight bits
    for (int i = 0; i < ColorMap.SIZE; i += 5) {
      int rgb = ColorMap.rgb(i / 255.0);
      double luma = 0.2126 * linear(rgb >> 16) + 0.7152 * linear(rgb >> 8) + 0.0722 * linear(rgb);
      assertThat(luma).isGreaterThan(before);
      before = luma;
    }
    assertThat(ColorMap.hex(0)).isEqualTo("#440154");
    assertThat(ColorMap.hex(1)).isEqualTo("#fde725");
  }

  private static double linear(int channel) {
    return Math.pow((channel & 0xff) / 255.0, 2.2);
  }

  @Test
  void averagingToADivisorTakesTheMeanOfEveryBlock() {
    double[] values = {
      1, 2, 3, 4,
      5, 6, 7, 8,
      0, 0, 10, 20,
      0, 4, 30, 40
    };

    assertThat(HeatMap.average((i, j) -> values[4 * i + j], 4, 2)).containsExactly(3.5, 5.5, 1, 25);
  }

  @Test
  void averagingOfUnevenBlocksKeepsAConstant() {
    assertThat(HeatMap.average((i, j) -> 2.5, 1001, 400)).hasSize(160_000).containsOnly(2.5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0|0",
        "1|1",
        "-2.5|−2.5",
        "0.0123456|0.01235",
        "99.996|100",
        "123456.7|1.23 × 10⁵",
        "0.00012|1.2 × 10⁻⁴",
        "0.0001|10⁻⁴",
        "20000|20000",
        "NaN|not a number",
        "-Infinity|−∞"
      })
  void numbersAreShortAndReadable(double value, String text) {
    assertThat(Numbers.brief(value)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.02143|0.00112|0.0214 ± 0.0011",
        "-3.317|0.25|−3.32 ± 0.25",
        "12345|678|12345 ± 678",
        "0.5|NaN|0.5",
        "0.5|0|0.5"
      })
  void errorsDecideTheDigits(double value, double error, String text) {
    assertThat(Numbers.withError(value, error)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0,1", "-1.3,1.2", "1e-9,3e-9", "1e6,1.000001e6", "-5e12,7e12", "3,3", "0,0"})
  void linearTicksLieOnTheAxisAndDiffer(double low, double high) {
    Scale scale = Scale.linear(low, high);

    List<Scale.Tick> ticks = scale.ticks();
    assertThat(ticks).hasSizeBetween(2, 12);
    for (Scale.Tick tick : ticks) {
      assertThat(scale.unit(tick.value())).isBetween(-1e-6, 1 + 1e-6);
    }
    assertThat(ticks.stream().map(Scale.Tick::label)).doesNotHaveDuplicates();
  }

  @Test
  void logarithmicAxesPlaceDecadesEvenly() {
    Scale scale = Scale.log(1e-4, 1);

    assertThat(scale.unit(1e-2)).isCloseTo(0.5, within(1e-12));
    assertThat(scale.accepts(0)).isFalse();
    assertThat(scale.ticks().stream().filter(Scale.Tick::isMajor).map(Scale.Tick::label))
        .containsExactly("10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.02|0.3|0.02,0.05,0.1,0.2",
        "0.0004|0.002|0.0005,0.001,0.002",
        "0.00003|0.0003|5 × 10⁻⁵,10⁻⁴,2 × 10⁻⁴",
        "20|500|20,50,100,200,500",
        "2e7|2e8|2 × 10⁷,5 × 10⁷,10⁸,2 × 10⁸",
        "0.02|2|10⁻¹,10⁰"
      })
  void aLogarithmicAxisHasOneNotation(double low, double high, String labels) {
    assertThat(
            Scale.log(low, high).ticks().stream()
                .filter(Scale.Tick::isMajor)
                .map(Scale.Tick::label))
        .containsExactly(labels.split(","));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.0214 ± 0.0011|0.0214 +- 0.0011",
        "−3.2 × 10⁻⁴ and 10⁷|-3.2e-4 and 1e7",
        "above −∞, 100|above -inf, 100"
      })
  void aTerminalGetsAscii(String page, String terminal) {
    assertThat(Numbers.ascii(page)).isEqualTo(terminal);
  }

  @Test
  void valuesThatAnAxisCannotShowBreakTheLine() {
    double[] xs = {1, 2, 3, 4, 5};
    double[] ys = {1, 10, 0, 100, Double.NaN};

    String svg = new Plot("t", "x", "y").logY().line("", "c0", xs, ys).svg();

    String path = svg.replaceAll("(?s).*class=\"stroke c0\" d=\"([^\"]*)\".*", "$1");
    assertThat(path).matches("M[^ML]+L[^ML]+M[^ML]+");
  }

  @Test
  void everyMarkIsCutAtTheFrame() {
    double[] xs = {1, 2, 3};
    double[] ys = {1, 2, 3};
    double[] wide = {0.1, 5, 1e30};

    String svg =
        new Plot("t", "x", "y").logY().lineWithErrors("a", "c0", xs, ys, wide).level("l", 2).svg();

    assertThat(svg).containsPattern("<clipPath id=\"frame-[0-9a-f]+\"><rect [^>]+/></clipPath>");
    int inside = svg.indexOf("<g clip-path=\"url(#frame-");
    assertThat(svg.indexOf("class=\"band")).isGreaterThan(inside);
    assertThat(svg.indexOf("class=\"stroke", inside)).isGreaterThan(inside);
    assertThat(svg.substring(inside)).doesNotContain("<text");
    // where the lower end of a band is below zero, a logarithmic axis shows it down to its edge
    String band = svg.replaceAll("(?s).*class=\"band c0\" d=\"([^\"]*)\".*", "$1");
    assertThat(band.split("[ML]")).hasSize(7);
  }

  @Test
  void numbersOfAPlotAreWrittenOnce() {
    double[] xs = {1, 2};

    String csv =
        new Plot("t", "x, in s", "y")
            .pointsWithErrors("a", "c0", xs, new double[] {3, 4.25}, new double[] {0.5, Double.NaN})
            .level("edge \"1\"", 1)
            .csv();

    assertThat(csv)
        .isEqualTo(
            "series,\"x, in s\",y,standard error\na,1,3,0.5\na,2,4.25,\n\"edge \"\"1\"\"\",,1,\n");
  }

  @Test
  void aFileOfAPlotNeedsNoPage() throws Exception {
    String document =
        new Plot("t", "x", "y")
            .line("a", "c3", new double[] {1, 2}, new double[] {1, 2})
            .document();

    assertThat(document).contains("xmlns=\"http://www.w3.org/2000/svg\"").doesNotContain("var(");
    javax.xml.parsers.DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new org.xml.sax.InputSource(new java.io.StringReader(document)));
  }

  @Test
  void labelsAreEscaped() {
    assertThat(
            new Plot("<b> & \"c\"", "x", "y").line("<i>", "c0", new double[1], new double[1]).svg())
        .contains("&lt;b&gt; &amp;", "&lt;i&gt;")
        .doesNotContain("<b>", "<i>");
  }

  @Test
  void seriesOfDifferentLengthsAreRefused() {
    assertThatThrownBy(() -> new Plot("", "", "").line("", "c0", new double[2], new double[3]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
