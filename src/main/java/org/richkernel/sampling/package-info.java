/**
 * Estimates and their errors: means over Markov chains and over independent replicas, with
 * autocorrelation, agreement of chains and Student's factor, so that two standard errors hold 95 of
 * 100 repetitions whatever the number of independent draws behind them.
 */
package org.richkernel.sampling;
