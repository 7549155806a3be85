/**
 * Networks of finite width: posterior sampling and gradient descent, the experiments to compare the
 * theories with.
 */
package org.richkernel.finite;
