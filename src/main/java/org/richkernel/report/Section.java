package org.richkernel.report;

import java.util.List;

/**
 * A part of the page under one heading.
 *
 * @param id anchor in the page
 * @param note plain text under the heading, may be empty
 */
public record Section(
    String id, String title, String note, List<Figure> figures, List<Grid> tables) {

  /**
   * A table of plain text.
   *
   * @param header one cell per column; empty for none
   * @param rows cells; the first one names the row
   */
  public record Grid(List<String> header, List<List<String>> rows) {}

  /** A section of pictures. */
  public static Section ofFigures(String id, String title, String note, List<Figure> figures) {
    return new Section(id, title, note, List.copyOf(figures), List.of());
  }

  /** A section of one table. */
  public static Section ofTable(String id, String title, String note, Grid table) {
    return new Section(id, title, note, List.of(), List.of(table));
  }

  /** Whether there is anything to see. */
  boolean isEmpty() {
    return figures.isEmpty() && tables.stream().allMatch(table -> table.rows().isEmpty());
  }
}
