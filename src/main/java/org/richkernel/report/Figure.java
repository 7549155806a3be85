package org.richkernel.report;

/**
 * A picture with the sentence that explains it.
 *
 * @param svg markup of an svg element
 * @param caption plain text
 */
public record Figure(String svg, String caption) {}
