package org.richkernel.bayes;

import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;

/**
 * A device with what the chains that live on it share: they move one after the other, so the
 * scratch of a move and of a prediction serves them all.
 *
 * @param testPoints null when there are none
 */
record ChainDevice(Backend backend, MarginalPosterior posterior, @Nullable TestPoints testPoints) {}
