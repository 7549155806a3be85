package org.richkernel.bayes;

import org.jspecify.annotations.Nullable;
import org.richkernel.compute.Backend;

/**
 * What the chains of one device share.
 *
 * @param backend where they run
 * @param posterior the density that they sample, with its scratch memory
 * @param testPoints null when there are none
 */
record ChainDevice(Backend backend, MarginalPosterior posterior, @Nullable TestPoints testPoints) {}
