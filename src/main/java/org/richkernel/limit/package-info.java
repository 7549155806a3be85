/** Limits of infinite width after Tensor Programs: parametrizations and what they lead to. */
package org.richkernel.limit;
