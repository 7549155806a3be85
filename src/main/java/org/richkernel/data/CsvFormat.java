package org.richkernel.data;

import de.siegmar.fastcsv.reader.CommentStrategy;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.richkernel.data.TextTraits.Numbered;
import org.richkernel.network.InputValues;
import org.richkernel.network.InvalidProblemException;

/**
 * Numbers in lines of text, UTF-8, with commas, semicolons, tabs or blanks between them. Lines that
 * begin with # are skipped. A first line in which every field is a name is taken as names of
 * columns; a missing value is no name.
 */
final class CsvFormat {
  private static final String SEPARATED = "give numbers separated by commas";

  private final String source;
  private final Separator separator;
  private double[] values = new double[1024];
  private int count;
  private int rows;
  private int columns;
  private int comments;
  private List<String> names = List.of();
  private boolean numbered;
  private boolean onlyDigits = true;
  private final Optional<String> labelColumn;
  private int label = -1;
  private final List<String> labels = new ArrayList<>();

  private CsvFormat(String source, Separator separator, Optional<String> labelColumn) {
    this.source = source;
    this.separator = separator;
    this.labelColumn = labelColumn;
  }

  /** Whether a file of that name is taken for text. */
  static boolean recognizes(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    String unpacked =
        lower.endsWith(".gz") ? lower.substring(0, lower.length() - ".gz".length()) : lower;
    return unpacked.endsWith(".csv") || unpacked.endsWith(".tsv") || unpacked.endsWith(".txt");
  }

  static Table read(ByteSource source) {
    CsvFormat table = new CsvFormat(source.name(), Separator.of(source), Optional.empty());
    table.readAll(source);
    return table.numbers();
  }

  /**
   * Reads a file with a column of labels, numbers or words.
   *
   * @param column its name, or its number from 0, from the end below 0
   */
  static Labelled read(ByteSource source, String column) {
    CsvFormat table = new CsvFormat(source.name(), Separator.of(source), Optional.of(column));
    table.readAll(source);
    String name = source.name() + " (column " + column + ")";
    double[] values = table.labels.stream().mapToDouble(FieldKind::parse).toArray();
    Table y =
        Arrays.stream(values).allMatch(Double::isFinite)
            ? Table.of(name, values, values.length)
            : Labelled.words(name, table.labels);
    return new Labelled(table.numbers(), y);
  }

  /**
   * Lines of one word each, labels of as many points; the first may be the name of the column.
   *
   * @return empty where another line is no single word
   */
  static Optional<List<String>> words(ByteSource source) {
    CsvFormat lines = new CsvFormat(source.name(), Separator.COMMA, Optional.empty());
    lines.label = 0;
    lines.columns = 1;
    lines.names = List.of("");
    try {
      lines.readAll(source);
    } catch (InvalidDataException e) {
      return Optional.empty(); // said by who reads numbers
    }
    boolean words = lines.labels.stream().allMatch(field -> FieldKind.of(field) == FieldKind.NAME);
    return words ? Optional.of(lines.labels) : Optional.empty();
  }

  private Table numbers() {
    CsvFormat table = this;
    int width = table.columns - (label < 0 ? 0 : 1);
    Numbered first =
        !table.numbered
            ? Numbered.NO
            : table.onlyDigits ? Numbered.AMONG_DIGITS : Numbered.UNLIKE_THE_REST;
    return new Table(
            table.source,
            InputValues.of(Arrays.copyOf(table.values, table.count)),
            new int[] {table.rows, width},
            false)
        .with(new TextTraits(table.names, table.comments, first));
  }

  private void readAll(ByteSource bytes) {
    try (CsvReader<CsvRecord> csv =
        CsvReader.builder()
            .fieldSeparator(separator.character())
            .commentStrategy(CommentStrategy.READ)
            .commentCharacter(CommentLine.MARK)
            .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
            .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
            .detectBomHeader(true)
            .ofCsvRecord(bytes.stream(), StandardCharsets.UTF_8)) {
      for (CsvRecord line : csv) {
        if (line.isComment()) {
          skip(line);
          continue;
        }
        List<String> fields = fields(line);
        if (!fields.isEmpty()) {
          accept(line.getStartingLineNumber(), fields);
        }
      }
    } catch (CsvParseException e) {
      throw new InvalidDataException(source, oneLine(e.getMessage()), SEPARATED, e);
    } catch (UncheckedIOException e) {
      throw ByteSource.unreadable(source, e.getCause());
    } catch (IOException e) {
      throw ByteSource.unreadable(source, e);
    }
    if (rows == 0) {
      throw new InvalidDataException(source, "it holds no row of numbers", SEPARATED);
    }
  }

  private void skip(CsvRecord comment) {
    String line = CommentLine.MARK + comment.getField(0);
    if (CommentLine.isMissingValue(line)) {
      String first = fields(List.of(line.split(String.valueOf(separator.character()), -1))).get(0);
      throw notANumber(comment.getStartingLineNumber(), 0, first, FieldKind.MISSING);
    }
    comments++;
  }

