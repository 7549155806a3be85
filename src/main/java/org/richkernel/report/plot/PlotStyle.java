package org.richkernel.report.plot;

import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/** The style sheet of plots: with variables for a page, with plain colours for a file. */
public final class PlotStyle {
  private static final Map<String, String> LIGHT =
      Map.of("page", "#ffffff", "ink", "#1c2127", "soft", "#5b6470", "grid", "#eceef1");
  private static final Map<String, String> DARK =
      Map.of("page", "#14181d", "ink", "#e4e7eb", "soft", "#9da6b1", "grid", "#242a32");

  private static final String RULES =
      """
      .plot text { fill: $ink; font-size: 12px; }
      .plot .tick, .plot .key { fill: $soft; font-size: 11.5px; }
      .plot .label { font-size: 12.5px; }
      .plot .title { font-size: 13.5px; font-weight: 600; }
      .plot .axis { stroke: $soft; stroke-width: 1; }
      .plot .grid { stroke: $grid; stroke-width: 1; }
      .plot .frame { fill: none; stroke: $soft; stroke-width: 0.8; }
      .plot .boundary { stroke: #ffffff; stroke-width: 1; stroke-opacity: 0.75; }
      .plot .pixels { image-rendering: pixelated; }
      .plot .stroke, .plot .hair, .plot .dashes { fill: none; stroke-linejoin: round; }
      .plot .stroke { stroke-width: 1.8; }
      .plot .hair { stroke-width: 0.9; stroke-opacity: 0.55; }
      .plot .dashes { stroke-width: 1.5; }
      .plot .dots { fill-opacity: 0.7; }
      .plot .open { fill: $page; stroke-width: 1.2; }
      .plot .area { fill-opacity: 0.28; stroke-width: 1.2; }
      .plot .band { fill-opacity: 0.2; stroke: none; }
      .plot .whisker { stroke: $ink; stroke-width: 1.2; }
      .plot .beside { stroke-dasharray: 3 2; }
      .plot .reference { stroke: $soft; stroke-width: 1.1; }
      """;

  private PlotStyle() {}

  /** For a page: follows light, dark and print. */
  public static String ofPage() {
    String light = variables(LIGHT, false);
    return ":root {"
        + light
        + " }\n"
        + "@media (prefers-color-scheme: dark) { :root {"
        + variables(DARK, true)
        + " } }\n"
        + "@media print { :root {"
        + light
        + " } }\n"
        + rules(name -> "var(--" + name + ")");
  }

  /** For a file of its own: light, with the colours written out, as drawing programs want them. */
  static String ofFile() {
    return ".plot { font-family: sans-serif; }\n"
        + rules(
            name ->
                LIGHT.containsKey(name)
                    ? Objects.requireNonNull(LIGHT.get(name))
                    : Series.of(name).light);
  }

  private static String variables(Map<String, String> shared, boolean dark) {
    StringBuilder text = new StringBuilder();
    for (String name : new String[] {"page", "ink", "soft", "grid"}) {
      text.append(" --").append(name).append(": ").append(shared.get(name)).append(';');
    }
    for (Series series : Series.values()) {
      text.append(" --").append(series.cssClass()).append(": ");
      text.append(dark ? series.dark : series.light).append(';');
    }
    return text.toString();
  }

  private static String rules(UnaryOperator<String> color) {
    String text = RULES;
    for (String name : LIGHT.keySet()) {
      text = text.replace("$" + name, color.apply(name));
    }
    StringBuilder rules = new StringBuilder(text);
    for (Series series : Series.values()) {
      String name = series.cssClass();
      String paint = color.apply(name);
      rules.append(
          """
          .plot .%1$s { stroke: %2$s; }
          .plot .dots.%1$s, .plot .bar.%1$s { fill: %2$s; stroke: none; }
          .plot .area.%1$s, .plot .band.%1$s { fill: %2$s; }
          .plot .band.%1$s { stroke: none; }
          """
              .formatted(name, paint));
      if (!series.dash.isEmpty()) {
        rules.append(
            ".plot .stroke.%1$s, .plot .hair.%1$s { stroke-dasharray: %2$s; }%n"
                .formatted(name, series.dash));
      }
    }
    return rules.append(".plot .dashes { stroke-dasharray: " + Series.BESIDE + "; }\n").toString();
  }
}
