/** How a kernel and a prediction are judged; the same numbers for every theory. */
package org.richkernel.metrics;
