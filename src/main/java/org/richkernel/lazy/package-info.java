/**
 * Kernels at initialisation, which a lazily trained network keeps: the NNGP and the neural tangent
 * kernel of any depth, and the kernel ridge predictor they give.
 */
package org.richkernel.lazy;
