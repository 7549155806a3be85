/**
 * Processes that compute one thing together, as ranks 0 to W - 1: sums over blocks of points whose
 * bits do not depend on how many there are, and what they must agree about. Knows sockets alone.
 */
@org.jspecify.annotations.NullMarked
package org.richkernel.group;
