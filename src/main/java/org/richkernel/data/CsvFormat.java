package org.richkernel.data;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Comma-separated numbers, one row on a line, UTF-8. A first line in which no field is a number is
 * taken as names of columns and skipped.
 */
final class CsvFormat {
  private static final Pattern NOT_FINITE =
      Pattern.compile("[+-]?(nan|inf|infinity)", Pattern.CASE_INSENSITIVE);
  private final String source;
  private double[] values = new double[1024];
  private int count;
  private int rows;
  private int columns;

  private CsvFormat(String source) {
    this.source = source;
  }

  /** Whether a file of that name is taken for CSV. */
  static boolean recognizes(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".csv") || lower.endsWith(".csv.gz");
  }

  static Table read(ByteSource source) {
    CsvFormat table = new CsvFormat(source.name());
    table.readAll(source);
    return new Table(
        table.source,
        new Cells.Doubles(Arrays.copyOf(table.values, table.count)),
        new int[] {table.rows, table.columns},
        false);
  }

  private void readAll(ByteSource bytes) {
    try (CsvReader<CsvRecord> csv =
        CsvReader.builder()
            .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
            .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
            .detectBomHeader(true)
            .ofCsvRecord(bytes.stream(), StandardCharsets.UTF_8)) {
      boolean first = true;
      for (CsvRecord line : csv) {
        if (!first || !isHeader(line)) {
          add(line);
        } else {
          columns = line.getFieldCount();
        }
        first = false;
      }
    } catch (CsvParseException e) {
      throw new InvalidDataException(
          source, oneLine(e.getMessage()), "give numbers separated by commas", e);
    } catch (UncheckedIOException e) {
      throw ByteSource.unreadable(source, e.getCause());
    } catch (IOException e) {
      throw ByteSource.unreadable(source, e);
    }
    if (rows == 0) {
      throw new InvalidDataException(
          source, "it holds no row of numbers", "give numbers separated by commas");
    }
  }

  private static boolean isHeader(CsvRecord line) {
    return line.getFields().stream()
        .map(String::strip)
        .noneMatch(f -> NOT_FINITE.matcher(f).matches() || !Double.isNaN(parse(f)));
  }

  private void add(CsvRecord line) {
    int fields = line.getFieldCount();
    if (columns == 0) {
      columns = fields;
    } else if (fields != columns) {
      throw new InvalidDataException(
          source,
          "line "
              + line.getStartingLineNumber()
              + " has "
              + fields
              + " columns, the lines before "
              + columns,
          "give every line as many numbers");
    }
    makeRoom((long) count + fields);
    for (int c = 0; c < fields; c++) {
      values[count++] = number(line, c);
    }
    rows++;
  }

  private double number(CsvRecord line, int column) {
    String field = line.getField(column).strip();
    double value = parse(field);
    if (Double.isFinite(value)) {
      return value;
    }
    String place = "line " + line.getStartingLineNumber() + ", column " + (column + 1);
    if (field.isEmpty()) {
      throw new InvalidDataException(source, place + " is empty", "give a number");
    }
    boolean notFinite = Double.isInfinite(value) || NOT_FINITE.matcher(field).matches();
    throw new InvalidDataException(
        source,
        place + " is '" + oneLine(field) + "', " + (notFinite ? "not finite" : "not a number"),
        "give a finite number");
  }

  /** A decimal number, infinite where it overflows; NaN for any other text. */
  private static double parse(String field) {
    for (int i = 0; i < field.length(); i++) {
      // Double.parseDouble would also take "1d", "0x1p3" and "NaN"
      if ("0123456789+-.eE".indexOf(field.charAt(i)) < 0) {
        return Double.NaN;
      }
    }
    try {
      return Double.parseDouble(field);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
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
