/**
 * Limits of infinite width after Tensor Programs: parametrizations, their classification, and
 * coordinate checks.
 */
package org.richkernel.limit;
