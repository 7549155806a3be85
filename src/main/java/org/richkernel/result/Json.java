package org.richkernel.result;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Text of JSON values and back. */
final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Json() {}

  /** UTF-8 text of a JSON value, indented, with a line feed at the end. */
  static byte[] write(Object value) {
    try {
      return (MAPPER.writeValueAsString(value) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a JSON value: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Reads an object.
   *
   * @throws JsonProcessingException if the text is not one JSON object
   */
  static JsonNode readObject(byte[] text) throws JsonProcessingException {
    JsonNode node = MAPPER.readTree(new String(text, StandardCharsets.UTF_8));
    if (!node.isObject()) {
      throw new NotAnObjectException();
    }
    return node;
  }

  /** Description and position of an error in a text, in one line. */
  static String problem(JsonProcessingException e) {
    String place = e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr();
    return e.getOriginalMessage().replaceAll("\\s+", " ") + place;
  }

  /** The fields of an object in order; empty for anything else. */
  static Map<String, Object> toMap(JsonNode node) {
    if (!node.isObject()) {
      return new LinkedHashMap<>();
    }
    return MAPPER.convertValue(node, new TypeReference<LinkedHashMap<String, Object>>() {});
  }

  /** A map as it comes back after it was written. */
  static Map<String, Object> normalised(Map<String, Object> map) {
    return toMap(MAPPER.valueToTree(map));
  }

  private static final class NotAnObjectException extends JsonProcessingException {
    private static final long serialVersionUID = 1L;

    NotAnObjectException() {
      super("not a JSON object");
    }
  }
}
