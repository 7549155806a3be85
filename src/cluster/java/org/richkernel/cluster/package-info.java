/** Runs on a cluster, beside the command line; built by the profile {@code cluster} alone. */
@org.jspecify.annotations.NullMarked
package org.richkernel.cluster;
