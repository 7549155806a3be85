/**
 * Finished fits: predictions, scores, kernels, the summary, and the arrays of a result folder. Each
 * is what a builder of {@link org.richkernel} returns; it knows no builder.
 */
package org.richkernel.fit;
