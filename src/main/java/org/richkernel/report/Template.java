package org.richkernel.report;

import freemarker.core.HTMLOutputFormat;
import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import freemarker.template.TemplateModel;
import freemarker.template.TemplateModelException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.richkernel.report.plot.Drawing;
import org.richkernel.report.plot.PlotStyle;

/** Pages made of templates; text is escaped by the template engine, pictures are not. */
public final class Template {
  private static final String FOLDER = "/org/richkernel";

  private Template() {}

  /**
   * Fills a template.
   *
   * @param name path of the template below the root package
   * @param model text, numbers, lists and maps by the names that the template uses
   */
  public static String fill(String name, Map<String, ?> model) {
    StringWriter page = new StringWriter();
    try {
      configuration().getTemplate(name).process(model, page);
    } catch (TemplateException e) {
      throw new IllegalStateException("the template " + name + " failed: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("the template " + name + " cannot be read", e);
    }
    return page.toString();
  }

  private static Configuration configuration() {
    Configuration configuration = new Configuration(Configuration.VERSION_2_3_34);
    configuration.setClassForTemplateLoading(Template.class, FOLDER);
    configuration.setDefaultEncoding("UTF-8");
    configuration.setLocale(Locale.ROOT);
    configuration.setNumberFormat("computer");
    configuration.setLogTemplateExceptions(false);
    configuration.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
    configuration.setSharedVariable("plotStyle", markup(PlotStyle.ofPage()));
    return configuration;
  }

  /** Sections as the templates take them; those with nothing to see are left out. */
  public static List<Map<String, Object>> models(List<Section> sections) {
    List<Map<String, Object>> shown = new ArrayList<>();
    for (Section section : sections) {
      if (!section.isEmpty()) {
        shown.add(model(section));
      }
    }
    return shown;
  }

  private static Map<String, Object> model(Section section) {
    List<Map<String, Object>> figures = new ArrayList<>();
    for (Figure figure : section.figures()) {
      Drawing drawing = figure.drawing();
      figures.add(
          Map.of(
              "svgs", picture(figure),
              "file", section.id() + "-" + (figures.size() + 1),
              "document", DataUrl.of("image/svg+xml", drawing.document()),
              "csv", DataUrl.of("text/csv;charset=utf-8", drawing.csv()),
              "caption", figure.caption(),
              "wide", figure.isWide()));
    }
    List<Map<String, Object>> tables = new ArrayList<>();
    for (Section.Grid table : section.tables()) {
      tables.add(Map.of("header", table.header(), "rows", table.rows()));
    }
    return Map.of(
        "id", section.id(),
        "title", section.title(),
        "note", section.note(),
        "figures", figures,
        "tables", tables);
  }

  /** The svg elements of a picture. */
  public static List<TemplateModel> picture(Figure figure) {
    return figure.drawing().svgs().stream().map(Template::markup).toList();
  }

  /** Markup by an XML writer or this program, inserted without escaping. */
  private static TemplateModel markup(String text) {
    try {
      return HTMLOutputFormat.INSTANCE.fromMarkup(text);
    } catch (TemplateModelException e) {
      throw new IllegalStateException("markup cannot be put into a page", e);
    }
  }
}
