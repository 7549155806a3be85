package org.richkernel.report.plot;

import java.io.StringWriter;
import java.util.Locale;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Writes SVG elements; every attribute and text is escaped by the XML writer underneath. */
final class SvgWriter {
  private final StringWriter text = new StringWriter();
  private final XMLStreamWriter xml;

  /** Opens an svg element of a width and height in pixels with an accessible description. */
  static SvgWriter ofPage(double width, double height, String description) {
    return new SvgWriter(width, height, description);
  }

  /** The same as a document of its own, with its style and a background. */
  static SvgWriter ofFile(double width, double height, String description) {
    SvgWriter svg = new SvgWriter(width, height, description);
    svg.attributes("xmlns", "http://www.w3.org/2000/svg");
    svg.open("style").characters(PlotStyle.ofFile()).close();
    svg.element("rect", "width", px(width), "height", px(height), "fill", "#ffffff");
    return svg;
  }

  private SvgWriter(double width, double height, String description) {
    try {
      xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
    } catch (XMLStreamException e) {
      throw failure(e);
    }
    open("svg", "class", "plot", "viewBox", "0 0 " + px(width) + " " + px(height));
    attributes("width", px(width), "height", px(height), "role", "img", "aria-label", description);
  }

  /** Opens an element; attributes come as name, value, name, value. */
  SvgWriter open(String element, String... attributes) {
    try {
      xml.writeStartElement(element);
    } catch (XMLStreamException e) {
      throw failure(e);
    }
    return attributes(attributes);
  }

  /** Adds attributes to the element that was opened last. */
  SvgWriter attributes(String... attributes) {
    try {
      for (int i = 0; i < attributes.length; i += 2) {
        xml.writeAttribute(attributes[i], attributes[i + 1]);
      }
      return this;
    } catch (XMLStreamException e) {
      throw failure(e);
    }
  }

  /** Closes the element that is open. */
  SvgWriter close() {
    try {
      xml.writeEndElement();
      return this;
    } catch (XMLStreamException e) {
      throw failure(e);
    }
  }

  /** An element without content. */
  SvgWriter element(String name, String... attributes) {
    try {
      xml.writeEmptyElement(name);
    } catch (XMLStreamException e) {
      throw failure(e);
    }
    return attributes(attributes);
  }

  /** A straight line. */
  SvgWriter line(String cssClass, double x1, double y1, double x2, double y2) {
    return element(
        "line", "class", cssClass, "x1", px(x1), "y1", px(y1), "x2", px(x2), "y2", px(y2));
  }

  /** A rectangle. */
  SvgWriter rect(String cssClass, double x, double y, double width, double height) {
    return element(
        "rect",
        "class",
        cssClass,
        "x",
        px(x),
        "y",
        px(y),
        "width",
        px(width),
        "height",
        px(height));
  }

  /** Text at a point, anchored "start", "middle" or "end". */
  SvgWriter text(String cssClass, String anchor, double x, double y, String content) {
    open("text", "class", cssClass, "text-anchor", anchor, "x", px(x), "y", px(y));
    return characters(content).close();
  }

  /** Text turned a quarter to the left, centred on a point. */
  SvgWriter verticalText(String cssClass, double x, double y, String content) {
    String turn = "rotate(-90 " + px(x) + " " + px(y) + ")";
    open("text", "class", cssClass, "text-anchor", "middle", "x", px(x), "y", px(y));
    return attributes("transform", turn).characters(content).close();
  }

  /** Text content of the open element. */
  SvgWriter characters(String content) {
    try {
      xml.writeCharacters(content);
      return this;
    } catch (XMLStreamException e) {
      throw failure(e);
    }
  }

  /** Closes everything and returns the SVG. */
  String finish() {
    try {
      xml.writeEndDocument();
      xml.close();
      return text.toString();
    } catch (XMLStreamException e) {
      throw failure(e);
    }
  }

  /** A length or coordinate to a hundredth of a pixel. */
  static String px(double value) {
    String number = String.format(Locale.ROOT, "%.2f", value);
    int end = number.length();
    while (number.charAt(end - 1) == '0') {
      end--;
    }
    if (number.charAt(end - 1) == '.') {
      end--;
    }
    return number.substring(0, end);
  }

  private static IllegalStateException failure(XMLStreamException e) {
    return new IllegalStateException("SVG could not be written: " + e.getMessage(), e);
  }
}
