/**
 * Finished fits: predictions, scores, kernels, the summary, and the arrays of a result folder.
 * Builders of {@link org.richkernel} return them; this package does not depend on builders.
 */
package org.richkernel.fit;
