/**
 * Draws a result folder as one self-contained HTML page. Works from the summary and the arrays by
 * their names; the page omits parts that the result does not have.
 */
package org.richkernel.report;
