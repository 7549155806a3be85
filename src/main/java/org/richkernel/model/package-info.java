/**
 * Predictors in files: a form for each kind, and {@link SavedFit}, which reads a result folder back
 * and predicts at new points.
 */
package org.richkernel.model;
