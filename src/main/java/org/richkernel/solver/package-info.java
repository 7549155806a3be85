/**
 * How a solver runs, whatever it solves: a stop signal, progress, checkpoints, stages, named
 * reasons to stop, step-size adaptation, and the statistics of Monte Carlo series.
 */
package org.richkernel.solver;
