/**
 * Draws a result folder as one self-contained HTML page. Works from the summary and the arrays by
 * their names; what a result does not hold is left out of its page.
 */
package org.richkernel.report;
