/**
 * Output of a computation: the result folder with its summary and arrays, the model for new inputs,
 * and the checkpoints for a resume. Knows numbers and names, no theory.
 */
package org.richkernel.result;
