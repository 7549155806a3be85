/**
 * Infrastructure of all solvers: a stop signal, progress, checkpoints, stages, named reasons to
 * stop, and step-size adaptation.
 */
package org.richkernel.solver;
