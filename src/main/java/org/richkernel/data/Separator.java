package org.richkernel.data;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The character between the numbers of a line of text. */
enum Separator {
  /** A semicolon. */
  SEMICOLON(';', "semicolons"),
  /** A tab. */
  TAB('\t', "tabs"),
  /** A comma. */
  COMMA(',', "commas"),
  /** One blank or several. */
  BLANK(' ', "blanks");

  /** Length of the beginning of a file that is looked at. */
  private static final int HEAD = 1 << 20;

  private final char character;
  private final String plural;

  Separator(char character, String plural) {
    this.character = character;
    this.plural = plural;
  }

  /** The character itself. */
  char character() {
    return character;
  }

  /** Its name in messages, in the plural. */
  String plural() {
    return plural;
  }

  /**
   * The separator of a file: the first one, in the order above, that divides the first two lines
   * into as many fields each; comments and empty lines do not count. A header of one name may hold
   * blanks, so that the second line decides where the two differ.
   */
  static Separator of(ByteSource source) {
    byte[] head = source.peek(HEAD);
    String text = new String(head, charset(head));
    List<String> lines =
        text.lines()
            .map(line -> line.startsWith("\ufeff") ? line.substring(1) : line)
            .filter(line -> !line.isBlank() && !CommentLine.recognizes(line))
            .limit(2)
            .toList();
    if (lines.isEmpty()) {
      return COMMA;
    }
    String first = lines.get(0);
    String last = lines.get(lines.size() - 1);
    for (Separator separator : values()) {
      int fields = separator.fields(first);
      if (fields > 1 && fields == separator.fields(last)) {
        return separator;
      }
    }
    for (Separator separator : values()) {
      if (separator.fields(last) > 1) {
        return separator;
      }
    }
    return COMMA;
  }

  private static Charset charset(byte[] head) {
    if (head.length >= 2 && head[0] == (byte) 0xff && head[1] == (byte) 0xfe) {
      return StandardCharsets.UTF_16LE;
    }
    return head.length >= 2 && head[0] == (byte) 0xfe && head[1] == (byte) 0xff
        ? StandardCharsets.UTF_16BE
        : StandardCharsets.UTF_8;
  }

  /** Number of fields of a line; no separator within quotes counts. */
  private int fields(String line) {
    int fields = 1;
    boolean quoted = false;
    String stripped = this == BLANK ? line.strip() : line;
    for (int i = 0; i < stripped.length(); i++) {
      char c = stripped.charAt(i);
      quoted ^= c == '"';
      boolean again = this == BLANK && i > 0 && stripped.charAt(i - 1) == character;
      fields += c == character && !quoted && !again ? 1 : 0;
    }
    return fields;
  }
}
