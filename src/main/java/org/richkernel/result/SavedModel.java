package org.richkernel.result;

import java.util.Map;

/**
 * Content of a {@link ModelFile} for applying a result to new inputs.
 *
 * @param settings JSON values: maps, lists, text, numbers and booleans
 * @param arrays by name
 */
public record SavedModel(Map<String, Object> settings, ArrayBundle arrays) {
  /** Takes a copy of the settings. */
  public SavedModel {
    settings = JsonValues.object(settings, "model");
  }
}
