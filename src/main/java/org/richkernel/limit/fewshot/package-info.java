/**
 * Few-shot learning by first-order meta-learning: in the exact limit of infinite width, at finite
 * widths, and with kernels at initialisation.
 */
package org.richkernel.limit.fewshot;
