/**
 * The compute facade: dense matrices, the operations that the theories are written in,
 * counter-based random streams and memory plans. Implementations live in subpackages and are found
 * through {@link org.richkernel.compute.Backends}; nothing outside names a class of theirs.
 */
package org.richkernel.compute;
