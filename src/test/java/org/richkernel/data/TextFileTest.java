package org.richkernel.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Separators, comments, first lines and missing values of text files. */
class TextFileTest {
  private static final double[] SIX = {0.25, -3, 1e3, 4, 5.5, -6};

  @TempDir Path folder;

  private String file(String name, String text) throws IOException {
    return file(name, text, StandardCharsets.UTF_8);
  }

  private String file(String name, String text, Charset charset) throws IOException {
    return Files.write(folder.resolve(name), text.getBytes(charset)).toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.25;-3\n1e3;4\n5.5;-6\n",
        "0.25\t-3\n1e3\t4\n5.5\t-6\n",
        "0.25 -3\n1e3 4\n5.5 -6\n",
        "  0.25   -3\n   1e3    4 \n   5.5   -6",
        "0.25, -3\n1e3, 4\n5.5, -6\n",
        "0.25 ; -3\n1e3 ; 4\n5.5 ; -6\n",
        "0.25 \t -3\n1e3 \t 4\n5.5\t-6\n",
        "# made by hand\n0.25;-3\n# half\n1e3;4\n5.5;-6\n# end",
        "# 0.25 -3, or so\n0.25 -3\r\n1e3 4\r\n   \r\n5.5 -6\r\n",
        "left;right\n0.25;-3\n1e3;4\n5.5;-6\n",
        "#1\nleft side,right side\n0.25,-3\n1e3,4\n5.5,-6\n",
        "\"left; or so\",\"right\"\n0.25,-3\n1e3,4\n5.5,-6\n",
        "width;cm,height;cm\n0.25,-3\n1e3,4\n5.5,-6\n",
        "\"left side\" \"right side\"\n0.25 -3\n1e3 4\n5.5 -6\n",
        "\uFEFFleft\tright\n0.25\t-3\n1e3\t4\n5.5\t-6\n",
        "RI,Na\n0.25,-3\n1e3,4\n5.5,-6\n",
      })
  void theSeparatorIsFoundAndCommentsAndNamesAreNoPoints(String text) throws IOException {
    for (String name : new String[] {"x.csv", "x.tsv", "x.TXT"}) {
      Table table = ArrayReader.read(file(name, text));
      assertThat(table.shape()).containsExactly(3, 2);
      assertThat(table.values()).containsExactly(SIX);
    }
  }

  @Test
  void oneColumnMayHaveANameWithBlanksInIt() throws IOException {
    assertThat(ArrayReader.read(file("y.csv", "class of it\n1\n-1\n")).values())
        .containsExactly(1, -1);
  }

  @Test
  void utf16WithAMarkIsRead() throws IOException {
    Table table = ArrayReader.read(file("x.csv", "\uFEFFa;b\n1;2\n", StandardCharsets.UTF_16LE));
    assertThat(table.values()).containsExactly(1, 2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "?\n1\n-1\n | line 1, column 1 is '?', a missing value",
        "NA,na\n1,2\n | line 1, column 1 is 'NA', a missing value",
        "na\n1\n | line 1, column 1 is 'na', a missing value",
        "null;null\n1;2\n | line 1, column 1 is 'null', a missing value",
        "\"\",\"\"\n1,2\n | line 1, column 1 is empty",
        ",\n1,2\n | line 1, column 1 is empty",
        ",b\n1,2\n | line 1, column 1 is empty",
        "None\n1\n | line 1, column 1 is 'None', a missing value",
        "-,-\n1,2\n | line 1, column 1 is '-', a missing value",
        "N/A\n1\n | line 1, column 1 is 'N/A', a missing value",
        "nan\n1\n | line 1, column 1 is 'nan', not finite",
        "# three\n\nNULL\n1\n | line 3, column 1 is 'NULL', a missing value",
        "a,?\n1,2\n | line 1, column 2 is '?', a missing value",
        "#N/A,1\n2,3\n | line 1, column 1 is '#N/A', a missing value",
        "2;3\n#DIV/0!;1\n | line 2, column 1 is '#DIV/0!', a missing value",
        "1,2\n3,.\n | line 2, column 2 is '.', a missing value",
        "1;2\n;3\n | line 2, column 1 is empty",
        "1\t2\n\t3\n | line 2, column 1 is empty",
      })
  void missingValuesAreNoNames(String textAndProblem) throws IOException {
    assertRefused(textAndProblem);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0,5;2,5\n1,0;4,0\n | line 1, column 1 is '0,5' between semicolons",
        "3;2,5\n1,0;4,0\n | line 1, column 2 is '2,5' between semicolons",
        "a;b\n0,5;2,5\n | line 2, column 1 is '0,5' between semicolons",
        "0,5\t2,5e1\n1,0\t4,0\n | line 1, column 1 is '0,5' between tabs",
        "\"0,5\",\"2,5\"\n\"1,0\",\"4,0\"\n | line 1, column 1 is '0,5' between commas",
        "0,5 2,5\n1,0 4,0\n | line 1, column 2 is '5 2', not a number (the separator is taken to"
            + " be commas)",
        "1,234.5;2\n3;4\n | line 1, column 1 is '1,234.5' between semicolons",
        "2020-01-01;2020-01-02\n1;2\n | line 1, column 1 is '2020-01-01', not a number (the"
            + " separator is taken to be semicolons)",
        "1|2\n3|4\n | line 1, column 1 is '1|2', not a number",
        "1 2\n3\n | line 1, column 1 is '1 2', not a number",
        "1;2\n3;4;5\n | line 2 has 3 columns, the lines before 2",
      })
  void decimalCommasAndOtherSeparatorsAreRefusedByLine(String textAndProblem) throws IOException {
    assertRefused(textAndProblem);
  }

  private void assertRefused(String textAndProblem) throws IOException {
    int bar = textAndProblem.indexOf(" | ");
    String file = file("x.csv", textAndProblem.substring(0, bar));
    assertThatThrownBy(() -> ArrayReader.read(file))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageStartingWith(file + ": " + textAndProblem.substring(bar + 3))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").contains("; "));
  }

  @Test
  void columnNumbersAboveDecimalsAreRefusedInBothFilesAndSayTheMend() throws IOException {
    String x = file("x.csv", "0,1\n0.5,1\n-2,3.5\n4,1e1\n");
    String y = file("y.csv", "0\n1\n0\n1\n");
    assertThatThrownBy(() -> DatasetReader.train(x, y).read())
        .isInstanceOf(InvalidDataException.class)
        .hasMessageStartingWith(x + ": line 1 is 0,1, which looks like column numbers")
        .hasMessageContaining("write 0.0 for 0");
    Datasets data = DatasetReader.train(file("p.csv", "0.0,1\n0.5,1\n-2,3.5\n4,1e1\n"), y).read();
    assertThat(data.train().points()).isEqualTo(4);
    assertThat(data.reading().warnings()).isEmpty();
  }

  @Test
  void columnNumbersInOneFileOnlyAreTheMendOfUnequalRows() throws IOException {
    String x = file("x.csv", "0,1,2,3\n0.5,1,1,2\n-2,3.5,2,2\n");
    String y = file("y.csv", "label\n1\n0\n");
    assertThatThrownBy(() -> DatasetReader.train(x, y).read())
        .hasMessage(
            x
                + ": it has 3 rows, but "
                + y
                + " has 2; line 1 of "
                + x
                + " is 0,1,..,3, column numbers and no point: remove it");
    String numbered = file("n.csv", "0\n1\n0\n");
    String named = file("a.csv", "a,b\n1,2\n3,4\n");
    assertThatThrownBy(() -> DatasetReader.train(named, numbered).read())
        .hasMessageContaining("line 1 of " + numbered + " is 0, column numbers and no point");
  }

  @Test
  void aFirstPointThatMayBeColumnNumbersIsReadWithAWarning() throws IOException {
    String x = file("x.csv", "0,1\n1,0\n1,1\n0,0\n");
    String y = file("y.csv", "0\n0\n1\n1\n");
    assertThat(DatasetReader.train(x, y).read().reading().warnings())
        .containsExactly(
            x
                + ": line 1 is 0,1 and was read as a point; remove it from inputs and labels if it"
                + " holds column numbers");
    String line = file("t.csv", "0\n0.5\n1.5\n2\n");
    assertThat(DatasetReader.train(line, y).read().reading().warnings()).hasSize(1);
    String others = file("o.csv", "1\n0\n1\n1\n");
    assertThat(DatasetReader.train(x, others).read().reading().warnings()).isEmpty();
  }

  @Test
  void newInputsWithColumnNumbersAreRefusedToo() throws IOException {
    String x = file("x.csv", "0,1\n0.5,1\n");
    assertThatThrownBy(() -> UnseenPoints.read(x, Images.AS_READ, java.util.OptionalInt.empty()))
        .hasMessageStartingWith(x + ": line 1 is 0,1, which looks like column numbers");
  }

  @Test
  void theReadingSaysPointsColumnsClassesAndWhatWasSkipped() throws IOException {
    String x = file("x.csv", "# by hand\na;b;c\n1;2;3\n4;5;6\n# end\n7;8;9\n0;0;1\n");
    String y = file("y.csv", "label\n5\n3\n4\n3\n");
    Datasets data = DatasetReader.train(x, y).test(x, y).classes(3, 5).read();
    String train =
        "read 3 of 4 training points of 3 columns, classes 3 (2), 5 (1); skipped: a line of names"
            + " (a, b, c) and 2 comment lines of "
            + x
            + "; a line of names (label) of "
            + y;
    assertThat(data.reading().line())
        .isEqualTo(train + "; " + train.substring("read ".length()).replace("training", "test"));
    String two = file("two.csv", "1 2\n3 4\n5 6\n7 8\n");
    assertThat(DatasetReader.train(two, two).trainSize(1).read().reading().line())
        .isEqualTo("read 1 of 4 training points of 2 columns, 2 real targets each");
    assertThat(UnseenPoints.read(x, Images.AS_READ, java.util.OptionalInt.of(2)).reading().line())
        .startsWith("read 2 of 4 test points of 3 columns; skipped: a line of names (a, b, c)");
  }
}
