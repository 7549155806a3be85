/**
 * Estimates and their errors: means over Markov chains and over independent replicas, with
 * autocorrelation, agreement of chains and Student's factor, so that two standard errors contain 95
 * of 100 repetitions at any number of independent draws.
 */
package org.richkernel.sampling;
