/**
 * The CPU implementation of the compute facade: single-threaded OpenBLAS kernels called from a team
 * of Java threads, elementwise loops over tiles that stay in the first-level cache, Philox random
 * numbers. Nothing outside names a class of this package.
 */
package org.richkernel.compute.cpu;
