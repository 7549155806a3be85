/**
 * Small plots as SVG text: axes, marks and heat maps with no fonts measured, no windowing system
 * and no scripts, so that a page can be drawn on a bare compute node. Colours are CSS classes of
 * the page that holds the plot, which is how one plot serves light, dark and printed pages.
 */
package org.richkernel.report.plot;
