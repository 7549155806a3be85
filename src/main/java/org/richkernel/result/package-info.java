/**
 * What a computation leaves behind: the result folder with its summary and arrays, the model that
 * can be applied to new inputs, and the checkpoints that an interrupted run continues from. Knows
 * numbers and names, no theory.
 */
package org.richkernel.result;
