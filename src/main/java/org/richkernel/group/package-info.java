/**
 * Processes that compute one thing together, as ranks 0 to W - 1: sums over blocks of points whose
 * bits do not depend on the number of ranks, and checks that ranks agree. Depends on sockets alone.
 */
@org.jspecify.annotations.NullMarked
package org.richkernel.group;
