/**
 * How a solver runs, whatever it solves: a stop signal, progress, checkpoints, stages, named
 * reasons to stop, and step-size adaptation.
 */
package org.richkernel.solver;
