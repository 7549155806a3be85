package org.richkernel.result;

import java.util.Map;

/**
 * What is needed to apply a result to new inputs, on its way into {@link ModelFile}.
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