  /** The fields without blanks around them; blanks that separate make no empty fields. */
  private List<String> fields(CsvRecord line) {
    return fields(line.getFields());
  }

  private List<String> fields(List<String> all) {
    List<String> stripped = all.stream().map(String::strip).toList();
    return separator == Separator.BLANK
        ? stripped.stream().filter(field -> !field.isEmpty()).toList()
        : stripped;
  }

  private void accept(long number, List<String> fields) {
    if (rows == 0 && names.isEmpty()) {
      columns = fields.size();
      boolean named = areNames(number, fields);
      if (labelColumn.isPresent()) {
        label = place(labelColumn.get(), named ? fields : List.of());
      }
      if (named) {
        names = fields;
        return;
      }
      numbered = areColumnNumbers(fields);
    } else if (onlyDigits && numbered) {
      onlyDigits = fields.stream().allMatch(CsvFormat::isDigits);
    }
    add(number, fields);
  }

  /** Whether no field is meant as a number; a field that is no name either is refused. */
  private boolean areNames(long number, List<String> fields) {
    List<FieldKind> kinds = fields.stream().map(FieldKind::of).toList();
    if (kinds.contains(FieldKind.NUMBER) || kinds.contains(FieldKind.NOT_FINITE)) {
      return false;
    }
    for (int c = 0; c < kinds.size(); c++) {
      if (kinds.get(c) != FieldKind.NAME) {
        throw notANumber(number, c, fields.get(c), kinds.get(c));
      }
    }
    return true;
  }

  private static boolean areColumnNumbers(List<String> fields) {
    for (int c = 0; c < fields.size(); c++) {
      if (!fields.get(c).equals(Integer.toString(c))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isDigits(String field) {
    return field.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private void add(long number, List<String> fields) {
    if (fields.size() != columns) {
      throw new InvalidDataException(
          source,
          "line " + number + " has " + fields.size() + " columns, the lines before " + columns,
          "give every line as many numbers");
    }
    makeRoom((long) count + fields.size());
    for (int c = 0; c < fields.size(); c++) {
      String field = fields.get(c);
      if (c == label) {
        addLabel(number, c, field);
        continue;
      }
      double value = FieldKind.parse(field);
      if (!Double.isFinite(value)) {
        throw notANumber(number, c, field, FieldKind.of(field));
      }
      values[count++] = value;
    }
    rows++;
  }

  private void addLabel(long number, int column, String field) {
    FieldKind kind = FieldKind.of(field);
    if (kind == FieldKind.MISSING || kind == FieldKind.NOT_FINITE) {
      throw notANumber(number, column, field, kind);
    }
    labels.add(field);
  }

  /** The column of labels, by its name or number. */
  private int place(String column, List<String> header) {
    int named = header.indexOf(column);
    if (named >= 0) {
      return named;
    }
    boolean number = column.matches("-?[0-9]{1,8}");
    int at = number ? Integer.parseInt(column) : columns;
    at = at < 0 ? at + columns : at;
    if (at < 0 || at >= columns || columns == 1) {
      throw new InvalidProblemException(
          "label-column",
          column,
          columns == 1
              ? source + " has one column, so none is left for inputs"
              : number
                  ? source + " has " + columns + " columns, numbered from 0"
                  : header.isEmpty()
                      ? source + " has no line of names; give the number of the column, from 0"
                      : source + " has the columns " + oneLine(String.join(", ", header)));
    }
    return at;
  }

  private InvalidDataException notANumber(long number, int column, String field, FieldKind kind) {
    String place = "line " + number + ", column " + (column + 1);
    String shown = place + " is '" + oneLine(field) + "'";
    return switch (kind) {
      case NOT_FINITE ->
          new InvalidDataException(source, shown + ", not finite", "give a finite number");
      case MISSING ->
          new InvalidDataException(
              source,
              field.isEmpty() ? place + " is empty" : shown + ", a missing value",
              "give a number, or leave out the row" + orName(number));
      case COMMA_NUMBER ->
          new InvalidDataException(
              source,
              shown + " between " + separator.plural() + ", a number with a comma in it",
              "write a decimal point");
      default ->
          new InvalidDataException(
              source,
              shown + ", not a number (the separator is taken to be " + separator.plural() + ")",
              "give a finite number, with a decimal point and one separator" + orName(number));
    };
  }

  /** The alternative advice about a first line. */
  private String orName(long number) {
    return number == 1 ? ", or if these are names, name every column with a word" : "";
  }

  private void makeRoom(long needed) {
    if (needed > values.length) {
      double[] larger = Heap.doubles(source, Math.max(needed, values.length * 2L));
      System.arraycopy(values, 0, larger, 0, count);
      values = larger;
    }
  }

  private static String oneLine(String text) {
    String line = text.replaceAll("\\s+", " ");
    return line.length() <= 60 ? line : line.substring(0, 57) + "...";
  }
}
